"""The errors of the kernel, and how a mistake is told.

```
NewelError
├── BootError             everything wrong that boot found, as Problems
├── ProblemError          one Problem met after boot (a misspelt name at the first call)
│   └── SetupError        something was set up after the application had started
└── HTTPError             an HTTP status, raised where a handler cannot go on
```

A mistake is a `Problem`: what was attempted, what was found, what is allowed, where, and what to do. It is data; the
text, with the nearest match and the source lines, is made when it is printed.
"""

from __future__ import annotations

import functools
import importlib
import linecache
import sys
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any, ClassVar, Final, TypeVar

import msgspec

from newel.statuses import PHRASES

MAX_SHOWN: Final = 12
"""How many allowed names an error lists before it says how many more there are."""


Initialise = TypeVar("Initialise", bound=Any)


class Place(msgspec.Struct, frozen=True):
    """A line of a file: where something was written down.

    `line` counts from 1; 0 stands for the file as a whole. `text` is shown instead of the file's own line where the
    place is no line of a file (an environment variable, an argument).
    """

    file: str
    line: int = 0
    text: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        shown = self.text or (linecache.getline(self.file, self.line).strip() if self.line else "")
        return f"{where}    {shown}" if shown else where


def place_of(thing: object) -> Place:
    """Return where a function, class, method, partial or module was defined, as well as it can be told."""
    while (wrapped := getattr(thing, "__wrapped__", None) or getattr(thing, "func", None)) is not None:
        thing = wrapped
    thing = getattr(thing, "__func__", thing)
    code = getattr(thing, "__code__", None)
    if code is not None:
        return Place(code.co_filename, _line_of_def(code.co_filename, code.co_firstlineno))
    if isinstance(thing, type):
        return _place_of_class(thing)
    file = getattr(thing, "__file__", None)
    return Place(file) if file else _place_of_class(type(thing))


def _line_of_def(file: str, first: int) -> int:
    """Return the line that says `def` or `class`, below the decorators that it begins with."""
    for number, text in enumerate(linecache.getlines(file)[first - 1 :], start=first):
        if text.lstrip().startswith(("def ", "async def ", "class ")) or "lambda" in text:
            return number
        if not text.strip():
            break
    return first


def _place_of_class(cls: type) -> Place:
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None) or cls.__module__
    line = getattr(cls, "__firstlineno__", 0)  # CPython 3.13 and later
    if line:
        line = _line_of_def(file, line)
    else:
        for number, text in enumerate(linecache.getlines(file), start=1):
            if text.lstrip().startswith((f"class {cls.__name__}(", f"class {cls.__name__}:")):
                line = number
                break
    return Place(file, line)


def place_of_caller(depth: int = 1) -> Place:
    """Return the line that called the function that calls this one (`depth` 1), or a caller further out."""
    frame = sys._getframe(depth + 1)
    return Place(frame.f_code.co_filename, frame.f_lineno)


def code_of(function: Any) -> CodeType | None:
    """Return the code that runs when a function, method, partial or callable object is called, where it is Python's."""
    function = getattr(function, "func", function)
    function = getattr(function, "__func__", function)
    if not hasattr(function, "__code__"):
        holder, name = (function, "__init__") if isinstance(function, type) else (type(function), "__call__")
        function = getattr(holder, name, None)
    return getattr(function, "__code__", None)


Owners = Mapping[CodeType, tuple[str, str]]
"""Functions that plugins brought: code, plugin and hook."""


def accuse(error: BaseException, owners: Owners) -> None:
    """Let an error that came out of a plugin's function name the plugin and the hook.

    PERF: looks at the traceback of an error that happened, so that nothing is wrapped before.
    """
    trace, accused = error.__traceback__, None
    while trace is not None:
        accused = owners.get(trace.tb_frame.f_code, accused)
        trace = trace.tb_next
    if accused is not None:
        error.add_note(f"in plugin {accused[0]!r}, {accused[1]}")


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that a misspelt one most likely meant, or None. The one did-you-mean of the project."""
    candidates = sorted(allowed)
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    if name.casefold() in folded:
        return folded[name.casefold()]
    difflib = importlib.import_module("difflib")  # PERF: only somebody who misspelt pays for it
    close: list[str] = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return close[0] if close else None


def keywords_told(initialise: Initialise) -> Initialise:
    """Let a misspelt keyword argument of a constructor be told as any other mistake, with the nearest name."""
    code = initialise.__code__
    allowed = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(initialise)
    def told(self: Any, *arguments: Any, **named: Any) -> None:
        if unknown := [name for name in named if name not in allowed]:
            place = place_of_caller()
            raise BootError([_unknown_keyword(type(self).__name__, name, allowed, place) for name in unknown])
        initialise(self, *arguments, **named)

    return told  # type: ignore[return-value]


def _unknown_keyword(owner: str, name: str, allowed: tuple[str, ...], place: Place) -> Problem:
    return Problem(
        what=f"{owner}(...) was given {name!r}, which it does not take.",
        found=name,
        allowed=allowed,
        places=(place,),
        remedy="correct the name.",
    )


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake, told so that it can be mended without looking anything up.

    `what` is a sentence: what was attempted and what was found. `found` is the offending name, compared with `allowed`
    for a nearest match. `places` are the lines to look at, both sides of a conflict. `remedy` says what to do.
    """

    what: str
    remedy: str
    found: str = ""
    allowed: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"    at {place}" for place in self.places]
        if self.allowed:
            lines.append(f"    allowed: {_listed(self.allowed)}")
        if self.found and (near := nearest(self.found, self.allowed)):
            lines.append(f"    did you mean {near!r}?")
        lines.append(f"    to do: {self.remedy}")
        return "\n".join(lines)


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(set(names))
    more = len(ordered) - MAX_SHOWN
    shown = ", ".join(ordered[:MAX_SHOWN])
    return f"{shown}, and {more} more" if more > 0 else shown


class NewelError(Exception):
    """The base of every error that Newel raises by itself.

    `circumstance` says that no code is at fault: a command tells such an error by its text, without a traceback.
    """

    circumstance: ClassVar[bool] = False


class BootError(NewelError):
    """Everything that was found wrong before the application could serve, all at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Final = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        title = f"the application cannot start: {count} problem{'s' if count != 1 else ''}"
        return "\n\n".join([title, *(f"{number}. {problem}" for number, problem in enumerate(self.problems, start=1))])


class ProblemError(NewelError):
    """A mistake that only shows when the code runs, told as boot would have told it."""

    def __init__(self, problem: Problem) -> None:
        self.problem: Final = problem
        super().__init__(problem)

    def __str__(self) -> str:
        return str(self.problem)


class SetupError(ProblemError):
    """Something that belongs to setting up was done after the application had started."""


class HTTPError(NewelError):
    """An HTTP status that ends the request: `raise HTTPError(404)`.

    `detail` is shown to whoever asked, so it must hold nothing that is not theirs to see. `extensions` become members
    of a problem+json body (RFC 9457, section 3.2).
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        self.http_status: Final = int(status)
        self.detail: Final = detail
        self.headers: Final[Mapping[str, str]] = headers or {}
        self.extensions: Final = extensions

    def __str__(self) -> str:
        title = f"{self.http_status} {PHRASES.get(self.http_status, 'Error')}"
        return f"{title}: {self.detail}" if self.detail else title
