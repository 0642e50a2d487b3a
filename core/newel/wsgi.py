"""The application, and the adapter between a WSGI server (PEP 3333) and a plan.

`App` boots when it is made (steps 1 to 7) and starts at its first use, because a server may fork in between. Serving is
`answer`: host, path, match, plan, send.
"""

from __future__ import annotations

import atexit
import os
import sys
from _thread import RLock  # PERF: as `functools` does; `threading` takes a millisecond to load
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar, final

from newel.body import FORM_READ
from newel.boot import Source, boot
from newel.errors import HTTPError, Problem, SetupError, keywords_told, place_of_caller
from newel.generation import UNMATCHED, Generation
from newel.log import log
from newel.paths import absolute, folder_of
from newel.plan import Plan
from newel.request import decoded_path
from newel.router import Router
from newel.scope import Scope, Supply

T = TypeVar("T")
StartResponse = Callable[..., Any]

_REFUSED: Final = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]


@final
class App:
    """An application: a WSGI callable made from a configuration.

    `config` is a file, a folder with `newel.toml`, a mapping, or None. The other arguments are the last layer of the
    configuration: `routes` are modules' names or routers, `plugins` names, modules or `Plugin` classes, `use` fills
    slots. `profile` is "production" unless NEWEL_PROFILE or this says otherwise. `folder` is what relative paths are
    relative to where `config` is no file: that of the module which makes the application at its top level, if one does.

    Raises `BootError` with everything that is wrong.
    """

    @keywords_told
    def __init__(
        self,
        config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        *,
        routes: Iterable[str | Router] = (),
        plugins: Iterable[Any] = (),
        use: Mapping[str, str | list[str]] | None = None,
        profile: str | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        listed = list(routes)
        arguments: dict[str, dict[str, Any]] = {"app": {}, "use": dict(use or {})}
        if modules := [route for route in listed if isinstance(route, str)]:
            arguments["app"]["routes"] = modules
        source = Source(
            config=config,
            arguments=arguments,
            routers=tuple(route for route in listed if isinstance(route, Router)),
            plugins=tuple(plugins),
            profile=profile,
            folder=_folder_of_caller(2) if folder is None else absolute(folder),
            place=place_of_caller(2),
        )
        self._source: Final = source
        self._generation: Final = boot(source)
        self._running: Generation | None = None
        self._lock: Final = RLock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        return answer(self._running or self.start(), environ, start_response)

    @property
    def generation(self) -> Generation:
        """All that boot built, for looking at."""
        return self._generation

    def scope(self) -> Scope:
        """Return a scope outside any request: `with app.scope() as scope: db = scope[Database]`."""
        return (self._running or self.start()).scope()

    def start(self) -> Generation:
        """Start now instead of at the first request: `newel_startup` of every plugin, once."""
        with self._lock:
            if self._running is None:
                self._generation.start()
                atexit.register(self.close)
                self._running = self._generation
            return self._running

    def close(self) -> None:
        """Shut down: `newel_shutdown` of every plugin, and what the application holds. A later use starts again."""
        with self._lock:
            if self._running is not None:
                atexit.unregister(self.close)
                self._running = None
                self._generation.close()

    def override(self, contract: type[T], value: T) -> None:
        """Supply a contract with a value of a test's own, before the start. Raises `SetupError` after it."""
        if self._running is not None:
            raise SetupError(
                Problem(
                    what=f"App.override({contract.__name__}, ...) after the application had started.",
                    places=(place_of_caller(),),
                    remedy="override before the first request, scope or start of this App.",
                )
            )
        self._generation.application.hold(contract, value)
        self._generation.supplies[contract] = Supply(lambda scope: value)


def _folder_of_caller(depth: int) -> str | None:
    """Return the folder of the module whose top level makes the application; None where a function makes it.

    So `hello.py` finds its database and its templates beside itself, whoever serves it from wherever, and a function
    that makes applications (a test, a factory) puts nothing beside its own source.
    """
    frame = sys._getframe(depth + 1)
    file = frame.f_globals.get("__file__") if frame.f_code.co_name == "<module>" else None
    return folder_of(absolute(file)) if file else None


def answer(generation: Generation, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request: host, path, match, plan, send.

    The host is checked before anything of anybody runs (checklist E37); the path is decoded once (E41); what might be
    two requests to somebody is none (E45).
    """
    host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
    if host not in generation.hosts.known and host not in generation.hosts:
        return _refused(environ, start_response, "This host is not served here.\n")
    path = environ.get("PATH_INFO") or "/"
    if not path.isascii() or "\0" in path:
        try:
            path = decoded_path(environ)
        except HTTPError as error:
            return _refused(environ, start_response, f"{error.detail}\n")
    if "HTTP_TRANSFER_ENCODING" in environ and environ.get("CONTENT_LENGTH"):
        return _refused(environ, start_response, "Content-Length and Transfer-Encoding exclude each other.\n")
    try:
        plan, args = generation.match(environ["REQUEST_METHOD"], path, host)
    except Exception as error:
        plan, args = generation.edges[UNMATCHED], {"error": error}
    scope = Scope(plan.supplies, environ, plan.route, args)
    response = plan.serve(scope)
    try:
        body = response.start(environ, start_response)
        if scope.opened or plan.teardown or type(body) is not list or (FORM_READ in environ and environ[FORM_READ][1]):
            return Sent(body, scope, plan)
    except BaseException as error:
        plan.abandon(scope, error)
        raise
    return body


def _refused(environ: Mapping[str, Any], start_response: StartResponse, text: str) -> Iterable[bytes]:
    body = text.encode()
    start_response("400 Bad Request", [*_REFUSED, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@final
class Sent:
    """A response on its way out, and what happens when it is closed: providers close, `teardown` runs, always."""

    __slots__ = ("_body", "_closed", "_iterator", "_plan", "_scope")

    def __init__(self, body: Iterable[bytes], scope: Scope, plan: Plan) -> None:
        self._body = body
        self._closed = False
        self._iterator = iter(body)
        self._scope = scope
        self._plan = plan

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._iterator)
        except StopIteration:
            raise
        except BaseException as error:
            self._scope.error = error
            raise

    def close(self) -> None:
        """Close the body, then every provider, then run teardown: once, latest first, and no failure hides another."""
        if self._closed:
            return
        self._closed = True
        scope = self._scope
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except Exception as error:
            scope.error = scope.error or error
            log().exception("closing the body of a response failed")
        finally:
            self._plan.end(scope)
