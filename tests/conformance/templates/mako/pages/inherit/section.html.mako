<%inherit file="inherit/layout.html"/>

<%block name="main">
section ${value}
</%block>
