<%inherit file="layout.html"/>
<%block name="title">Edit ${notice.title} · Noticeboard</%block>
<%block name="main">
<h1>Edit a notice</h1>
% if stale:
<section class="sheet stale" role="alert">
<h2>Somebody else has changed this notice since you opened it</h2>
<p>Nothing is lost: this is what it says now, and what you wrote is below. Take over what you want to keep, and save.</p>
<dl>
<dt>Title</dt><dd>${notice.title}</dd>
<dt>Name</dt><dd>${notice.author.name}</dd>
<dt>What it is about</dt>
<dd>
% for paragraph in paragraphs(notice.body):
<p>${paragraph}</p>
% endfor
</dd>
<dt>Tags</dt><dd>${", ".join(notice.tags)}</dd>
<dt>Price</dt><dd>${"none" if notice.price is None else "€ %s" % notice.price}</dd>
</dl>
</section>
% endif
<form class="sheet" method="post" action="${url_for("update", id=notice.id)}">
<input type="hidden" name="version" value="${notice.version if stale else form.typed("version")}">
<%include file="notices/fields.html"/>
<p class="actions"><button>${"Save mine" if stale else "Save"}</button> <a href="${url_for("show", id=notice.id)}">Cancel</a></p>
</form>
</%block>
