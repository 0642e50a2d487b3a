"""URLs: from a handler or a route's name back to the URL that leads there.

`UrlMap` knows every route, and prepares what writes the URL of one when it is asked for the first time: most never are.
`Urls` is what a handler asks for, and knows where the application is reached.

A URL that is built leads back to its route: a value that the route's converter would not read again is an error, not a
broken link. Values that are not in the path become the query.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from typing import Any, Final, final

from newel.converters import Read
from newel.errors import Problem, ProblemError, place_of
from newel.percent import quote
from newel.router import Declaration
from newel.rules import Rule
from newel.segments import Pattern, Variable

Target = str | Callable[..., Any]
"""What a URL is asked for by: the name of a route, or its handler."""

_Route = tuple[Declaration, Rule, Rule | None]
"""A route: what was declared, its path, and its host where it has one of its own."""

SAFE_IN_SEGMENT: Final = "!$&'()*+,:;=@"
"""What stands in one segment of a path as itself besides letters, digits and `-._~` (RFC 3986, section 3.3)."""

_LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
"""One label of a host's name."""


@final
class UrlMap:
    """Every route's way back: `build(target, values)` gives the URL below the application's root."""

    __slots__ = ("_asked", "_routes", "_targets")

    def __init__(self, routes: Iterable[_Route]) -> None:
        self._routes: Final = tuple(routes)
        self._targets: dict[Any, list[_Route]] | None = None
        self._asked: Final[dict[Any, _Address]] = {}

    def names(self) -> frozenset[str]:
        """Return the names of all routes."""
        return frozenset(declaration.name for declaration, _, _ in self._routes)

    def check(self, target: Target, given: Collection[str] | None = None) -> Problem | None:
        """Return what is wrong with asking for a URL of that target, or None: for what boot finds in sources.

        `given` are the names of the values that are handed in, None where that is not known.
        """
        try:
            found = self._found(target)
            return None if given is None else found.lacking(given)
        except ProblemError as error:
            return error.problem

    def build(self, target: Target, values: Mapping[str, Any]) -> str:
        """Return path and query, percent-encoded. Raises `ProblemError` for an unknown target or an unfit value."""
        return self.locate(target, values)[1]

    def locate(self, target: Target, values: Mapping[str, Any]) -> tuple[str | None, str]:
        """Return the host (None where the route is on every host), and path and query. Raises as `build` does."""
        return self._found(target).located(values)

    def _found(self, target: Target) -> _Address:
        asked = target if isinstance(target, str) else _identity(target)
        found = self._asked.get(asked)
        if found is None:
            found = self._asked[asked] = self._prepared(target, asked)
        return found

    def _prepared(self, target: Target, asked: Any) -> _Address:
        if self._targets is None:
            self._targets = self._by_target()  # two threads at once make the same
        found = [_Address(*route) for route in self._targets.get(asked, ())]
        if not found:
            raise ProblemError(self._unknown(target))
        different = next((other for other in found if other.written != found[0].written), None)
        if different is not None:
            raise ProblemError(_ambiguous(target, found[0], different))
        return found[0]

    def _by_target(self) -> dict[Any, list[_Route]]:
        """Return the routes of each name, and of each handler."""
        found: dict[Any, list[_Route]] = {}
        for route in self._routes:
            for target in (route[0].name, _identity(route[0].handler)):
                found.setdefault(target, []).append(route)
        return found

    def _unknown(self, target: Target) -> Problem:
        if isinstance(target, str):
            return Problem(
                what=f"a URL was asked for by the name {target!r}, and no route is called that",
                found=target,
                allowed=tuple(sorted(self.names())),
                remedy="correct the name (`newel routes` lists all of them), or hand in the handler itself",
            )
        return Problem(
            what=f"a URL was asked for by {_shown(target)}, which is the handler of no route",
            places=(place_of(target),),
            remedy="declare a route for it, and list its module under [app] routes (or include its router)",
        )


