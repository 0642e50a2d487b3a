"""Route names that stand in the source as text are looked up while booting, so that a misspelt one is found then.

Looked at: `url_for("name")`, `external("name")` and `Redirect("name")` in the modules that declare routes, and
`url_for("name")` in templates whose engine can tell.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from newel.errors import Place, Problem
from newel.router import Router
from newel.urls import UrlMap

_CALLS: Final = frozenset({"url_for", "external", "Redirect"})


def problems(routers: Iterable[Router], urls: UrlMap, engines: Mapping[Any, Any]) -> list[Problem]:
    """Return a problem for every literal name that no route has."""
    known = frozenset(urls.names())
    modules = sorted({router.module for router in routers})
    found = [call for module in modules for call in _in_module(module)]
    found += [call for engine in engines.values() for call in _in_templates(engine)]
    return [_unknown(name, place, known) for name, place in found if name not in known]


def _in_module(module: str) -> Iterator[tuple[str, Place]]:
    file = getattr(sys.modules.get(module), "__file__", None)
    if not file or not _mentions(sys.modules[module]):
        return
    for node in ast.walk(ast.parse(Path(file).read_bytes())):
        if isinstance(node, ast.Call) and node.args and _name_of(node.func) in _CALLS:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and "/" not in first.value:
                yield first.value, Place(file, first.lineno)


def _mentions(module: Any) -> bool:
    """Tell cheaply whether parsing the source is worth it. PERF: most one-file applications never build a URL."""
    codes = [code for value in vars(module).values() if (code := getattr(value, "__code__", None)) is not None]
    return any(_CALLS & set(code.co_names) for code in codes)


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _in_templates(engine: Any) -> Iterator[tuple[str, Place]]:
    tell = getattr(engine, "literal_calls", None)
    for _, file, line, name in tell("url_for") if tell is not None else ():
        if name and "/" not in name:
            yield name, Place(file, line)


def _unknown(name: str, place: Place, known: frozenset[str]) -> Problem:
    return Problem(
        what=f"a URL is built for the route {name!r}, and there is none of that name.",
        found=name,
        allowed=tuple(known),
        places=(place,),
        remedy="correct the name; `newel routes` lists them all.",
    )
