<%def name="bold()">
<b>${value}</b></%def>
<% text = capture(bold) %>
${text}
${text | trim}
