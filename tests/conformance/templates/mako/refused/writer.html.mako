<% write = context.writer()
write(value) %>
