"""What is known of an error, as data: exceptions with their frames and source, the plan, the request.

For whoever writes the application, in the development profile; see `newel_essentials.development`.
SECURITY: no values of variables, and of the request nothing whose name sounds secret (checklist E72).
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, final

import msgspec

from newel.contracts.templates import TemplateError
from newel.generation import Generation
from newel.inspection import Explanation, explain
from newel.libraries import is_library
from newel.multidict import MultiDict
from newel.plan import status_of
from newel.records import Panel
from newel.request import decoded_path
from newel.scope import Scope
from newel.secret import MASK, mask, sounds_secret

AROUND: Final = 4
"""Lines shown before and after the one that ran."""

LONGEST: Final = 2000
"""Characters of one value of a request."""


@final
class Frame(msgspec.Struct, frozen=True):
    """A line that was running, with the lines around it; `first` is the number of the first of them.

    `own` says that it is the application's, or the very line that failed.
    """

    file: str
    line: int
    function: str
    module: str
    own: bool
    source: tuple[str, ...] = ()
    first: int = 1


@final
class Raised(msgspec.Struct, frozen=True):
    """One exception: its relation to the one before, class, text, notes, and frames, outermost first."""

    relation: str
    kind: str
    text: str
    notes: tuple[str, ...]
    frames: tuple[Frame, ...]


@final
class Fault(msgspec.Struct, frozen=True):
    """An error and what surrounded it. `request` holds sections: a title, and names with values as text."""

    status: int
    method: str
    path: str
    raised: tuple[Raised, ...]
    plan: Explanation | None
    request: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    panels: tuple[Panel, ...] = ()


def fault_of(error: BaseException, scope: Scope) -> Fault:
    """Gather what is known. Raises nothing because of what a client sent: what cannot be read is left out."""
    environ = scope.environ
    return Fault(
        status=status_of(error),
        method=str(environ.get("REQUEST_METHOD", "")),
        path=environ.get("SCRIPT_NAME", "") + _or_empty(lambda: decoded_path(environ)),
        raised=tuple(_chain(error)),
        plan=_plan(scope),
        request=tuple((title, pairs) for title, pairs in _request(scope) if pairs),
        panels=tuple(_panels(scope)),
    )


def summary_of(error: BaseException, scope: Scope) -> str:
    """Say in one line what answered a request with which status, and where the application was then."""
    method, path = scope.environ.get("REQUEST_METHOD", ""), _or_empty(lambda: decoded_path(scope.environ))
    raised = _raised(error, "")
    own = [frame for frame in raised.frames if not is_library(frame.file)] or raised.frames
    where = "".join(f" ({frame.file}:{frame.line} in {frame.function})" for frame in own[-1:])
    said = f"{method} {path} is answered with {status_of(error)}: {raised.kind}: {raised.text}{where}"
    return " ".join(said.split())  # a line end of a client's must not begin a line of the log


# --- exceptions -----------------------------------------------------------------------------------------------------
def _chain(error: BaseException, relation: str = "", seen: frozenset[int] = frozenset()) -> Iterator[Raised]:
    """Yield an exception, then what caused it, or what was being handled when it was raised."""
    if id(error) in seen:
        return
    seen |= {id(error)}
    yield _raised(error, relation)
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _chain(member, "one of the group", seen)
    if error.__cause__ is not None:
        yield from _chain(error.__cause__, "caused by", seen)
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _chain(error.__context__, "while handling", seen)


def _raised(error: BaseException, relation: str) -> Raised:
    module = type(error).__module__
    name = type(error).__qualname__
    return Raised(
        relation=relation,
        kind=name if module in {"builtins", "__main__"} else f"{module}.{name}",
        text=mask(_or_empty(lambda: str(error))),
        notes=tuple(mask(str(note)) for note in getattr(error, "__notes__", ())),
        frames=tuple(_frames(error)),
    )


def _frames(error: BaseException) -> Iterator[Frame]:
    walked = list(traceback.walk_tb(error.__traceback__))
    pointed = _pointed_at(error)
    for number, (frame, line) in enumerate(walked, start=1):
        code = frame.f_code
        last = number == len(walked) and pointed is None
        module = str(frame.f_globals.get("__name__", ""))
        yield _frame(code.co_filename, line, code.co_name, module, own=last or not is_library(code.co_filename))
    if pointed is not None:
        yield _frame(*pointed, "", "", own=True)


def _pointed_at(error: BaseException) -> tuple[str, int] | None:
    """Return the line that an exception itself speaks of: one that could not be compiled, one of a template."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return error.filename, error.lineno
    return (error.file, error.line) if isinstance(error, TemplateError) and error.line else None


def _frame(file: str, line: int, function: str, module: str, *, own: bool) -> Frame:
    first = max(line - AROUND, 1)
    source = tuple(text.rstrip("\n") for text in linecache.getlines(file)[first - 1 : line + AROUND]) if own else ()
    return Frame(file, line, function, module, own, source, first)


# --- plan and request -----------------------------------------------------------------------------------------------
def _plan(scope: Scope) -> Explanation | None:
    environ = scope.environ
    try:
        host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
        return explain(scope[Generation], environ["REQUEST_METHOD"], decoded_path(environ), host)
    except Exception:  # noqa: BLE001  -- a page about an error shows what it can
        return None


def _panels(scope: Scope) -> Iterator[Panel]:
    """Yield what plugins know of the request."""
    for _, call in scope[Generation].manager.callers("newel_development_panel"):
        try:
            found: list[Panel] = call(scope=scope)
        except Exception:  # noqa: BLE001, S112  -- a page about an error shows what it can
            continue
        yield from found


def _request(scope: Scope) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    request = scope.request
    yield "Path arguments", _pairs(scope.args.items)
    yield "Query", _pairs(lambda: _each(request.args))
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        yield "Form", _pairs(lambda: _each(request.form))
    if request.mimetype == "application/json":
        yield "JSON", _pairs(lambda: [("", request.json)])
    yield "Headers", _pairs(request.headers.items)
    yield "Cookies", _pairs(lambda: [(name, MASK) for name in request.cookies])


def _each(found: MultiDict[str]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in found.lists() for value in values)


def _pairs(read: Callable[[], Iterable[tuple[Any, Any]]]) -> tuple[tuple[str, str], ...]:
    """Return names and values as they may be shown; nothing where they cannot be read."""
    try:
        return tuple((str(name), _shown(str(name), value)) for name, value in read())
    except Exception:  # noqa: BLE001  -- what a client sent may be malformed
        return ()


def _shown(name: str, value: Any) -> str:
    text = masked(name, value)
    text = text if isinstance(text, str) else repr(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def masked(name: str, value: Any) -> Any:
    """Return a value of that name with everything in it hidden whose name sounds secret."""
    if sounds_secret(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(name, item) for item in value]
    return mask(value)


def _or_empty(make: Callable[[], str]) -> str:
    try:
        return make()
    except Exception:  # noqa: BLE001  -- a page about an error shows what it can
        return ""
