<%inherit file="inherit/section.html"/>

<%block name="title">Page</%block>

<%block name="main">
page ${value}
${parent.main()}</%block>
