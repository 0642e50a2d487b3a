<table>
<%block name="rows">
</%block>
</table>
