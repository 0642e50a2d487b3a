${double(value)} ${link(value)}
