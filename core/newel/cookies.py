"""Cookies: the header that a browser sends becomes names and values, a cookie becomes a Set-Cookie value.

Quoting agrees with Werkzeug and with the standard library's `http.cookies`, so that either reads what is written
here. Followed: RFC 6265 and its revision (draft-ietf-httpbis-rfc6265bis).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final, Literal, final

from newel.conditional import http_date
from newel.errors import NewelError
from newel.headers import TOKEN
from newel.patterns import pattern

SameSite = Literal["Strict", "Lax", "None"]

MAX_COOKIE: Final = 4096
"""Bytes of name and value together that a browser promises to keep; it drops a larger cookie in silence."""

_SAMESITE: Final = frozenset({"Strict", "Lax", "None"})
_PLAIN: Final = pattern(r"[\w!#$%&'()*+\-./:<=>?@\[\]^`{|}~]*", re.ASCII)
_CONTROL: Final = pattern(r"[\x00-\x1f\x7f]")
_QUOTED: Final = pattern(rb'[",;\\\x7f-\xff]')
_ESCAPE: Final = pattern(rb"\\([0-3][0-7]{2}|.)")
_DOMAIN: Final = pattern(r"\.?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_PATH: Final = pattern(r"/[\x20-\x3a\x3c-\x7e]*")


@final
class CookieError(NewelError, ValueError):
    """A cookie that a browser would drop, misread or keep where it must not be. `name` is its name."""

    def __init__(self, name: str, reason: str) -> None:
        self.name: Final = name
        self.reason: Final = reason
        super().__init__(name, reason)

    def __str__(self) -> str:
        return f"cookie {self.name!r} cannot be set: {self.reason}"


def parse_cookies(header: str) -> dict[str, str]:
    """Read a Cookie header, as the environ holds it (Latin-1); never raises, whatever was sent.

    Of two cookies of one name the first wins: a browser sends the one of the longer path first (RFC 6265, 5.4). A pair
    without a name is left out; bytes that are no UTF-8 become U+FFFD.
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        name = name.strip(" \t")
        if not name or name in cookies:
            continue
        value = value.strip(" \t")
        # PERF: a session cookie is plain ASCII without quotes, and is ready here.
        if not pair.isascii():
            name, value = _utf8(name), _utf8(value)
            if name in cookies:
                continue
        cookies[name] = _unquoted(value) if value[:1] == '"' else value
    return cookies


def _utf8(text: str) -> str:
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[-1] != '"':
        return value
    if "\\" not in value:
        return value[1:-1]
    return _ESCAPE.sub(_unescaped, value[1:-1].encode()).decode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    return escape if len(escape) == 1 else bytes((int(escape, 8),))


def dump_cookie(
    name: str,
    value: str = "",
    *,
    max_age: int | timedelta | None = None,
    expires: datetime | float | None = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = True,
    httponly: bool = True,
    samesite: SameSite | None = "Lax",
    partitioned: bool = False,
) -> str:
    """Return the value of a Set-Cookie header. Raises `CookieError` for whatever a browser would not keep as meant.

    SECURITY: the defaults are the strict ones: not readable by scripts, not sent along by other sites, only over HTTPS
    (browsers count http://localhost as secure).
    """
    written = _written(name, value)
    _check_place(name, path, domain)
    _check_promises(name, path, domain, secure=secure, httponly=httponly, samesite=samesite, partitioned=partitioned)
    if isinstance(max_age, timedelta):
        max_age = int(max_age.total_seconds())
    attributes = (
        ("; Domain=", domain and domain.lstrip(".")),
        ("; Expires=", None if expires is None else http_date(expires)),
        ("; Max-Age=", None if max_age is None else str(max_age)),
        ("; Secure", "" if secure else None),
        ("; HttpOnly", "" if httponly else None),
        ("; Path=", path),
        ("; SameSite=", samesite),
        ("; Partitioned", "" if partitioned else None),
    )
    return f"{name}={written}" + "".join(label + text for label, text in attributes if text is not None)


def _written(name: str, value: str) -> str:
    if TOKEN.fullmatch(name) is None:
        raise CookieError(name, "a name is letters, digits and !#$%&'*+-.^_`|~ (RFC 6265, 4.1.1)")
    if (found := _CONTROL.search(value)) is not None:
        raise CookieError(name, f"the value holds the control character {found[0]!r}; encode the value first")
    written = value if _PLAIN.fullmatch(value) else _escaped(value)
    size = len(name) + len(written)
    if size > MAX_COOKIE:
        raise CookieError(
            name,
            f"name and value are {size} bytes, and a browser keeps {MAX_COOKIE}; keep the data at the server",
        )
    return written


def _escaped(value: str) -> str:
    octal = _QUOTED.sub(lambda match: b"\\%03o" % match[0][0], value.encode())
    return f'"{octal.decode("ascii")}"'


def _check_place(name: str, path: str | None, domain: str | None) -> None:
    if path is not None and _PATH.fullmatch(path) is None:
        raise CookieError(name, f"the path {path!r} is not '/' and printable ASCII without ';'")
    if domain is not None and (_DOMAIN.fullmatch(domain) is None or ".." in domain):
        raise CookieError(name, f"the domain {domain!r} is no host name of letters, digits, '.' and '-'")


def _check_promises(
    name: str,
    path: str | None,
    domain: str | None,
    *,
    secure: bool,
    httponly: bool,
    samesite: str | None,
    partitioned: bool,
) -> None:
    """Check what a prefix of the name promises (RFC 6265bis, 4.1.3), and what needs `Secure`."""
    if samesite is not None and samesite not in _SAMESITE:
        raise CookieError(name, f"samesite is {samesite!r}; allowed: {', '.join(sorted(_SAMESITE))}")
    prefix = name.lower()
    needs_secure = prefix.startswith(("__host-", "__secure-", "__http-")) or samesite == "None" or partitioned
    if needs_secure and not secure:
        raise CookieError(name, "__Host-, __Secure-, __Http-, SameSite=None and Partitioned need secure=True")
    if prefix.startswith("__host-") and (domain is not None or path != "/"):
        raise CookieError(name, f"the prefix __Host- needs path='/' and no domain; found {path!r} and {domain!r}")
    if prefix.startswith(("__http-", "__host-http-")) and not httponly:
        raise CookieError(name, "the prefix __Http- needs httponly=True")
