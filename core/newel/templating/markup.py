# ruff: noqa: S704 - this module decides what is marked as escaped already
"""The last step, and what templates of every engine share: filters and functions.

One implementation serves all engines, which is what makes a page print the same in each of them. A filter takes the
value first, then what the template gives in parentheses. What it returns is escaped afterwards unless it is `Markup`.
Names and parameters are Jinja's where Jinja has such a filter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import quote, quote_plus

import markupsafe
import msgspec
from markupsafe import Markup

Filter = Callable[..., Any]

# PERF: `markupsafe.escape` wraps its result in `Markup`, which takes most of its time. What is printed need not be
# marked, so the inner function is used where this version of MarkupSafe has it.
_escape_text: Final[Callable[[str], str]] = getattr(markupsafe, "_escape_inner", markupsafe.escape)


def to_html(value: object) -> str:
    """The last step of templates that escape: None is nothing, `__html__` is kept, all else is escaped text."""
    if type(value) is str:
        return _escape_text(value)
    if value is None:
        return ""
    html = getattr(value, "__html__", None)
    return _escape_text(str(value)) if html is None else html()


def to_plain(value: object) -> str:
    """The last step of templates that do not escape: None is nothing, all else is its text."""
    return "" if value is None else str(value)


def text_of(value: object) -> str:
    """Return the text that a filter works on: nothing for None; `Markup` stays `Markup`."""
    if isinstance(value, str):
        return value
    return "" if value is None else str(value)


def is_private(attribute: str) -> bool:
    """Tell whether templates may not reach an attribute: what begins with an underscore belongs to Python code.

    SECURITY: `__class__` and the like lead from any escaped text to `Markup` itself, past the escape.
    """
    return attribute.startswith("_")


# --- filters ----------------------------------------------------------------------------------------------------------


def escape(value: object) -> Markup:
    """Escape now; what is escaped already stays as it is."""
    return Markup(to_html(value))


def forceescape(value: object) -> Markup:
    """Escape now, also what is escaped already: `Markup` is shown as it is written."""
    return Markup(_escape_text(to_plain(value)))


def upper(value: object) -> str:
    """Return the text in capitals."""
    return text_of(value).upper()


def lower(value: object) -> str:
    """Return the text without capitals."""
    return text_of(value).lower()


def capitalize(value: object) -> str:
    """Return the text with a capital at its beginning and nowhere else."""
    return text_of(value).capitalize()


def trim(value: object, chars: str | None = None) -> str:
    """Return the text without blanks (or `chars`) at both ends."""
    return text_of(value).strip(chars)


def truncate(value: object, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 5) -> str:
    """Cut a text that is longer than `length` and `leeway`, between words unless `killwords`."""
    text = text_of(value)
    if len(text) <= length + leeway:
        return text
    cut = text[: max(length - len(end), 0)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


def striptags(value: object) -> str:
    """Return the text of HTML without its tags and comments, in one line; it is escaped again when printed."""
    return Markup(to_plain(value)).striptags()


def length(value: Any) -> int:
    """Count the members."""
    return len(value)


def first(value: Iterable[Any]) -> Any:
    """Return the first member, or nothing."""
    return next(iter(value), None)


def last(value: Iterable[Any]) -> Any:
    """Return the last member, or nothing."""
    return next(reversed(list(value)), None)


def rounded(value: float, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> float:
    """Round to so many digits: to the nearest (`common`), up (`ceil`) or down (`floor`)."""
    if method == "common":
        return round(value, precision)
    scale = 10.0**precision
    return (math.ceil if method == "ceil" else math.floor)(value * scale) / scale


def indent(value: object, width: int = 4, first: bool = False, blank: bool = False) -> str:
    """Indent every line but the first and the empty ones by so many spaces."""
    text = text_of(value)
    lines = [
        line if (number == 0 and not first) or not (line or blank) else " " * width + line
        for number, line in enumerate(text.splitlines())
    ]
    return type(text)("\n").join(lines)


def urlencode(value: Any) -> str:
    """Quote a text for a path or query of a URL (`/` stays), or make a query of a mapping or of pairs."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return quote(value if isinstance(value, bytes) else text_of(value), safe="/")
    pairs = value.items() if isinstance(value, Mapping) else value
    return "&".join(f"{quote_plus(text_of(key))}={quote_plus(text_of(item))}" for key, item in pairs)


_JSON_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def json(value: Any) -> Markup:
    r"""Return JSON for a script or for an attribute in *single* quotes: `<script>let x = {{ value|json }};</script>`.

    SECURITY: `<`, `>`, `&`, `'`, U+2028 and U+2029 become `\u` escapes, so that no value ends the script (checklist
    E57). In an attribute in double quotes: `{{ value|json|forceescape }}`.
    """
    return Markup(msgspec.json.encode(value).decode().translate(_JSON_ESCAPES))


def _join_html(value: Iterable[Any], d: str = "") -> str:
    parts = [part if hasattr(part, "__html__") else text_of(part) for part in value]
    if hasattr(d, "__html__") or any(hasattr(part, "__html__") for part in parts):
        return Markup(to_html(d)).join(parts)
    return d.join(parts)


def _join_plain(value: Iterable[Any], d: str = "") -> str:
    return str(d).join(to_plain(part) for part in value)


def _replace_html(value: object, old: str, new: str, count: int = -1) -> str:
    text = text_of(value)
    if not hasattr(text, "__html__") and (hasattr(old, "__html__") or hasattr(new, "__html__")):
        text = escape(text)
    return text.replace(old, new, count)


def _replace_plain(value: object, old: str, new: str, count: int = -1) -> str:
    return to_plain(value).replace(str(old), str(new), count)


_SHARED: Final[Mapping[str, Filter]] = {
    "capitalize": capitalize,
    "e": escape,
    "escape": escape,
    "first": first,
    "forceescape": forceescape,
    "indent": indent,
    "json": json,
    "last": last,
    "length": length,
    "lower": lower,
    "round": rounded,
    "string": text_of,
    "striptags": striptags,
    "tojson": json,
    "trim": trim,
    "truncate": truncate,
    "upper": upper,
    "urlencode": urlencode,
}

HTML_FILTERS: Final[Mapping[str, Filter]] = MappingProxyType({**_SHARED, "join": _join_html, "replace": _replace_html})
"""The filters of templates that escape. `safe` is not among them: engines compile it, so that it can be listed."""

PLAIN_FILTERS: Final[Mapping[str, Filter]] = MappingProxyType(
    {**_SHARED, "join": _join_plain, "replace": _replace_plain}
)
"""The filters of templates that do not escape."""

SAFE: Final = "safe"
"""The one filter that goes around the escape; `Templates.unescaped` lists every use of it."""

# --- functions --------------------------------------------------------------------------------------------------------

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "dict": dict,
        "enumerate": enumerate,
        "len": len,
        "max": max,
        "min": min,
        "range": range,
        "sorted": sorted,
        "sum": sum,
        "zip": zip,
    }
)
"""The functions that templates of every engine may call; no other built-in function of Python is defined there."""


def filters_of(escapes: bool, added: Mapping[str, Filter]) -> dict[str, Filter]:
    """Return the filters of templates that escape, or of those that do not, with those that plugins add."""
    return {**(HTML_FILTERS if escapes else PLAIN_FILTERS), **added}


def last_step(escapes: bool) -> Callable[[object], str]:
    """Return the last step of templates that escape, or of those that do not."""
    return to_html if escapes else to_plain


def marker(escapes: bool) -> Callable[[object], str]:
    """Return what marks text as escaped already: captured output, say. Nothing is marked where nothing is escaped."""
    return Markup if escapes else str
