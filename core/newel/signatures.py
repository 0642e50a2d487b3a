"""What a function's signature says: its parameters with their annotations evaluated, and what it returns."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, FunctionType
from typing import Any, Final, final

import msgspec

from newel.errors import Problem, code_of, place_of

UNKNOWN: Final = object()
"""Stands for an annotation that was a problem already."""


@final
class Signature(msgspec.Struct, frozen=True):
    """A function's parameters with their annotations evaluated, and what it says it returns."""

    parameters: tuple[inspect.Parameter, ...]
    returns: Any


def signature_of(function: Callable[..., Any], problems: list[Problem], *, variadic: bool = False) -> Signature:
    """Read a function's signature. Annotations that cannot be evaluated are problems, and stand as `UNKNOWN`.

    `*args` and `**kwargs` are problems too, unless `variadic`, and are left out.
    """
    if (code := code_of(function)) is not None and code.co_flags & _ASYNC:
        problems.append(_asynchronous(function))
    hints = _hints(function, problems)
    parameters = []
    for parameter in _declared(function):
        if parameter.kind in _UNNAMED and not variadic and not _of_c(parameter):
            problems.append(_unnamed(function, parameter))
        if parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            parameters.append(parameter.replace(annotation=hints.get(parameter.name, parameter.annotation)))
    return Signature(tuple(parameters), hints.get("return", inspect.Signature.empty))


_ASYNC: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_VARIADIC: Final = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_UNNAMED: Final = frozenset(
    {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
)


def _of_c(parameter: inspect.Parameter) -> bool:
    """Tell whether a parameter may be passed over: as in `open=list`, it has a default and no annotation."""
    return parameter.default is not parameter.empty and parameter.annotation is parameter.empty


def _declared(function: Callable[..., Any]) -> Iterable[inspect.Parameter]:
    """Return a function's parameters: none for what C code declares nothing of (`open=dict`)."""
    if type(function) is FunctionType and _takes_nothing(function.__code__) and not hasattr(function, "__wrapped__"):
        return ()  # PERF: as most providers do; to ask `inspect` takes longer than all else here
    try:
        return inspect.signature(function).parameters.values()
    except ValueError:
        return ()


def _takes_nothing(code: CodeType) -> bool:
    return not (code.co_argcount or code.co_kwonlyargcount or code.co_flags & _VARIADIC)


def _hints(function: Callable[..., Any], problems: list[Problem]) -> dict[str, Any]:
    function = inspect.unwrap(getattr(function, "func", function))
    owner: Any = function if inspect.isroutine(function) else type(function).__call__
    if isinstance(function, type):
        owner = getattr(function, "__init__", function)
    owner = getattr(owner, "__func__", owner)
    try:
        raw = inspect.get_annotations(owner)
    except NameError as error:  # CPython 3.14 and later evaluate on this call
        problems.append(_unresolved(owner, str(error.name), "an annotation"))
        return {}
    near = _enclosed(owner)
    return {name: _evaluated(owner, name, text, near, problems) for name, text in raw.items()}


def _enclosed(owner: Any) -> dict[str, Any]:
    """Return the names that a function defined in a function sees of the outer one, as far as they are bound."""
    near: dict[str, Any] = {}
    cells = getattr(owner, "__closure__", None)
    for name, cell in zip(owner.__code__.co_freevars, cells, strict=True) if cells else ():
        with contextlib.suppress(ValueError):  # bound later
            near[name] = cell.cell_contents
    return near


def _evaluated(owner: Any, name: str, annotation: Any, near: Mapping[str, Any], problems: list[Problem]) -> Any:
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, owner.__globals__, near)  # noqa: S307  -- the programmer's own annotation
    except NameError as error:
        problems.append(_unresolved(owner, str(error.name), f"{name}: {annotation}"))
    except Exception as error:
        problems.append(
            Problem(
                what=f"{label(owner)}: the annotation {annotation!r} of {name!r} cannot be evaluated ({error!r}).",
                places=(place_of(owner),),
                remedy="correct the annotation.",
            )
        )
    return UNKNOWN


def _asynchronous(function: Any) -> Problem:
    return Problem(
        what=f"{label(function)} is asynchronous, and this application runs on WSGI, where nothing would await it.",
        places=(place_of(function),),
        remedy="write `def`, and call what is synchronous.",
    )


def _unnamed(function: Any, parameter: inspect.Parameter) -> Problem:
    positional = parameter.kind is parameter.POSITIONAL_ONLY
    why = "cannot be given by its name" if positional else "does not say what it needs"
    return Problem(
        what=f"{label(function)} takes {parameter}, which {why}.",
        places=(place_of(function),),
        remedy="name each parameter, and let none stand before a `/`.",
    )


def _unresolved(owner: Any, missing: str, shown: str) -> Problem:
    return Problem(
        what=f"{label(owner)}: {missing!r} in ({shown}) is not there when the program runs; "
        "was it imported under TYPE_CHECKING only, or defined in a function?",
        found=missing,
        allowed=tuple(name for name in owner.__globals__ if not name.startswith("_")),
        places=(place_of(owner),),
        remedy="import it at the top of the module. So that ruff leaves the import there, write in pyproject.toml: "
        '[tool.ruff.lint] extend-ignore = ["TC001", "TC002", "TC003"].',
    )


def label(function: Any) -> str:
    """Return how an error names a function: `module.name()`."""
    function = getattr(function, "func", function)
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return f"{getattr(function, '__module__', '?')}.{name}()"