@final
class Urls:
    """Builds URLs of this application's routes, as they are reached in this request.

    `script_root` is SCRIPT_NAME as WSGI gives it (PEP 3333: bytes as Latin-1). `base` is scheme and host, known to be
    the application's own, or the empty text.

    SECURITY: the Host header is not read here; who makes a `Urls` has checked what it hands in (checklist E40).
    """

    __slots__ = ("_base", "_map", "_root")

    def __init__(self, urls: UrlMap, script_root: str = "", base: str = "") -> None:
        self._map: Final = urls
        self._root: Final = (
            quote(script_root.rstrip("/").encode("latin-1"), f"/{SAFE_IN_SEGMENT}") if script_root else ""
        )
        self._base: Final = base

    def url_for(self, target: Target, /, **values: Any) -> str:
        """Return the URL of a route, by handler or name, from the root of this host; values not in its path are query.

        The URL of a route that is declared for another host is absolute. Raises `ProblemError`.
        """
        host, path = self._map.locate(target, values)
        if host is None or host == _host_of(self._base):
            return self._root + path
        return self._absolute(target, host, path)

    def external(self, target: Target, /, **values: Any) -> str:
        """Return the absolute URL of a route: for a mail, a feed, another site. Raises `ProblemError`."""
        return self._absolute(target, *self._map.locate(target, values))

    def _absolute(self, target: Target, host: str | None, path: str) -> str:
        if not self._base:
            raise ProblemError(_no_base(target))
        base = self._base if host is None else self._base.replace(_host_of(self._base), host, 1)
        return f"{base.rstrip('/')}{self._root}{path}"


@final
class _Address:
    """How the URL of one route is written."""

    __slots__ = ("_host", "_names", "_path", "declaration", "written")

    def __init__(self, declaration: Declaration, rule: Rule, host: Rule | None) -> None:
        self.declaration: Final = declaration
        self.written: Final = (host.text if host else None, rule.text)
        self._path: Final = tuple(_writer(segment, rule) for segment in rule.segments)
        self._host: Final = _writer(host.segments[0], host) if host else None
        self._names: Final = frozenset((*(host.names if host else ()), *rule.names))

    def located(self, values: Mapping[str, Any]) -> tuple[str | None, str]:
        """Return host, and path with query."""
        missing = [name for name in self._names if values.get(name) is None]
        if missing:
            raise ProblemError(self._missing(sorted(missing), values))
        try:
            path = "".join([f"/{write(values)}" for write in self._path])
            query = "&".join(_query(values, self._names)) if len(values) > len(self._names) else ""
        except UnicodeEncodeError as error:
            raise ProblemError(self._no_unicode(error.object)) from None
        return self._host_for(values), f"{path}?{query}" if query else path

    def lacking(self, given: Collection[str]) -> Problem | None:
        """Return what is wrong where only values of these names are handed in."""
        missing = sorted(self._names.difference(given))
        return self._missing(missing, given) if missing else None

    def _host_for(self, values: Mapping[str, Any]) -> str | None:
        if self._host is None:
            return None
        host = self._host(values)
        # SECURITY: a value must not end the host's name (`evil.example/`, `x@evil.example`)
        if not all(re.fullmatch(_LABEL, label) for label in host.split(".")):
            raise ProblemError(self._no_host(host))
        return host.lower()

    def _missing(self, missing: list[str], given: Iterable[str]) -> Problem:
        others = sorted(name for name in given if name not in self._names)
        return Problem(
            what=f"the URL of {self.declaration.rule!r} was asked for without {', '.join(map(repr, missing))}",
            found=others[0] if others else "",
            allowed=tuple(self._names),
            places=(self.declaration.place,),
            remedy="hand in a value for each variable of the path",
        )

    def _no_unicode(self, text: str) -> Problem:
        return Problem(
            what=f"the URL of {self.declaration.rule!r} was asked for with {text!r}, which is half of a character",
            places=(self.declaration.place,),
            remedy="hand in text that UTF-8 can express (no lone surrogates)",
        )

    def _no_host(self, host: str) -> Problem:
        return Problem(
            what=f"the URL of {self.declaration.rule!r} would be on the host {host!r}, which is no host's name",
            places=(self.declaration.place,),
            remedy="hand in a value of letters, digits and hyphens",
        )


Write = Callable[[Mapping[str, Any]], str]
"""Writes one segment, percent-encoded."""


def _writer(segment: str | Pattern, rule: Rule) -> Write:
    """Return the function that writes a segment with the values it is given, prepared once."""
    if isinstance(segment, str):
        text = quote(segment, SAFE_IN_SEGMENT)
        return lambda values: text
    if segment.bare:
        return _writer_of_one(segment.variables[0], rule)
    return _writer_of_several(segment, rule)


