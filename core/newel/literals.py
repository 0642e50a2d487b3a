"""Route names that stand in the source as text are looked up while booting, so that a misspelt one is found then.

Looked at: `Redirect("name")`, and `urls.url_for("name")` and `urls.external("name")` of a parameter that is a `Urls`,
in the handlers that are served; `url_for("name")` in templates whose engine can tell.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType
from typing import Any, Final, final

from newel.contracts.templates import Templates
from newel.errors import Place, Problem, code_of
from newel.results import Redirect
from newel.urls import UrlMap, Urls

_METHODS: Final = frozenset({"url_for", "external"})
_CALLS: Final = _METHODS | {"Redirect"}


def problems(handlers: Iterable[Callable[..., Any]], urls: UrlMap, engines: Mapping[Any, Templates]) -> list[Problem]:
    """Return a problem for every literal name that no route has."""
    known = frozenset(urls.names())
    found = [*_in_handlers(handlers)]
    found += [call for engine in engines.values() for call in _in_templates(engine)]
    return [_unknown(name, place, known) for name, place in found if name not in known]


def _in_handlers(handlers: Iterable[Callable[..., Any]]) -> Iterator[tuple[str, Place]]:
    """Yield the names in the source of handlers. PERF: a file is parsed only if one of its handlers builds a URL."""
    found: dict[str, list[_Building]] = {}
    for handler in handlers:
        function = inspect.unwrap(getattr(handler, "func", handler))
        code = code_of(function)
        if code is not None and _CALLS & set(code.co_names):
            found.setdefault(code.co_filename, []).append(_Building(function, code))
    for file, buildings in sorted(found.items()):
        for call, name, line in _calls(file):
            if any(building.makes(call) for building in buildings):
                yield name, Place(file, line)


@final
class _Building:
    """A handler that seems to build URLs: where its source is, and what its names stand for."""

    def __init__(self, function: Any, code: CodeType) -> None:
        lines = [line for _, _, line in code.co_lines() if line]
        self._lines: Final = range(code.co_firstlineno, max(lines, default=code.co_firstlineno) + 1)
        function = getattr(function, "__func__", function)
        function = function if hasattr(function, "__code__") else type(function).__call__
        self._globals: Final[Mapping[str, Any]] = getattr(function, "__globals__", {})
        annotations = getattr(function, "__annotations__", {})
        self._urls: Final = frozenset(name for name, kind in annotations.items() if Urls.__name__ in str(kind))

    def makes(self, call: ast.Call) -> bool:
        """Tell whether a call is one of this handler's, and builds a URL of ours."""
        if call.lineno not in self._lines:
            return False
        called = call.func
        if isinstance(called, ast.Name):
            return self._globals.get(called.id) is Redirect
        if not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)):
            return False
        if called.attr in _METHODS:
            return called.value.id in self._urls
        return getattr(self._globals.get(called.value.id), called.attr, None) is Redirect


def _calls(file: str) -> Iterator[tuple[ast.Call, str, int]]:
    """Yield the calls in a file whose first argument is a text that may be a route's name; the text, and its line."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and isinstance(first := node.args[0], ast.Constant)):
            continue
        if isinstance(first.value, str) and "/" not in first.value:
            yield node, first.value, first.lineno


def _in_templates(engine: Templates) -> Iterator[tuple[str, Place]]:
    for call in engine.literal_calls("url_for"):
        if call.argument and "/" not in call.argument:
            yield call.argument, Place(call.file, call.line)


def _unknown(name: str, place: Place, known: frozenset[str]) -> Problem:
    return Problem(
        what=f"a URL is built for the route {name!r}, and there is none of that name.",
        found=name,
        allowed=tuple(known),
        places=(place,),
        remedy="correct the name; `newel routes` lists them all.",
    )
