<%inherit file="layout.html"/>
<%block name="title">Post a notice · Noticeboard</%block>
<%block name="main">
<h1>Post a notice</h1>
<form class="sheet" method="post" action="${url_for("post")}">
<%include file="notices/fields.html"/>
<p class="actions"><button>Post it</button> <a href="${url_for("index")}">Cancel</a></p>
</form>
</%block>
