<%inherit file="layout.html"/>
<%block name="title">The newest notices</%block>
<%block name="main">
<ul>
% for notice in notices:
<li><a href="/notices/${notice.id}">${notice.title}</a> by ${notice.author}, ${notice.posted.date()}
<p>${notice.body}</p></li>
% endfor
</ul>
</%block>
