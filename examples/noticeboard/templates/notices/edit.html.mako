<%inherit file="layout.html"/>
<%block name="title">Edit ${notice.title} · Noticeboard</%block>
<%block name="main">
<h1>Edit a notice</h1>
<form class="sheet" method="post" action="${url_for("update", id=notice.id)}">
<input type="hidden" name="version" value="${notice.version}">
<%include file="notices/fields.html"/>
<p class="actions"><button>Save</button> <a href="${url_for("show", id=notice.id)}">Cancel</a></p>
</form>
</%block>
