<%inherit file="layout.html"/>
<%block name="main">
<form class="search" action="${url_for("index")}" role="search">
<label class="hidden" for="q">Search</label>
<input id="q" name="q" type="search" value="${q}" placeholder="Search the notices">
% if tag:
<input type="hidden" name="tag" value="${tag}">
% endif
% if author:
<input type="hidden" name="author" value="${author}">
% endif
<button>Search</button>
</form>
% if found is not None:
<p class="found">
${found} notice${"" if found == 1 else "s"}
% if q:
with “${q}”
% endif
% if tag:
tagged <span class="tag">${tag}</span>
% endif
% if author:
by ${author}
% endif
· <a href="${url_for("index")}">show all</a>
</p>
% endif
<ul class="board">
% for notice in notices:
<li class="card">
<h2><a href="${url_for("show", id=notice.id)}">${notice.title}</a></h2>
<p class="meta"><a href="${url_for("index", author=notice.author.name)}">${notice.author.name}</a> · ${ago(notice.posted)}</p>
<p class="excerpt">${notice.body[:160]}${"…" if len(notice.body) > 160 else ""}</p>
<p class="foot">
% if notice.price is not None:
<strong class="price">€ ${notice.price}</strong>
% endif
% for name in notice.tags:
<a class="tag" href="${url_for("index", tag=name)}">${name}</a>
% endfor
</p>
</li>
% endfor
% if not notices:
<li class="empty">Nothing here yet.</li>
% endif
</ul>
<nav class="pages">
% if after:
<a href="${url_for("index", q=q or None, tag=tag or None, author=author or None)}">« Newest</a>
% endif
% if notices.next:
<a rel="next" href="${url_for("index", q=q or None, tag=tag or None, author=author or None, after=notices.next)}">Older »</a>
% endif
</nav>
</%block>
