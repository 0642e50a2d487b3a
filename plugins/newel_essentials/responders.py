"""How each class of result becomes a response."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final, final

from newel.body import is_json, mimetype_of
from newel.config import Configuration
from newel.contracts.keyed import Keyed
from newel.contracts.renderer import Renderer
from newel.contracts.templates import Templates, escapes
from newel.contracts.validator import Form
from newel.errors import HTTPError, Problem, ProblemError, place_of
from newel.negotiation import best
from newel.pages import TemplateNames
from newel.response import HTML, Response
from newel.results import Data, Page, Redirect
from newel.safety import Hosts, own_origin
from newel.scope import Scope
from newel.settings import AppConfig
from newel.urls import Urls


def text(result: str, scope: Scope) -> Response:
    """Send a str as text/plain: markup in it is shown, not obeyed."""
    return Response(result)


def html(result: str, scope: Scope) -> Response:
    """Send `Html` or `Markup` as a page."""
    return Response(result.encode(), 200, None, HTML)


def itself(result: Response, scope: Scope) -> Response:
    """Send a response as it is."""
    return result


def from_environ(result: Any, scope: Scope) -> Response:
    """Send what becomes a response only with a request: a file, whose ranges and conditions the request names."""
    response: Response = result.to_response(scope.environ)
    return response


def untyped_bytes(result: bytes, scope: Scope) -> Response:
    """Refuse bytes of which nobody says what they are."""
    handler = scope.route.handler if scope.route is not None else None
    raise ProblemError(
        Problem(
            what=f"{getattr(handler, '__qualname__', 'a hook')}() returned bytes without a media type.",
            places=(place_of(handler),) if handler is not None else (),
            remedy='return Data(content, type="image/png"), with the type that they are.',
        )
    )


@final
class DataResponder:
    """Renders data in the media type that the request prefers; in JSON where it does not say."""

    def __init__(self, renderers: Keyed[Renderer]) -> None:
        self._renderers: Final[Mapping[Any, Renderer]] = renderers
        self._offers: Final = tuple(str(key) for key in renderers)
        self._first: Final = renderers.first
        self._several: Final = len(self._offers) > 1

    def wrapped(self, result: Data, scope: Scope) -> Response:
        """Make the response of a `Data`: with its status and headers, and in its own type where it has one."""
        if result.type:
            response = self._typed(result, scope)
        else:
            response = self(result.value, scope)
            response.status = result.status
        for name, value in result.headers.items():
            response.headers.set(name, value)
        return response

    def __call__(self, value: Any, scope: Scope) -> Response:
        """Render a value by the request's Accept header. Raises `HTTPError(406)`."""
        accept = scope.environ.get("HTTP_ACCEPT")
        renderer = self._first if accept is None or accept == "*/*" else self._accepted(accept)
        try:
            response = Response(renderer.render(value), 200, None, renderer.content_type)
        except TypeError as error:
            raise ProblemError(_unrenderable(value, scope, error)) from error
        if self._several:
            response.vary("Accept")
        return response

    def _accepted(self, accept: str) -> Renderer:
        chosen = best(accept, self._offers)
        if chosen is None:
            raise HTTPError(406, f"This is available as {', '.join(self._offers)}.")
        return self._renderers[chosen]

    def _typed(self, result: Data, scope: Scope) -> Response:
        value = result.value
        if isinstance(value, bytes | str):
            return Response(value, result.status, None, result.type)
        if hasattr(value, "__next__"):
            return Response(pieces_of(value), result.status, None, result.type)
        json = "application/json" if is_json(mimetype_of(result.type)) else ""
        renderer = self._renderers.get(result.type) or self._renderers.get(json)
        if renderer is None:
            raise ProblemError(_no_renderer(result.type, value, scope, self._offers))
        try:
            return Response(renderer.render(value), result.status, None, result.type or renderer.content_type)
        except TypeError as error:
            raise ProblemError(_unrenderable(value, scope, error)) from error


@final
class PageResponder:
    """Renders a `Page` by the engine that the choice of several gives to its template."""

    def __init__(
        self, engines: Keyed[Templates], configuration: Configuration, names: TemplateNames, data: DataResponder
    ) -> None:
        self._engine_of: Final = _choice(engines, configuration)
        self._escapes: Final = functools.lru_cache(MAX_PAGES)(escapes)  # PERF: reading a suffix takes 2 µs
        self._names: Final = names
        self._data: Final = data

    def __call__(self, page: Page, scope: Scope) -> Response:
        """Make the response of a page: 422 where it holds an invalid form and no other status was given."""
        if (
            page.json is not None
            and best(scope.environ.get("HTTP_ACCEPT") or "*/*", _PAGE_OR_DATA) == "application/json"
        ):
            response = self._data(page.json, scope)
        else:
            response = Response(self._rendered(page, scope).encode(), 200, None, HTML)
        if page.json is not None:
            response.vary("Accept")
        response.status = page.status or _status_of(page.values)
        for name, value in page.headers.items():
            response.headers.set(name, value)
        return response

    def _rendered(self, page: Page, scope: Scope) -> str:
        """Render a page. Raises `ProblemError` where its name does not escape.

        SECURITY: a page is sent as HTML, so that text of a template that does not escape would be obeyed.
        """
        if not self._escapes(page.template):
            raise ProblemError(_unescaped(page.template, scope))
        values = {**self._names.of(scope), **page.values}
        return self._engine_of(page.template).render(page.template, values)


