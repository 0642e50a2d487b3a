<% context.write(value) %>
