<% it = context %>
