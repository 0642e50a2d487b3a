"""Links and pages that stand in the source are looked at while booting, so that a misspelt one is found then.

Looked at: the route and the names of the values in `Redirect(...)`, and in `urls.url_for(...)` and `urls.external(...)`
of a parameter that is a `Urls`; the template in `Page(...)`: in the handlers that are served, and in the functions of
the same module that they call. And `url_for("name")` in templates whose engine can tell.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any, Final, final

import msgspec

from newel.contracts.templates import Templates
from newel.errors import Place, Problem, code_of
from newel.results import Page, Redirect
from newel.urls import UrlMap, Urls

_METHODS: Final = frozenset({"url_for", "external"})
_KINDS: Final = (Page, Redirect)
_CALLS: Final = _METHODS | {kind.__name__ for kind in _KINDS}


def problems(handlers: Iterable[Callable[..., Any]], urls: UrlMap, engines: Mapping[Any, Templates]) -> list[Problem]:
    """Return a problem for every link that leads nowhere, and for every page whose template is not there."""
    templates = tuple(engines.values())
    found = [*_in_handlers(handlers)]
    found += [one for engine in templates for one in _in_templates(engine)]
    return [problem for one in found if (problem := _problem(one, urls, templates)) is not None]


def _problem(made: _Made, urls: UrlMap, engines: Sequence[Templates]) -> Problem | None:
    if made.kind is Redirect:
        problem = urls.check(made.of, made.given)
        return problem and msgspec.structs.replace(problem, places=(made.place, *problem.places))
    if not engines or any(engine.has(made.of) for engine in engines):  # without an engine a page is another problem
        return None
    return _no_template(made, engines)


@final
class _Made(msgspec.Struct, frozen=True):
    """A page or a link that stands in the source: `Page` or `Redirect` (and whatever else makes a URL).

    `of` is a name, or of a link the handler; `given` are the names of its values, None where they are not written down.
    """

    kind: type
    of: Any
    given: frozenset[str] | None
    place: Place


def _in_handlers(handlers: Iterable[Callable[..., Any]]) -> Iterator[_Made]:
    """Yield what the source of handlers makes. PERF: a file is parsed only if a function of it makes something."""
    found: dict[str, list[_Function]] = {}
    for function, code, names in _reached(handlers):
        known = getattr(function, "__globals__", {})
        if _CALLS & names or any(known.get(name) is kind for name in names for kind in _KINDS):
            found.setdefault(code.co_filename, []).append(_Function(function, code))
    for file, functions in sorted(found.items()):
        for call in _calls(file):
            yield from next(filter(None, (function.made(call) for function in functions)), ())


def _reached(handlers: Iterable[Callable[..., Any]]) -> Iterator[tuple[Any, CodeType, frozenset[str]]]:
    """Yield the functions of handlers, and those of the same module that they call, each once; their code and names."""
    seen: set[tuple[str, CodeType]] = set()
    waiting = [_function(handler) for handler in handlers]
    while waiting:
        function = waiting.pop()
        code = code_of(function)
        if code is None or (code.co_filename, code) in seen:  # code is equal in the copy of a file
            continue
        seen.add((code.co_filename, code))
        names = _names(code)
        yield function, code, names
        known: Mapping[str, Any] = getattr(function, "__globals__", {})
        called = (known.get(name) for name in names)
        waiting += [each for each in called if isinstance(each, FunctionType) and each.__globals__ is known]


def _function(handler: Any) -> Any:
    function = inspect.unwrap(getattr(handler, "func", handler))
    function = getattr(function, "__func__", function)
    return function if hasattr(function, "__code__") else type(function).__call__


def _names(code: CodeType) -> frozenset[str]:
    """Return the names that code asks for, those of the functions and comprehensions in it too."""
    return frozenset(name for each in _codes(code) for name in each.co_names)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


@final
class _Function:
    """A function that seems to make links or pages: where its source is, and what its names stand for."""

    def __init__(self, function: Any, code: CodeType) -> None:
        lines = [line for _, _, line in code.co_lines() if line]
        self._file: Final = code.co_filename
        self._lines: Final = range(code.co_firstlineno, max(lines, default=code.co_firstlineno) + 1)
        self._globals: Final[Mapping[str, Any]] = getattr(function, "__globals__", {})
        self._locals: Final = frozenset(
            name for each in _codes(code) for name in (*each.co_varnames, *each.co_cellvars, *each.co_freevars)
        )
        annotations = getattr(function, "__annotations__", {})
        self._urls: Final = frozenset(name for name, kind in annotations.items() if Urls.__name__ in str(kind))

    def made(self, call: ast.Call) -> tuple[_Made, ...]:
        """Return what a call makes, where it is one of this function's, and one of ours."""
        if call.lineno not in self._lines:
            return ()
        kind, of = self._called(call.func), self._value(call.args[0])
        place = Place(self._file, call.args[0].lineno)
        if kind is Page and isinstance(of, str):
            return (_Made(kind, of, None, place),)
        if kind is Redirect and (isinstance(of, FunctionType) or (isinstance(of, str) and "/" not in of)):
            return (_Made(kind, of, _given(call), place),)
        return ()

    def _called(self, called: ast.expr) -> Any:
        if isinstance(called, ast.Attribute) and called.attr in _METHODS:
            by_parameter = isinstance(called.value, ast.Name) and called.value.id in self._urls
            return Redirect if by_parameter else None  # it takes the same
        return self._value(called)

    def _value(self, expression: ast.expr) -> Any:
        """Return what an expression stands for: a text, a name of the module, an attribute of one; else None."""
        if isinstance(expression, ast.Constant):
            return expression.value
        if isinstance(expression, ast.Name):
            return None if expression.id in self._locals else self._globals.get(expression.id)
        if isinstance(expression, ast.Attribute) and isinstance(expression.value, ast.Name):
            return getattr(self._value(expression.value), expression.attr, None)
        return None


def _given(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name is not None)


def _calls(file: str) -> Iterator[ast.Call]:
    """Yield the calls in a file that have an argument."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)


def _in_templates(engine: Templates) -> Iterator[_Made]:
    for call in engine.literal_calls("url_for"):
        if call.argument and "/" not in call.argument:
            yield _Made(Redirect, call.argument, None, Place(call.file, call.line))


def _no_template(made: _Made, engines: Iterable[Templates]) -> Problem:
    return Problem(
        what=f"a page is made of the template {made.of!r}, and there is none of that name.",
        found=made.of,
        allowed=tuple(sorted({file.name for engine in engines for file in engine.files()})),
        places=(made.place,),
        remedy="correct the name, or write the template; `newel templates list` lists them all.",
    )
