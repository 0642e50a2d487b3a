<% __M_writer(value) %>
