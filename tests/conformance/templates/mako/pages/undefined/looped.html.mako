line one
% for one in missing:
x
% endfor
