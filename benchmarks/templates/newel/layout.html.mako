<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title><%block name="title"/></title></head>
<body>
<header><a href="/">Notices</a></header>
<main><%block name="main"/></main>
</body>
</html>
