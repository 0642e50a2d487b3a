"""What the kit of template engines renders: pages, values, and the text that every engine makes of them.

A page is described in words (`does`), because each engine writes it in its own language. Together with its name, the
values and the expected text, that is all an author of an engine needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, final

import msgspec
from markupsafe import Markup

FEATURES: Final = frozenset(
    {
        "attributes",  # of a value: value.name
        "calls",  # of functions
        "capture",  # of what a part of the page prints, as a value
        "conditions",
        "filters",
        "includes",
        "inheritance",  # layouts and blocks
        "loops",
        "macros",  # parts of a page that take arguments, and files of them
        "raw",  # text in which nothing means anything
        "streaming",
    }
)
"""What a template language may lack. An engine that says so has no page that needs it."""


@final
class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A page, the values it is given, and the text it becomes in every engine.

    needs     what the template language must have
    with_     other templates that the page is made of
    as_text   whether it is also rendered from a text (`render_text`); one that inherits is too, by the same names
    """

    name: str
    does: str
    values: Mapping[str, Any]
    expected: str
    needs: frozenset[str] = frozenset()
    with_: tuple[str, ...] = ()


class HasHtml:
    """An object that knows its own markup, as form fields do."""

    def __html__(self) -> str:
        return "<b>bold</b>"

    def __str__(self) -> str:
        return "plain"


