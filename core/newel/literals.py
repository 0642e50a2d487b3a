"""Names that stand in the source as text are looked up while booting, so that a misspelt one is found then.

Looked at: `Redirect("name")`, and `urls.url_for("name")` and `urls.external("name")` of a parameter that is a `Urls`,
of routes; `Page("name.html")` of templates: in the handlers that are served, and in the functions of the same module
that they call. And `url_for("name")` in templates whose engine can tell.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any, Final, final

import msgspec

from newel.contracts.templates import Templates
from newel.errors import Place, Problem, code_of
from newel.results import Page, Redirect
from newel.urls import UrlMap, Urls

_METHODS: Final = frozenset({"url_for", "external"})
_CALLS: Final = _METHODS | {"Redirect", "Page"}


def problems(handlers: Iterable[Callable[..., Any]], urls: UrlMap, engines: Mapping[Any, Templates]) -> list[Problem]:
    """Return a problem for every literal name that no route, or no template, has."""
    routes, templates = frozenset(urls.names()), tuple(engines.values())
    found = [*_in_handlers(handlers)]
    found += [_Named(Redirect, *call) for engine in templates for call in _in_templates(engine)]
    wrong = [_no_route(one, routes) for one in found if one.kind is Redirect and one.name not in routes]
    if templates:  # without an engine every page is a problem of its own
        pages = [one for one in found if one.kind is Page]
        wrong += [_no_template(one, templates) for one in pages if not any(each.has(one.name) for each in templates)]
    return wrong


@final
class _Named(msgspec.Struct, frozen=True):
    """A name that stands in the source, and where: of a template (`Page`) or of a route (`Redirect`)."""

    kind: type
    name: str
    place: Place


def _in_handlers(handlers: Iterable[Callable[..., Any]]) -> Iterator[_Named]:
    """Yield the names in the source of handlers. PERF: a file is parsed only if a function of it names something."""
    found: dict[str, list[_Naming]] = {}
    for function, code in _reached(handlers):
        if _CALLS & _names(code):
            found.setdefault(code.co_filename, []).append(_Naming(function, code))
    for file, functions in sorted(found.items()):
        for call, name, line in _calls(file):
            kind = next(filter(None, (function.kind_of(call, name) for function in functions)), None)
            if kind is not None:
                yield _Named(kind, name, Place(file, line))


def _reached(handlers: Iterable[Callable[..., Any]]) -> list[tuple[Any, CodeType]]:
    """Return the functions of handlers, and those of the same module that they call, each once."""
    found: dict[CodeType, Any] = {}
    waiting = [_function(handler) for handler in handlers]
    while waiting:
        function = waiting.pop()
        code = code_of(function)
        if code is None or code in found:
            continue
        found[code] = function
        names: Mapping[str, Any] = getattr(function, "__globals__", {})
        called = (names.get(name) for name in _names(code))
        waiting += [each for each in called if isinstance(each, FunctionType) and each.__globals__ is names]
    return [(function, code) for code, function in found.items()]


def _function(handler: Any) -> Any:
    function = inspect.unwrap(getattr(handler, "func", handler))
    function = getattr(function, "__func__", function)
    return function if hasattr(function, "__code__") else type(function).__call__


def _names(code: CodeType) -> frozenset[str]:
    """Return the names that code asks for, those of the functions and comprehensions in it too."""
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return frozenset(code.co_names).union(*map(_names, inner))


@final
class _Naming:
    """A function that seems to name routes or templates: where its source is, and what its names stand for."""

    def __init__(self, function: Any, code: CodeType) -> None:
        lines = [line for _, _, line in code.co_lines() if line]
        self._lines: Final = range(code.co_firstlineno, max(lines, default=code.co_firstlineno) + 1)
        self._globals: Final[Mapping[str, Any]] = getattr(function, "__globals__", {})
        annotations = getattr(function, "__annotations__", {})
        self._urls: Final = frozenset(name for name, kind in annotations.items() if Urls.__name__ in str(kind))

    def kind_of(self, call: ast.Call, name: str) -> type | None:
        """Return what the name in a call is of, where the call is one of this function's, and of ours; else None."""
        if call.lineno not in self._lines:
            return None
        called = self._called(call.func)
        if called is Page:
            return Page
        return Redirect if called is Redirect and "/" not in name else None

    def _called(self, called: ast.expr) -> Any:
        if isinstance(called, ast.Name):
            return self._globals.get(called.id)
        if not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)):
            return None
        if called.attr in _METHODS and called.value.id in self._urls:
            return Redirect  # it takes the same names
        return getattr(self._globals.get(called.value.id), called.attr, None)


def _calls(file: str) -> Iterator[tuple[ast.Call, str, int]]:
    """Yield the calls in a file whose first argument is a text; the text, and its line."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and isinstance(first := node.args[0], ast.Constant)):
            continue
        if isinstance(first.value, str):
            yield node, first.value, first.lineno


def _in_templates(engine: Templates) -> Iterator[tuple[str, Place]]:
    for call in engine.literal_calls("url_for"):
        if call.argument and "/" not in call.argument:
            yield call.argument, Place(call.file, call.line)


def _no_route(named: _Named, known: frozenset[str]) -> Problem:
    return Problem(
        what=f"a URL is built for the route {named.name!r}, and there is none of that name.",
        found=named.name,
        allowed=tuple(known),
        places=(named.place,),
        remedy="correct the name; `newel routes` lists them all.",
    )


def _no_template(named: _Named, engines: Iterable[Templates]) -> Problem:
    return Problem(
        what=f"a page is made of the template {named.name!r}, and there is none of that name.",
        found=named.name,
        allowed=tuple(sorted({file.name for engine in engines for file in engine.files()})),
        places=(named.place,),
        remedy="correct the name, or write the template; `newel templates list` lists them all.",
    )
