"""Route names that stand in the source as text are looked up while booting, so that a misspelt one is found then.

Looked at: `url_for("name")`, `external("name")` and `Redirect("name")` in the handlers that are served, and
`url_for("name")` in templates whose engine can tell.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from newel.contracts.templates import Templates
from newel.errors import Place, Problem, code_of
from newel.urls import UrlMap

_CALLS: Final = frozenset({"url_for", "external", "Redirect"})


def problems(handlers: Iterable[Callable[..., Any]], urls: UrlMap, engines: Mapping[Any, Templates]) -> list[Problem]:
    """Return a problem for every literal name that no route has."""
    known = frozenset(urls.names())
    found = [*_in_handlers(handlers)]
    found += [call for engine in engines.values() for call in _in_templates(engine)]
    return [_unknown(name, place, known) for name, place in found if name not in known]


def _in_handlers(handlers: Iterable[Callable[..., Any]]) -> Iterator[tuple[str, Place]]:
    """Yield the names in the source of handlers. PERF: a file is parsed only if one of its handlers builds a URL."""
    lines: dict[str, list[tuple[int, int]]] = {}
    for handler in handlers:
        code = code_of(handler)
        if code is not None and _CALLS & set(code.co_names):
            last = max(line for _, _, line in code.co_lines() if line)
            lines.setdefault(code.co_filename, []).append((code.co_firstlineno, last))
    for file, ranges in sorted(lines.items()):
        for name, line in _in_file(file):
            if any(first <= line <= last for first, last in ranges):
                yield name, Place(file, line)


def _in_file(file: str) -> Iterator[tuple[str, int]]:
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name_of(node.func) in _CALLS:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and "/" not in first.value:
                yield first.value, first.lineno


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


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