class Lazy:
    """A text that is made when it is printed, as translations are."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class Title(str):
    """A text of a class of its own."""

    __slots__ = ()


class Notice:
    """Something with attributes."""

    def __init__(self, title: str, tags: tuple[str, ...] = ()) -> None:
        self.title = title
        self.tags = tags


SCRIPT: Final = "<script>alert('x' + \"y\")</script>"
ESCAPED: Final = "&lt;script&gt;alert(&#39;x&#39; + &#34;y&#34;)&lt;/script&gt;"

PRINTED: Final[Mapping[str, tuple[Any, str, str]]] = {
    "script": (SCRIPT, ESCAPED, SCRIPT),
    "quotes": ("\"'", "&#34;&#39;", "\"'"),
    "ampersand": ("a&amp;b", "a&amp;amp;b", "a&amp;b"),
    "none": (None, "", ""),
    "empty": ("", "", ""),
    "zero": (0, "0", "0"),
    "float": (1.5, "1.5", "1.5"),
    "true": (True, "True", "True"),
    "list": (["<a>"], "[&#39;&lt;a&gt;&#39;]", "['<a>']"),
    "markup": (Markup("<i>it</i>"), "<i>it</i>", "<i>it</i>"),
    "object with markup": (HasHtml(), "<b>bold</b>", "plain"),
    "lazy text": (Lazy("<lazy>"), "&lt;lazy&gt;", "<lazy>"),
    "text of its own class": (Title("<title>"), "&lt;title&gt;", "<title>"),
    "letters of the world": ("žluťoučký \u2028 漢字", "žluťoučký \u2028 漢字", "žluťoučký \u2028 漢字"),
    "newlines": ("a\r\nb\n", "a\r\nb\n", "a\r\nb\n"),
}
"""Values, what a page that escapes prints of them, and what a plain text prints."""

PRINTED_HTML: Final = "printed.html"
PRINTED_XML: Final = "printed.xml"
PRINTED_TEXT: Final = "printed.txt"
"""Pages of one line and no more: `[`, the value `value`, `]`, newline."""


def _case(name: str, does: str, expected: str, needs: str = "", with_: tuple[str, ...] = (), /, **values: Any) -> Case:
    return Case(name=name, does=does, values=values, expected=expected, needs=frozenset(needs.split()), with_=with_)


def _double(text: str) -> str:
    return text + text


def _link(text: str) -> Markup:
    return Markup("<a>{}</a>").format(text)


CASES: Final = (
    _case(
        "attribute.html",
        'a link whose attribute title, in double quotes, is `value`: <a title="...">x</a>',
        '<a title="&#34; onclick=&#34;">x</a>\n',
        value='" onclick="',
    ),
    _case(
        "names.html",
        "the values of these names, a blank between them: buffer cache cls environment filters hasattr key locals name "
        "runtime template text uri values",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14\n",
        **dict(
            zip(
                "buffer cache cls environment filters hasattr key locals name runtime template text uri values".split(),
                range(1, 15),
                strict=True,
            )
        ),
    ),
    _case(
        "url.html",
        "a link to /search?q= and `value` by the filter urlencode, around the text `value`",
        '<a href="/search?q=a%26b%20%3C/%C3%A9">a&amp;b &lt;/é</a>\n',
        "filters",
        value="a&b </é",
    ),
    _case(
        "script.html",
        "a script: let value = and `value` by the filter json, semicolon",
        '<script>let value = {"\\u003c/script\\u003e":["\\u0026\\u0027\\"",null,1.5,"\\u2028\\u2029"]};</script>\n',
        "filters",
        value={"</script>": ["&'\"", None, 1.5, "\u2028\u2029"]},
    ),
    _case(
        "filtered.html",
        "a line for each filter, on `text`: upper; lower, capitalize; trim; truncate to 9; replace e by <; urlencode; "
        "striptags; escape; forceescape; upper of `nothing`; on `words`: join by a comma and a blank; length; first; "
        "last; on `number`: round to 1; on `markup`: upper; forceescape",
        " A &lt;B&gt; OF CHEESE\n"
        " a &lt;b&gt; of cheese\n"
        "a &lt;b&gt; of cheese\n"
        " a...\n"
        " a &lt;b&gt; of ch&lt;&lt;s&lt;\n"
        "%20a%20%3Cb%3E%20of%20cheese\n"
        "a of cheese\n"
        " a &lt;b&gt; of cheese\n"
        " a &lt;b&gt; of cheese\n"
        "\n"
        "&lt;one&gt;, <i>two</i>\n"
        "2\n"
        "&lt;one&gt;\n"
        "<i>two</i>\n"
        "2.7\n"
        "<I>IT</I>\n"
        "&lt;i&gt;it&lt;/i&gt;\n",
        "filters",
        text=" a <b> of cheese",
        nothing=None,
        words=["<one>", Markup("<i>two</i>")],
        number=2.718,
        markup=Markup("<i>it</i>"),
    ),
    _case(
        "filtered.txt",
        "on `words`: join by a comma and a blank; on `text`: replace a by `markup`; upper; newline after each",
        "<one>, <i>two</i>\n<b><i>it</i></b>\n<B>A</B>\n",
        "filters",
        text="<b>a</b>",
        words=["<one>", Markup("<i>two</i>")],
        markup=Markup("<i>it</i>"),
    ),
    _case(
        "plugin_filters.html",
        "`value` by the filter twice of a plugin, a blank, `value` by the filter linked of a plugin",
        "&lt;b&gt;&lt;b&gt; <a>&lt;b&gt;</a>\n",
        "filters",
        value="<b>",
    ),
    _case(
        "functions.html",
        "what the functions double and link return of `value`, a blank between them",
        "&lt;b&gt;&lt;b&gt; <a>&lt;b&gt;</a>\n",
        "calls",
        value="<b>",
        double=_double,
        link=_link,
    ),
    _case(
        "shared_functions.html",
        "for number, letter in enumerate(`letters`, 1): both; then len, max, min, sum of range(1, 4), a blank between "
        "them; then a line for each left, right of zip(sorted(`letters`), dict(a=1).items()): left and right[1]",
        "1b2a\n2 3 1 6\na1\n",
        "calls loops",
        letters=["b", "a"],
    ),
    _case(
        "untaken.html",
        "if `flag`, the undefined name missing; then the word done",
        "done\n",
        "conditions",
        flag=False,
    ),
    _case(
        "whitespace.html",
        "<ul>, a comment in a line of its own, for each of `notices` (indented) a line <li> with its title, and its "
        "tags, each followed by a semicolon, in lines of their own if there are any, else the line none; </ul>; all "
        "tags stand in lines of their own; then `nothing`, and two empty lines",
        "<ul>\n  <li>&lt;One&gt;\n    a;\n    b;\n  </li>\n  <li>Two\n    none\n  </li>\n</ul>\n\n\n\n",
        "loops conditions attributes",
        notices=[Notice("<One>", ("a", "b")), Notice("Two")],
        nothing=None,
    ),
    _case(
        "nested/page.html",
        "the word page; the template nested/part.html (a line: part, and `value`), included from a line of its own by "
        "its name from the root; the word end",
        "page\npart &lt;v&gt;\nend\n",
        "includes",
        ("nested/part.html",),
        value="<v>",
    ),
    _case(
        "inherit/page.html",
        "inherits inherit/section.html, which inherits inherit/layout.html (a line <title>, the block title that is "
        "Site, </title>; <main>; in lines of its own the block main that is empty; </main>). The section's block main "
        "is a line section, and `value`. The page's block title is Page; its block main is a line page, `value`, "
        "and, in a line of its own, what the section has there",
        "<title>Page</title>\n<main>\npage &lt;v&gt;\nsection &lt;v&gt;\n</main>\n",
        "inheritance",
        ("inherit/section.html", "inherit/layout.html"),
        value="<v>",
    ),
    _case(
        "macro/page.html",
        "a macro of its own, shown(text), that prints <i>, text, </i>; then a line: shown of `value`; then a line with "
        "macro framed(text), of the file macro/library.html, of `value`: <p>, text, a blank, the value `site` of the "
        "page, </p>",
        "<i>&lt;v&gt;</i>\n<p>&lt;v&gt; &lt;s&gt;</p>\n",
        "macros",
        ("macro/library.html",),
        value="<v>",
        site="<s>",
    ),
    _case(
        "captured.html",
        "<b> and `value` and </b> are captured; then what was captured is printed; then again, by the filter trim",
        "<b>&lt;v&gt;</b>\n<b>&lt;v&gt;</b>\n",
        "capture filters",
        value="<v>",
    ),
    _case(
        "block_filter.html",
        "<b> and `value` and </b> by the filters striptags and upper, over the whole of it: it is escaped again",
        "&lt;V&gt;\n",
        "capture filters",
        value="<v>",
    ),
    _case(
        "raw.html",
        "the text ${a} {{ b }} {% c %} <% d %> in a line, just so",
        "${a} {{ b }} {% c %} <% d %>\n",
        "raw",
    ),
)
"""The pages beside the printed ones. Each ends with a newline."""

PLUGIN_FILTERS: Final[Mapping[str, Callable[..., Any]]] = {"twice": _double, "linked": _link}

UNDEFINED: Final[Mapping[str, tuple[str, str]]] = {
    "undefined/printed.html": ("", "`missing` is printed"),
    "undefined/builtin.html": ("", "`id`, which is a function of Python, is printed"),
    "undefined/tested.html": ("conditions", "if `missing`"),
    "undefined/negated.html": ("conditions", "if not `missing`"),
    "undefined/compared.html": ("conditions", "if `missing` is None"),
    "undefined/looped.html": ("loops", "for each of `missing`"),
    "undefined/passed.html": ("calls", "what the function ignore returns of `missing` is printed"),
    "undefined/filtered.html": ("filters", "`missing` is printed by the filter upper"),
    "undefined/attribute.html": ("attributes", "the attribute missing of `value` is printed"),
}
"""Pages that evaluate a name that is not there, in their second line."""

UNDEFINED_VALUES: Final[Mapping[str, Any]] = {"value": Notice("one"), "ignore": lambda anything: "ignored"}

FAILING: Final = "failing/page.html"
INCLUDING: Final = "failing/including.html"
ROWS: Final = "rows/page.html"
CALLING: Final = "calling.html"
SAFE: Final = "safe.html"

OTHERS: Final[Mapping[str, tuple[str, str]]] = {
    PRINTED_HTML: ("", "[, `value`, ]"),
    PRINTED_XML: ("", "[, `value`, ]"),
    PRINTED_TEXT: ("", "[, `value`, ]"),
    FAILING: ("calls", "in the third line, what the function fail returns is printed"),
    INCLUDING: ("calls includes", f"includes {FAILING} in its second line"),
    ROWS: (
        "streaming loops inheritance",
        "inherits rows/layout.html (a line <table>, the block rows in a line of its own, </table>); for each of `rows` "
        "a line: <tr><td>, the row, </td></tr>",
    ),
    "rows/layout.html": ("streaming loops inheritance", "see rows/page.html"),
    CALLING: (
        "calls conditions",
        "in its second line url_for of the text 'home' and an id=1; in the third, if `flag`, of the text 'away'; in "
        "the fourth of the value `name`",
    ),
    SAFE: ("filters", "in its second line, `value` by the filter safe; in the first and third, without it"),
}

FOLDERS: Final[Mapping[str, str]] = {
    "pages": "what is named above",
    "broken": "syntax.html: a mistake of syntax in the second line. Below it, nothing",
    "refused": "one file for each way that the language has to print `value` past the escape, all but `safe`",
    "foreign": "page.html includes or inherits from layout.html, which no file of this engine is",
    "mixed": "page.html includes part.txt",
}
"""The folders of an engine's sources; each is a root of its own."""
