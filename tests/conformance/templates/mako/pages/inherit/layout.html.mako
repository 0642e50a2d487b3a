<title><%block name="title">Site</%block></title>
<main>
<%block name="main">
</%block>
</main>
