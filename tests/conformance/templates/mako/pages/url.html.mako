<a href="/search?q=${value | urlencode}">${value}</a>
