<%inherit file="layout.html"/>
<%block name="title">The board in figures · Noticeboard</%block>
<%block name="main">
<h1>The board in figures</h1>
<dl class="tiles">
<div><dt>notices</dt><dd>${figures.notices}</dd></div>
<div><dt>comments</dt><dd>${figures.comments}</dd></div>
<div><dt>with a price</dt><dd>${figures.prices.notices}</dd></div>
% if figures.prices.notices:
<div><dt>cheapest</dt><dd>€ ${figures.prices.lowest}</dd></div>
<div><dt>on average</dt><dd>€ ${figures.prices.average}</dd></div>
<div><dt>dearest</dt><dd>€ ${figures.prices.highest}</dd></div>
% endif
</dl>
<div class="halves">
<section class="sheet">
<h2>Month by month</h2>
<table class="counts">
<thead><tr><th scope="col">Month</th><th scope="col">Notices</th><th scope="col">With a price</th></tr></thead>
<tbody>
% for month in figures.months:
<tr><th scope="row">${month.first_day.strftime("%B %Y")}</th><td>${month.notices}</td><td>${month.priced}</td></tr>
% endfor
</tbody>
</table>
</section>
<section class="sheet">
<h2>Who posts most</h2>
<table class="counts">
<thead><tr><th scope="col">Name</th><th scope="col">Notices</th><th scope="col">Latest</th></tr></thead>
<tbody>
% for poster in figures.posters:
<tr><th scope="row"><a href="${url_for("index", author=poster.author.name)}">${poster.author.name}</a></th><td>${poster.notices}</td><td>${ago(poster.latest)}</td></tr>
% endfor
</tbody>
</table>
</section>
</div>
<section class="comments">
<h2>Said lately</h2>
% for comment in comments:
<div class="comment">
<p class="meta">${comment.name} · ${ago(comment.posted)} · about <a href="${url_for("show", id=comment.notice.id)}">${comment.notice.title}</a></p>
<p>${comment.text[:160]}${"…" if len(comment.text) > 160 else ""}</p>
</div>
% endfor
% if not comments:
<p class="empty">No comments yet.</p>
% endif
</section>
</%block>
