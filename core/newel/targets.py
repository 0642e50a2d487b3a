"""Whole URLs that were written down: where a redirect may go, and which origin a request names as its own.

Imported when there is one: `urllib.parse` and what it imports take as long to load as a twentieth of a start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from newel.percent import quote
from newel.safety import Hosts, without_default_port

_SAFE_IN_URL: Final = "%!#$&'()*+,/:;=?@[]~"
"""What a URL holds besides letters and digits (RFC 3986, section 2), and `%`: all else is yet to be encoded."""


def origin_of(url: str) -> str:
    """Return the origin of a URL that a header names; "null" for one that nobody can read, as browsers say it."""
    try:
        parts = urlsplit(url)
        return without_default_port(parts.scheme, parts.netloc)
    except ValueError:
        return "null"


def safe_target(url: str, own: str, allowed: Hosts) -> bool:
    r"""Tell whether a redirect may go to a URL: a path of ours, our origin, or a host that is listed (checklist E39).

    Browsers read `//host`, `/\host`, control characters and user information in ways of their own; all are refused.
    """
    if not url or any(character <= " " or character in "\\\x7f" for character in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.scheme and not parts.netloc:
        return not url.startswith("//")
    if parts.scheme.lower() not in {"http", "https"} or "@" in parts.netloc or not parts.hostname:
        return False
    return without_default_port(parts.scheme, parts.netloc) == own or parts.netloc in allowed


def with_query(url: str, values: Mapping[str, Any]) -> str:
    """Return a URL, encoded where it is not yet, with values added to its query; a list is a value for each item."""
    to, mark, fragment = quote(url, _SAFE_IN_URL).partition("#")
    query = urlencode(values, doseq=True)
    return f"{to}{'&' if '?' in to else '?'}{query}{mark}{fragment}" if query else f"{to}{mark}{fragment}"
