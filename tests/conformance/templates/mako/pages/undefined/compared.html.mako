line one
% if missing is None:
x
% endif
