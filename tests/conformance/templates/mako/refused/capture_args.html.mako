${capture.args[0].write(value)}
