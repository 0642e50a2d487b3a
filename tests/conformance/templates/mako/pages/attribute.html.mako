<a title="${value}">x</a>
