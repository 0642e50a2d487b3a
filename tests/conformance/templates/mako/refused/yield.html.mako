<% yield value %>
