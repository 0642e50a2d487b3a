<%inherit file="layout.html"/>
<%block name="title">${notice.title} · Noticeboard</%block>
<%block name="main">
<article class="sheet">
<h1>${notice.title}</h1>
<p class="meta">
${notice.author.name} · ${ago(notice.posted)}
% if notice.edited:
· edited ${ago(notice.edited)}
% endif
</p>
% for paragraph in paragraphs(notice.body):
<p>${paragraph}</p>
% endfor
<p class="foot">
% if notice.price is not None:
<strong class="price">€ ${notice.price}</strong>
% endif
% for name in notice.tags:
<a class="tag" href="${url_for("index", tag=name)}">${name}</a>
% endfor
</p>
<div class="actions">
<a class="button quiet" href="${url_for("edit", id=notice.id)}">Edit</a>
<form method="post" action="${url_for("delete", id=notice.id)}"><button class="danger">Delete</button></form>
</div>
</article>
<section class="comments" id="comments">
<h2>Comments</h2>
% for comment in comments:
<div class="comment">
<p class="meta">${comment.name} · ${ago(comment.posted)}</p>
% for paragraph in paragraphs(comment.text):
<p>${paragraph}</p>
% endfor
</div>
% endfor
% if not comments:
<p class="empty">No comments yet.</p>
% endif
<form class="sheet" method="post" action="${url_for("comment", id=notice.id)}">
<p class="field">
<label for="name">Your name</label>
<input id="name" name="name" value="${form.typed("name")}" maxlength="80" autocomplete="name" required>
% for error in form.errors_of("name"):
<span class="error" role="alert">${error.text}</span>
% endfor
</p>
<p class="field">
<label for="text">Comment</label>
<textarea id="text" name="text" rows="3" maxlength="1000" required>
${form.typed("text")}</textarea>
% for error in form.errors_of("text"):
<span class="error" role="alert">${error.text}</span>
% endfor
</p>
<p class="actions"><button>Comment</button></p>
</form>
</section>
</%block>
