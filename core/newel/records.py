"""What a plugin's hooks return: inert records that boot turns into plans.

Every function held by a record is *resolved by signature*: it names what it needs by annotation, exactly as a handler
does, and boot refuses what cannot be resolved. A record is never run by the one who makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, Literal

import msgspec

from newel.errors import Place, place_of

Scoped = Literal["app", "request"]

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""The methods that ask for no change (RFC 9110, section 9.2.1)."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a handler, as boot resolved it.

    `source` says where its value comes from; `type` is the annotation without `| None`; `default` is
    `msgspec.NODEFAULT` where the handler gives none.
    """

    name: str
    source: Literal["path", "query", "form", "json", "query string", "contract"]
    type: Any
    optional: bool = False
    default: Any


class Route(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A route as plugins see it in `newel_route(route)`; a handler or provider may ask for it by type.

    `rule` is the whole path with its prefixes; `options` are the keyword arguments of the declaration that the kernel
    or a plugin knows (`retries=2`); `contracts` are the contract types the handler asks for; `returns` is the handler's
    return annotation, or `inspect.Signature.empty`.
    """

    rule: str
    methods: frozenset[str]
    handler: Callable[..., Any]
    name: str
    place: Place
    host: str | None = None
    options: Mapping[str, Any] = {}
    parameters: tuple[Parameter, ...] = ()
    contracts: frozenset[Any] = frozenset()
    returns: Any = None

    @property
    def safe(self) -> bool:
        """Whether every method of the route is safe, so that nothing may be changed by it."""
        return self.methods <= SAFE_METHODS


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """How a contract is supplied.

    contract   the type that handlers and other records ask for
    open       makes the value; its parameters are resolved by signature. App scope: once a generation, at first use.
               Request scope: once a request (or `app.scope()`), at first use
    scope      "app" or "request"; what an app-scoped provider asks for must be app-scoped
    key        for a keyed contract (`Renderer`, `Validator`, `Templates`): which one this is
    finish     `finish(value, response)`: before the first byte is sent, in reverse order of opening; commits. An error
               here is the request's error. `response` is None outside a request. Not called after an error
    save       `save(value, response)`: after every `finish` or after the error's response was made, whatever became of
               the request: what must outlive a rollback
    close      `close(value, error)`: always, at the response's end (app scope: at shutdown), in reverse order; what was
               not finished rolls back. `error` is the exception that ended the request, or None
    """

    contract: Any
    open: Callable[..., Any]
    scope: Scoped = "request"
    key: Hashable = None
    finish: Callable[[Any, Any], object] | None = None
    save: Callable[[Any, Any], object] | None = None
    close: Callable[[Any, BaseException | None], object] | None = None

    @property
    def place(self) -> Place:
        """Where `open` was written."""
        return place_of(self.open)


class Before(msgspec.Struct, frozen=True):
    """Runs before the guards of one route; a result other than None ends the request with it."""

    run: Callable[..., Any]


class Guard(msgspec.Struct, frozen=True):
    """Refuses a request of one route by raising; its result is ignored."""

    run: Callable[..., Any]


class After(msgspec.Struct, frozen=True):
    """Sees the final response of one route once and may change its status and headers."""

    run: Callable[..., Any]


class Around(msgspec.Struct, frozen=True):
    """Wraps one route's handler: a generator function that yields once and may re-raise or replace what comes out.

    `result = yield` receives the handler's result; what the generator returns, if not None, takes its place.
    """

    run: Callable[..., Any]


RouteRecord = Before | Guard | After | Around


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A table on the error page of development: what a plugin knows of the request. `notes` stand above it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """Something that `newel audit` lists: what, who says so, where.

    kind   "weaker" than the default; "bound" to one provider of an interchangeable part, so that another provider needs
           other code or other settings; "added" to requests by a plugin
    owner  the plugin; empty in what a plugin returns from `newel_audit`: it is filled in
    """

    kind: Literal["weaker", "bound", "added"]
    what: str
    owner: str = ""
    place: Place | None = None