def _writer_of_one(variable: Variable, rule: Rule) -> Write:
    read = variable.converter.reader()

    def write(values: Mapping[str, Any]) -> str:
        text = _text(variable, read, values, rule)
        if text in {".", ".."}:
            raise ProblemError(_unfit(variable, values[variable.name], rule))
        return quote(text, SAFE_IN_SEGMENT)

    return write


def _writer_of_several(pattern: Pattern, rule: Rule) -> Write:
    reads = [(variable, variable.converter.reader()) for variable in pattern.variables]
    cut = pattern.cutter()
    safe = f"/{SAFE_IN_SEGMENT}" if pattern.spans else SAFE_IN_SEGMENT

    def write(values: Mapping[str, Any]) -> str:
        texts = [_text(variable, read, values, rule) for variable, read in reads]
        pieces = [text for pair in zip(pattern.literals, [*texts, ""], strict=True) for text in pair]
        whole = "".join(pieces)
        if (
            not {".", ".."}.isdisjoint(whole.split("/"))
            or cut(whole) != texts
            or (pattern.slash and whole.endswith("/"))
        ):
            last = pattern.variables[-1]
            raise ProblemError(_unfit(last, values[last.name], rule))
        return quote(whole, safe)

    return write


def _text(variable: Variable, read: Read, values: Mapping[str, Any], rule: Rule) -> str:
    """Return the text of a value, after making sure that it reads as a value again."""
    value = values[variable.name]
    try:
        text = variable.converter.format(value)
    except (AttributeError, TypeError, ValueError, OverflowError):
        text = ""
    if not text or read(text) is None:
        raise ProblemError(_unfit(variable, value, rule))
    return text


def _query(values: Mapping[str, Any], without: Set[str]) -> Iterator[str]:
    """Yield `name=text` for what is not in the path; a list yields one for each of its values."""
    for name, value in values.items():
        if name in without:
            continue
        for one in value if isinstance(value, list | tuple) else (value,):
            if one is not None:
                yield f"{quote(name, safe='')}={quote(_query_text(name, one), safe='')}"


def _query_text(name: str, value: Any) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date | dt.time):  # a datetime is a date too
        return value.isoformat()
    if isinstance(value, bytes | Mapping | Set | list | tuple):
        raise ProblemError(_no_query(name, value))
    return str(value)


def _host_of(base: str) -> str:
    return re.sub(r":[0-9]*\Z", "", base.rpartition("://")[2].rstrip("/"))


def _identity(handler: Any) -> Any:
    """Return what a handler is looked up by: itself, as two bound methods of one object are equal, or its id."""
    return id(handler) if getattr(type(handler), "__hash__", None) is None else handler


def _shown(handler: object) -> str:
    return str(getattr(handler, "__qualname__", "")) or repr(handler)


def _ambiguous(target: Target, first: _Address, second: _Address) -> Problem:
    asked = f"the name {target!r}" if isinstance(target, str) else _shown(target)
    return Problem(
        what=f"a URL was asked for by {asked}, which stands for {first.declaration.rule!r} "
        f"and for {second.declaration.rule!r}",
        places=(first.declaration.place, second.declaration.place),
        remedy="give each route a name of its own (name=...), and ask by that name",
    )


def _unfit(variable: Variable, value: object, rule: Rule) -> Problem:
    return Problem(
        what=f"the URL of {rule.text!r} was asked for with {variable.name}={value!r}, which {variable.text} "
        "would not read as the same value again",
        places=(rule.place,),
        remedy="hand in a value that the rule's converter reads, or change the rule",
    )


def _no_query(name: str, value: object) -> Problem:
    return Problem(
        what=f"a URL was asked for with {name}={value!r}, and {type(value).__name__} has no form in a query",
        remedy="hand in a text, a number, a date, or a list of them",
    )


def _no_base(target: Target) -> Problem:
    asked = repr(target) if isinstance(target, str) else _shown(target)
    return Problem(
        what=f"an absolute URL of {asked} was asked for, and nothing says where this application is reached",
        remedy="ask for it in a request, or say under [app] hosts which host the application has",
    )
