line one
% if missing:
x
% endif
