<%inherit file="rows/layout.html"/>

<%block name="rows">
% for row in rows:
<tr><td>${row}</td></tr>
% endfor
</%block>
