<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><%block name="title">Noticeboard</%block></title>
<link rel="stylesheet" href="${static_url("style.css")}">
<link rel="icon" href="${static_url("pin.svg")}" type="image/svg+xml">
</head>
<body>
<header class="top">
<a class="brand" href="${url_for("index")}">Noticeboard</a>
<nav><a href="${url_for("in_figures")}">In figures</a> <a class="button" href="${url_for("new")}">Post a notice</a></nav>
</header>
<main>
<%block name="main">
</%block>
</main>
<footer>An example application of <strong>Newel</strong>. The same notices as JSON: <a href="${url_for("api.index")}">/api/notices</a></footer>
</body>
</html>
