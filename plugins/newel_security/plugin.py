"""The security plugin: headers that every response needs, set where nothing else set them.

Which hosts are ours, which requests come from another site and how much a request may carry is the kernel's affair and
cannot be switched off with this plugin.
"""

from __future__ import annotations

import os
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, final

import msgspec

from newel import Plugin, hookimpl
from newel.edges import Foreign
from newel.errors import Place
from newel.generation import Generation
from newel.records import After, Finding, Provider, Route, RouteRecord
from newel.response import Response
from newel_security.policy import POLICY, weaknesses, with_nonce

NOSNIFF: Final = ("X-Content-Type-Options", "nosniff")
REFERRER: Final = ("Referrer-Policy", "same-origin")
OPENER: Final = ("Cross-Origin-Opener-Policy", "same-origin")
FRAMES: Final = ("X-Frame-Options", "DENY")
FIXED: Final = (NOSNIFF, REFERRER, OPENER)
YEAR: Final = 365 * 24 * 3600


@final
class SecurityConfig(msgspec.Struct, frozen=True):
    """The section [security].

    csp   the Content-Security-Policy of HTML responses; a page that asks for a nonce has it added to script-src and
          style-src
    hsts  seconds for which browsers use HTTPS only, sent on HTTPS only; 0 sends nothing
    """

    csp: str = POLICY
    hsts: int = 2 * YEAR


@final
class CspNonce:
    """The nonce of one page: fresh for each request, the same in the header and in every engine (checklist E30)."""

    __slots__ = ("policy", "value")

    def __init__(self, policy: str = POLICY) -> None:
        self.policy: Final = policy
        # PERF: what `secrets` does, without its imports at every start
        self.value: Final = b2a_base64(os.urandom(18), newline=False).decode()


class SecurityPlugin(Plugin):
    """Sets the fixed security headers, and for HTML a Content-Security-Policy."""

    name: ClassVar[str] = "security"
    Config: ClassVar[type[Any] | None] = SecurityConfig
    route_options: ClassVar[Mapping[str, Any]] = {"csp": str}

    def __init__(self, config: SecurityConfig) -> None:
        super().__init__(config)
        self._foreign_page: Final = (*FIXED, FRAMES)
        self._page: Final = (*self._foreign_page, ("Content-Security-Policy", config.csp))
        self._hsts: Final = ("Strict-Transport-Security", f"max-age={config.hsts}; includeSubDomains")

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply the nonce, and put it into the header of a page that asked for it."""
        yield Provider(contract=CspNonce, open=self._nonce, save=_announce)

    @hookimpl
    def newel_template_names(self) -> Mapping[str, Callable[..., Any]]:
        """Let templates write `<script nonce="{{ csp_nonce() }}">`."""
        return {"csp_nonce": csp_nonce}

    @hookimpl
    def newel_route(self, route: Route) -> Iterable[RouteRecord]:
        """Give a route with the option `csp` a Content-Security-Policy of its own."""
        if "csp" in route.options:
            yield After(_sets("Content-Security-Policy", route.options["csp"]))

    @hookimpl
    def newel_after_request(self, response: Response, environ: Mapping[str, Any]) -> None:
        """Add what is not there.

        PERF: nearly every response has the two headers that the kernel wrote, and gets prebuilt pairs after one look.
        """
        headers = response.header_list
        if len(headers) == 2 and headers[0][0] == "Content-Type" and headers[1][0] == "Content-Length":
            headers.extend(self._of_page(response) if _is_html(headers[0][1]) else FIXED)
        else:
            wanted = self._of_page(response) if _is_page(headers) else FIXED
            present = {name.lower() for name, _ in headers}
            headers.extend(pair for pair in wanted if pair[0].lower() not in present)
        if environ.get("wsgi.url_scheme") == "https" and self.config.hsts:
            response.headers.setdefault(*self._hsts)

    @hookimpl
    def newel_audit(self, generation: Generation) -> Iterable[Finding]:
        """Tell where a policy allows more than the default, and HTTPS is not insisted on for as long."""
        settings = generation.configuration.section(self.name)
        if "csp" in settings:
            yield from _weaker("the Content-Security-Policy", self.config.csp, settings["csp"].place)
        if self.config.hsts < 2 * YEAR:
            what = f"browsers use HTTPS only for {self.config.hsts} seconds after a visit"
            yield Finding("weaker", what, place=settings["hsts"].place)
        for route in generation.routes:
            if "csp" in route.options:
                yield from _weaker(f"the Content-Security-Policy of {route.rule}", route.options["csp"], route.place)

    def _of_page(self, response: Response) -> tuple[tuple[str, str], ...]:
        """Return what HTML has besides: no policy of ours where a mounted application made it."""
        return self._foreign_page if isinstance(response, Foreign) else self._page

    def _nonce(self, route: Route | None) -> CspNonce:
        """Open a nonce for the policy of the route."""
        policy = self.config.csp if route is None else route.options.get("csp", self.config.csp)
        return CspNonce(policy)


def _weaker(whose: str, policy: str, place: Place) -> Iterable[Finding]:
    return [Finding("weaker", f"{whose}: {what}", place=place) for what in weaknesses(policy)]


def _announce(nonce: CspNonce, response: Response | None) -> None:
    if response is not None and "Content-Security-Policy" not in response.headers:
        response.headers.set("Content-Security-Policy", with_nonce(nonce.policy, nonce.value))


def _sets(name: str, value: str) -> Callable[[Response], None]:
    def set_header(response: Response) -> None:
        response.headers.setdefault(name, value)

    return set_header


def csp_nonce(nonce: CspNonce) -> str:
    """Return the nonce of this page."""
    return nonce.value


def _is_page(headers: list[tuple[str, str]]) -> bool:
    return any(name.lower() == "content-type" and _is_html(value) for name, value in headers)


def _is_html(content_type: str) -> bool:
    """Tell whether a type is HTML's. SECURITY: a browser takes `Text/HTML` for the same (RFC 9110, 8.3.1)."""
    return content_type[:9].lower() == "text/html"
