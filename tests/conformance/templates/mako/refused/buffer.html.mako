<% context._buffer_stack[-1].write(value) %>
