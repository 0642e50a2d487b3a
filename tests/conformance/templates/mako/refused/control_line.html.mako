% if context.write(value):
% endif
