"""Safety that belongs to reading a request: which hosts are ours, and which requests come from another site.

Both look at headers only: no token in forms, no session. See the security page of the documentation (checklist E18-E21,
E37-E40).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, final

from newel.errors import HTTPError
from newel.patterns import pattern
from newel.records import SAFE_METHODS
from newel.scope import Resolve, Scope

_HOST: Final = pattern(r"\A(?P<name>[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?\Z")
_MAX_KNOWN: Final = 1024


@final
class Hosts:
    """The hosts an application answers for (RFC 9110, section 7.2). Ports are not compared.

    A pattern is a name, a name with a leading dot (it and every subdomain), or `*`. `known` are headers that are good,
    boundedly many: the names themselves, and what was found good. Whoever is in a hurry looks there first.
    """

    __slots__ = ("_exact", "_suffixes", "any", "known")

    def __init__(self, patterns: Iterable[str]) -> None:
        lowered = [pattern.lower() for pattern in patterns]
        self.any: Final = "*" in lowered
        self._exact: Final = frozenset(pattern.lstrip(".") for pattern in lowered)
        self._suffixes: Final = tuple(pattern for pattern in lowered if pattern.startswith("."))
        self.known: Final = {pattern for pattern in lowered if pattern != "*" and not pattern.startswith(".")}

    def __contains__(self, host: str) -> bool:
        """Tell whether a Host header is one of ours."""
        match = _HOST.match(host.lower())
        if match is None:
            return False
        name = match["name"].rstrip(".")
        good = self.any or name in self._exact or name.endswith(self._suffixes)
        if good and len(self.known) < _MAX_KNOWN:
            self.known.add(host)
        return good


def cross_site_guard(trusted: Iterable[str]) -> Resolve:
    """Return the guard of every route with an unsafe method: refuses what another site made a browser send.

    `Sec-Fetch-Site` decides where a browser sends it; else `Origin`, or on HTTPS `Referer`, must be our own; with
    neither, a request that carries cookies is refused and one without any (a script, a webhook) passes. Origins listed
    in `[app] origins` pass, and so does a request without cookies whose `Authorization` no browser adds by itself.
    """
    listed = frozenset(origin.lower().rstrip("/") for origin in trusted)

    def guard(scope: Scope) -> None:
        environ = scope.environ
        if environ["REQUEST_METHOD"] in SAFE_METHODS or _same_site(environ, listed):
            return
        raise HTTPError(403, "This request came from another site.")

    return guard


def _same_site(environ: Mapping[str, Any], listed: frozenset[str]) -> bool:
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site in {"same-origin", "none"} or _needs_no_browser(environ):
        return True
    origin = environ.get("HTTP_ORIGIN")
    if site is not None:
        return origin is not None and origin.lower() in listed
    if origin is None and environ.get("wsgi.url_scheme") == "https" and "HTTP_REFERER" in environ:
        origin = importlib.import_module("newel.targets").origin_of(environ["HTTP_REFERER"])
    if origin is None:
        return "HTTP_COOKIE" not in environ
    return origin.lower() in listed or origin.lower() == own_origin(environ)


def _needs_no_browser(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request is authenticated by what a script of our own or a program must have put there (E21).

    SECURITY: browsers repeat a password (Basic, Digest) or a ticket (Negotiate, NTLM) for whichever site asks; another
    scheme's header is sent across sites only with our leave (CORS).
    """
    if "HTTP_COOKIE" in environ:
        return False
    scheme = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[0].lower()
    return scheme not in {"", "basic", "digest", "negotiate", "ntlm"}


def own_origin(environ: Mapping[str, Any]) -> str:
    """Return scheme, host and port the request came to; the host was validated before anything ran."""
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return without_default_port(environ["wsgi.url_scheme"], host)


def without_default_port(scheme: str, host: str) -> str:
    """Return an origin in the form that browsers send it (RFC 6454, section 6.2)."""
    default = {"http": ":80", "https": ":443"}.get(scheme.lower(), "")
    return f"{scheme}://{host.removesuffix(default) if default else host}".lower()
