"""Routers: where an application writes down which function answers which URL.

A `Router` is a declaration. Its decorators return the handler unchanged and note a frozen `Declaration`; nothing is
looked up, compiled or checked before boot, which copies what it finds (`router.declarations()`), so that the order of
modules does not matter and every mistake is told together with the others.

After boot a router is *sealed*: a route that is added later would be ignored in silence, so it is an error instead.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, final

import msgspec

from newel.converters import Converter
from newel.errors import BootError, Place, Problem, ProblemError, SetupError, place_of_caller

Handler = TypeVar("Handler", bound=Callable[..., Any])

_USUAL: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_ALONE: Final[Mapping[frozenset[str], frozenset[str]]] = {one: one for one in (frozenset({name}) for name in _USUAL)}
"""PERF: one set serves all routes of one usual method; each of its own would hold 216 bytes."""

_METHOD: Final = r"[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*"
"""A method's name (RFC 9110, section 9.1), in upper case as all the registered ones are."""


@final
class Declaration(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One route as it was written down, its prefixes joined: what boot makes a plan of.

    `place` is the line of the decorator. `options` are the keyword arguments that are not the router's own; who knows
    them is found out at boot. `converters` are those registered on the router and on those that include it.
    """

    rule: str
    methods: frozenset[str]
    handler: Callable[..., Any]
    name: str
    place: Place
    host: str | None = None
    options: Mapping[str, Any] = {}
    converters: Mapping[str, type[Converter]] = {}


@final
class Mount(msgspec.Struct, frozen=True, eq=False):
    """A WSGI application that answers everything below a prefix that no route answers."""

    prefix: str
    app: Callable[..., Iterable[bytes]]
    place: Place


@final
class _Inclusion(msgspec.Struct, frozen=True, eq=False):
    router: Router
    prefix: str
    place: Place


class Router:
    """Routes under one prefix, and where wanted under one host, declared by decorators.

    `name` goes before the default names of its routes: `Router(name="admin")` makes `show` be called `admin.show`.
    `module` is the module that created the router: one listed under `[app] routes` serves the routers created in it.
    """

    def __init__(self, prefix: str = "", *, name: str | None = None, host: str | None = None) -> None:
        self.prefix: Final = prefix
        self.name: Final = name
        self.host: Final = host
        self.place: Final = place_of_caller()
        self.module: Final[str] = sys._getframe(1).f_globals.get("__name__", "")
        self._declarations: Final[list[Declaration]] = []
        self._inclusions: Final[list[_Inclusion]] = []
        self._mounts: Final[list[Mount]] = []
        self._converters: Final[dict[str, type[Converter]]] = {}
        self._problems: Final[list[Problem]] = []
        self._sealed: Place | None = None

    def __repr__(self) -> str:
        return f"<Router {self.name or self.prefix or '/'!r} of {self.module}, line {self.place.line}>"

    def get(
        self, path: str, *, name: str | None = None, host: str | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare the handler of GET (and so of HEAD) for a path."""
        return self._decorator(place_of_caller(), path, ("GET",), name, host, options)

    def post(
        self, path: str, *, name: str | None = None, host: str | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare the handler of POST for a path."""
        return self._decorator(place_of_caller(), path, ("POST",), name, host, options)

    def put(
        self, path: str, *, name: str | None = None, host: str | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare the handler of PUT for a path."""
        return self._decorator(place_of_caller(), path, ("PUT",), name, host, options)

    def patch(
        self, path: str, *, name: str | None = None, host: str | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare the handler of PATCH for a path."""
        return self._decorator(place_of_caller(), path, ("PATCH",), name, host, options)

    def delete(
        self, path: str, *, name: str | None = None, host: str | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare the handler of DELETE for a path."""
        return self._decorator(place_of_caller(), path, ("DELETE",), name, host, options)

    def route(
        self, path: str, *, methods: Iterable[str], name: str | None = None, host: str | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare the handler of several methods for a path."""
        return self._decorator(place_of_caller(), path, methods, name, host, options)

    def include(self, other: Router, prefix: str = "") -> None:
        """Serve another router's routes and mounts too, below a prefix (and below this router's own)."""
        place = place_of_caller()
        self._refuse_if_sealed("include", place)
        self._inclusions.append(_Inclusion(other, prefix, place))

    def mount(self, prefix: str, wsgi_app: Callable[..., Iterable[bytes]]) -> None:
        """Hand what is below a prefix, and no route's, to a WSGI application."""
        place = place_of_caller()
        self._refuse_if_sealed("mount", place)
        self._mounts.append(Mount(prefix, wsgi_app, place))

    def converter(self, name: str, cls: type[Converter]) -> None:
        """Let this router's rules, and those of the routers it includes, say `<name:variable>`."""
        place = place_of_caller()
        self._refuse_if_sealed("converter", place)
        if not _is_converter(cls):
            self._problems.append(_no_converter(name, cls, place))
            return
        self._converters[name] = cls

    def declarations(self) -> tuple[Declaration, ...]:
        """Return all routes, in the order of writing, those of included routers after the router's own.

        Raises `BootError` with everything that is wrong with how the routers were put together.
        """
        return _Flat(self).declarations

    def mounts(self) -> tuple[Mount, ...]:
        """Return all mounts with their whole prefixes. Raises `BootError` as `declarations` does."""
        return _Flat(self).mounts

    def seal(self, place: Place) -> None:
        """Refuse everything that is added from now on; boot says so, and where it began.

        What was declared stays as it is, so another application may boot from the same router.
        """
        for router in reachable(self):
            router._sealed = place

    def unseal(self) -> None:
        """Allow additions again: for tests, which start many applications in one process."""
        for router in reachable(self):
            router._sealed = None

    def _decorator(
        self,
        place: Place,
        path: str,
        methods: Iterable[str],
        name: str | None,
        host: str | None,
        options: Mapping[str, Any],
    ) -> Callable[[Handler], Handler]:
        self._refuse_if_sealed("route", place)
        if not isinstance(path, str):
            raise ProblemError(_no_path(path, place))
        wanted = self._checked_methods(methods, place)

        def declare(handler: Handler) -> Handler:
            self._refuse_if_sealed("route", place)
            self._declarations.append(
                Declaration(
                    rule=path,
                    methods=wanted,
                    handler=handler,
                    name=name or self._default_name(handler),
                    place=place,
                    host=host,
                    options=options,
                )
            )
            return handler

        return declare

    def _default_name(self, handler: object) -> str:
        function = getattr(handler, "func", handler)
        own = getattr(function, "__name__", None) or type(function).__name__
        return f"{self.name}.{own}" if self.name else own

    def _checked_methods(self, methods: Iterable[str], place: Place) -> frozenset[str]:
        listed = [] if isinstance(methods, str) else [str(method).upper() for method in methods]
        wrong = sorted(method for method in listed if method not in _USUAL and not re.fullmatch(_METHOD, method))
        if wrong or not listed:
            self._problems.append(_bad_methods(methods, wrong, place))
        checked = frozenset(listed)
        return _ALONE.get(checked, checked)

    def _refuse_if_sealed(self, what: str, place: Place) -> None:
        if self._sealed is not None:
            raise SetupError(_too_late(self, what, place, self._sealed))


@final
class _Flat:
    """A router and all that it includes, laid out with whole prefixes."""

    def __init__(self, router: Router) -> None:
        self._found: Final[list[Declaration]] = []
        self._mounted: Final[list[Mount]] = []
        self._problems: Final[list[Problem]] = []
        self._add(router, "", None, {}, ())
        if self._problems:
            raise BootError(dict.fromkeys(self._problems))

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return tuple(self._found)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        return tuple(self._mounted)

    def _add(
        self,
        router: Router,
        prefix: str,
        host: str | None,
        converters: Mapping[str, type[Converter]],
        around: tuple[_Inclusion, ...],
    ) -> None:
        self._problems.extend(router._problems)
        prefix = self._joined(prefix, router.prefix, router.place)
        host = router.host or host
        converters = {**converters, **router._converters}
        for declaration in router._declarations:
            rule = self._joined(prefix, declaration.rule, declaration.place) or "/"
            self._found.append(
                msgspec.structs.replace(declaration, rule=rule, host=declaration.host or host, converters=converters)
            )
        for mount in router._mounts:
            whole = self._joined(prefix, mount.prefix, mount.place).rstrip("/")
            self._mounted.append(Mount(whole, mount.app, mount.place))
        for inclusion in router._inclusions:
            self._include(inclusion, prefix, host, converters, around)

    def _include(
        self,
        inclusion: _Inclusion,
        prefix: str,
        host: str | None,
        converters: Mapping[str, type[Converter]],
        around: tuple[_Inclusion, ...],
    ) -> None:
        path = (*around, inclusion)
        first = next((at for at, outer in enumerate(around) if outer.router is inclusion.router), None)
        if first is not None:
            self._problems.append(_cycle(path[first + 1 :]))
            return
        prefix = self._joined(prefix, inclusion.prefix, inclusion.place)
        self._add(inclusion.router, prefix, host, converters, path)

    def _joined(self, prefix: str, path: str, place: Place) -> str:
        if not path:
            return prefix
        if not path.startswith("/"):
            self._problems.append(_no_slash(path, place))
        return prefix.rstrip("/") + path


def mount_problems(mounts: Iterable[Mount]) -> list[Problem]:
    """Return what is wrong with all mounts of an application taken together: variables, and a prefix used twice."""
    problems: list[Problem] = []
    known: dict[str, Mount] = {}
    for mount in mounts:
        if "<" in mount.prefix:
            problems.append(_variable_in_mount(mount))
        other = known.setdefault(mount.prefix, mount)
        if other is not mount:
            problems.append(_same_mount(other, mount))
    return problems


def _is_converter(cls: object) -> bool:
    return isinstance(cls, type) and issubclass(cls, Converter)


def outermost(routers: Iterable[Router]) -> list[Router]:
    """Return the routers without those that others of them include: such a one is served where it is included.

    Routers that only include each other stay: what is wrong with them is told when they are read.
    """
    given = list(dict.fromkeys(routers))
    included = {inclusion.router for router in given for inclusion in router._inclusions}
    served = {each for router in given if router not in included for each in reachable(router)}
    return [router for router in given if router not in included or router not in served]


def reachable(router: Router) -> list[Router]:
    """Return a router and all that it includes, each once, the nearest first."""
    found = [router]
    for current in found:  # it grows
        found += dict.fromkeys(one.router for one in current._inclusions if one.router not in found)
    return found


def _no_path(path: object, place: Place) -> Problem:
    return Problem(
        what=f"a route was declared without a path: the decorator was given {path!r}",
        places=(place,),
        remedy='write the path in brackets after the decorator\'s name: @router.get("/")',
    )


def _no_slash(path: str, place: Place) -> Problem:
    return Problem(
        what=f"the path {path!r} does not begin with a slash",
        places=(place,),
        remedy=f"write {'/' + path!r}",
    )


def _bad_methods(methods: object, wrong: list[str], place: Place) -> Problem:
    return Problem(
        what=f"a route was declared with methods={methods!r}",
        found=wrong[0] if wrong else "",
        allowed=tuple(_USUAL),
        places=(place,),
        remedy='give a list of the names of HTTP methods: methods=["GET", "POST"]',
    )


def _no_converter(name: str, cls: object, place: Place) -> Problem:
    return Problem(
        what=f"{cls!r} was registered as the converter {name!r}, and is no subclass of newel.Converter",
        places=(place,),
        remedy="register a class derived from Converter (the class, not an instance of it)",
    )


def _cycle(inclusions: tuple[_Inclusion, ...]) -> Problem:
    members = " includes ".join(repr(inclusion.router) for inclusion in (inclusions[-1], *inclusions))
    return Problem(
        what=f"routers include each other: {members}",
        places=tuple(inclusion.place for inclusion in inclusions),
        remedy="take one of these include() calls away",
    )


def _variable_in_mount(mount: Mount) -> Problem:
    return Problem(
        what=f"the mount {mount.prefix!r} has a variable in its prefix; a mount is a fixed place",
        places=(mount.place,),
        remedy="mount the application below a plain path",
    )


def _same_mount(first: Mount, second: Mount) -> Problem:
    return Problem(
        what=f"two applications are mounted at {first.prefix or '/'!r}",
        places=(first.place, second.place),
        remedy="mount one of them elsewhere, or take it away",
    )


def _too_late(router: Router, what: str, place: Place, sealed: Place) -> Problem:
    return Problem(
        what=f"router.{what} was called on {router!r} after the application had started; it would have no effect",
        places=(place, sealed),
        remedy="move it to a module that is imported before the application starts: one listed under [app] routes, "
        "or one that such a module imports",
    )