MAX_PAGES: Final = 1024
"""How many names of pages are known to escape."""


def _choice(engines: Keyed[Templates], configuration: Configuration) -> Callable[[str], Templates]:
    """Return what gives the engine of a page: the only one there is, or the choice of several."""
    if len(engines) == 1:
        only = engines.first
        return lambda name: only
    if not engines:
        return _no_engine
    choice = importlib.import_module("newel.templating.choice").EngineChoice(
        engines.values(), reload=configuration.development
    )
    of: Callable[[str], Templates] = choice.of
    return of


_PAGE_OR_DATA: Final = ("text/html", "application/json")


def _status_of(values: Mapping[str, Any]) -> int:
    return 422 if any(isinstance(value, Form) and not value for value in values.values()) else 200


@final
class RedirectResponder:
    """Sends the browser to a route, a path, or an allowed URL."""

    def __init__(self, settings: AppConfig) -> None:
        self._hosts: Final = Hosts(settings.redirect_hosts)
        self._listed: Final = settings.redirect_hosts

    def __call__(self, result: Redirect, scope: Scope) -> Response:
        """Make the response of a `Redirect`. Raises `ProblemError` for a target that is not ours (checklist E39)."""
        response = Response(b"", result.status, [("Location", self._location(result, scope))])
        for name, value in result.headers.items():
            response.headers.set(name, value)
        return response

    def _location(self, result: Redirect, scope: Scope) -> str:
        if not isinstance(result.to, str) or "/" not in result.to:
            return scope[Urls].url_for(result.to, **result.values)
        targets = importlib.import_module("newel.targets")
        if not targets.safe_target(result.to, own_origin(scope.environ), self._hosts):
            raise ProblemError(_foreign(result.to, self._listed))
        location: str = targets.with_query(result.to, result.values)
        return location


def werkzeug(result: Any, scope: Scope) -> Response:
    """Send a Werkzeug response."""
    return Response.from_wsgi(result, scope.environ)


def stream(result: Iterator[str | bytes], scope: Scope) -> Response:
    """Send a generator piece by piece as text."""
    return Response(pieces_of(result), 200, None, "text/plain; charset=utf-8")


def pieces_of(generator: Iterator[str | bytes]) -> Pieces:
    """Return what a generator gives. It runs to its first `yield` now, so that an early error has a page."""
    return Pieces(next(generator, b""), generator)


class Pieces:
    """The pieces of a generator as bytes; closes the generator."""

    __slots__ = ("_generator", "_pieces")

    def __init__(self, first: str | bytes, rest: Iterator[str | bytes]) -> None:
        self._generator = rest
        self._pieces = chain((first,), rest)

    def __iter__(self) -> Iterator[bytes]:
        return (piece.encode() if isinstance(piece, str) else piece for piece in self._pieces)

    def close(self) -> None:
        """Close the generator, so that its `finally` runs."""
        close = getattr(self._generator, "close", None)
        if close is not None:
            close()


# --- what is said --------------------------------------------------------------------------------------------------


def _unrenderable(value: Any, scope: Scope, error: Exception) -> Problem:
    handler = scope.route.handler if scope.route is not None else None
    return Problem(
        what=f"{getattr(handler, '__qualname__', 'a hook')}() returned {type(value).__name__}, "
        f"which cannot be sent as data: {error}",
        places=(place_of(handler),) if handler is not None else (),
        remedy="return a str, Html, Page, Redirect, Data, Response, or data made of dicts, lists, scalars, dataclasses "
        "and structs; a Model is data only if it declares its public fields.",
    )


def _no_renderer(kind: str, value: Any, scope: Scope, offers: tuple[str, ...]) -> Problem:
    handler = scope.route.handler if scope.route is not None else None
    return Problem(
        what=f"{getattr(handler, '__qualname__', 'a hook')}() returned {type(value).__name__} as {kind!r}, "
        "and no plugin renders that type.",
        found=kind,
        allowed=offers,
        places=(place_of(handler),) if handler is not None else (),
        remedy="return bytes, a str or a generator of them in that type, or enable a plugin that renders it.",
    )


def _unescaped(name: str, scope: Scope) -> Problem:
    handler = scope.route.handler if scope.route is not None else None
    return Problem(
        what=f"{getattr(handler, '__qualname__', 'a hook')}() returned Page({name!r}), whose suffix says that "
        "nothing is escaped, and a page is sent as HTML.",
        places=(place_of(handler),) if handler is not None else (),
        remedy='name the template "….html"; or render plain text by `Keyed[Templates]` and return '
        'Data(text, type="text/plain; charset=utf-8").',
    )


def _no_engine(name: str) -> Templates:
    raise ProblemError(
        Problem(
            what=f"a page {name!r} was returned, and no template engine is enabled.",
            remedy='write [use] templates = "jinja2" (or "mako") in the configuration.',
        )
    )


def _foreign(target: str, allowed: Iterable[str]) -> Problem:
    return Problem(
        what=f"a redirect to {target!r} was refused: it leaves this host, or a browser might read it so.",
        allowed=tuple(allowed),
        remedy="redirect to a path of your own, or list the host under [app] redirect_hosts.",
    )
