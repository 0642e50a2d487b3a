line one
% if not missing:
x
% endif
