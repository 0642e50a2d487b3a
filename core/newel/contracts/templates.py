"""The contract of template engines: a logical name and values become text, the same text in every engine.

The rules that every engine keeps, and that the kit (`newel.testing.templates_kit`) holds it to:

- **Names** are logical (`notices/show.html`), relative to the roots, with forward slashes; so are the names that a
  template includes, imports or inherits from. The engine finds its own file beside the name
  (`notices/show.html.jinja`). See `is_name`.
- **Escaping** is decided by the logical name's suffix when the template is compiled (`escapes`). It is the last step:
  filters and functions come before it. What a template includes, imports or inherits from must escape as it does
  itself, so that one page never escapes in two ways.
- **None** renders as nothing. An **undefined name** is an error where it is evaluated, and only there; the built-in
  functions of Python are undefined too, except those of `newel.templating.markup.FUNCTIONS`.
- **Reserved names** (`RESERVED_NAMES`) are refused as values, by every engine.
- **Ways around the escape** are refused when the template is compiled, all but the filter `safe`, which
  `Templates.unescaped` lists for `newel audit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import splitext
from typing import TYPE_CHECKING, Any, Final, Protocol, final

import msgspec

from newel.errors import nearest

if TYPE_CHECKING:
    from pathlib import Path

RESERVED_NAMES: Final = frozenset(
    {
        # Jinja2
        "self", "super", "caller", "varargs", "kwargs", "loop", "namespace", "cycler", "joiner", "lipsum",
        # Mako
        "context", "capture", "local", "next", "parent", "pageargs", "UNDEFINED", "STOP_RENDERING", "body",
    }
)  # fmt: skip
"""Names that mean something to an engine; a page that passes one as a value is refused in every engine."""

PLAIN_SUFFIXES: Final = frozenset({".txt", ".text", ".csv", ".tsv", ".md", ".ics", ".vcf"})
"""The suffixes whose templates do not escape. Every other one does, so that a suffix nobody thought of is safe."""

TemplateFunction = Callable[..., Any]


def escapes(name: str) -> bool:
    """Tell whether a template of that logical name escapes what it prints, as HTML and XML need it."""
    return splitext(name)[1].casefold() not in PLAIN_SUFFIXES


def is_name(name: str) -> bool:
    """Tell whether a text is a logical name: a relative path in one spelling, which cannot leave the roots.

    SECURITY: `..`, `.`, empty parts, absolute names, backslashes, drive letters and control characters are no names
    (checklist E58).
    """
    if not name or "\\" in name or ":" in name or not name.isprintable():
        return False
    return not any(part in {"", ".", ".."} for part in name.split("/"))


@final
class TemplateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the kernel hands to every engine: an app-scoped value that an engine's `open` asks for by type.

    roots    folders searched for a logical name, first one first: the application's before the plugins', these in
             plugin order
    names    the global functions that every page may call; the functions themselves come with the values of a page
             (they may belong to one request), under these names
    filters  filters that plugins add, by name: functions of the value and of what the template gives in parentheses
    reload   look whether files have changed (development)
    cache    a folder for compiled templates, or None to keep them in memory only
    """

    roots: tuple[Path, ...]
    names: frozenset[str] = frozenset()
    filters: Mapping[str, TemplateFunction] = {}
    reload: bool = False
    cache: Path | None = None


class Templates(Protocol):
    """One template engine. Keyed by the engine's name; asked in the order of `[use] templates`."""

    def has(self, name: str) -> bool:
        """Tell whether this engine finds a template of that logical name in its roots."""
        ...

    def find(self, name: str) -> TemplateFile | None:
        """Return what the logical name stands for in this engine, or None."""
        ...

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Render the template. Raises `TemplateNotFound`, or `TemplateError` with name, line and source."""
        ...

    def stream(self, name: str, values: Mapping[str, Any]) -> Iterator[str]:
        """Render the template piece by piece; the pieces together equal what `render` returns.

        What can be known before the first piece (a missing template, a reserved name) is raised by the call itself.
        """
        ...

    def render_text(self, source: str, values: Mapping[str, Any], *, suffix: str = ".html") -> str:
        """Render a template given as text by the *programmer*, escaped as `suffix` says.

        SECURITY: text that comes from a user is never a template: it is a value (checklist E59).
        """
        ...

    def check(self) -> list[TemplateFault]:
        """Compile every template of the roots and return what is wrong with them; empty when all is well."""
        ...

    def files(self) -> list[TemplateFile]:
        """List every template of this engine with the file that wins and the files it hides, by name."""
        ...

    def unescaped(self) -> list[TemplateNote]:
        """List every place of the templates that goes around the escape, for `newel audit`."""
        ...

    def literal_calls(self, function: str) -> list[TemplateCall]:
        """List the calls of a function whose first argument is a text, so that boot can check it (`url_for`)."""
        ...

    def reads(self, name: str) -> frozenset[str]:
        """Return the names of the values and functions that a page may read, with its layouts and what it includes.

        Pages that exist in two engines are compared by it. Raises as `render` does.
        """
        ...


@final
class TemplateFile(msgspec.Struct, frozen=True):
    """A logical name, the file that it stands for, the number of that file's root, and the files that it hides."""

    name: str
    file: str
    root: int
    hides: tuple[str, ...] = ()


@final
class TemplateFault(msgspec.Struct, frozen=True):
    """One mistake in a template file: where (line counts from 1, 0 if unknown) and what."""

    name: str
    file: str
    line: int
    message: str


@final
class TemplateNote(msgspec.Struct, frozen=True):
    """A place of a template that an audit shows: where, and what is done there."""

    name: str
    file: str
    line: int
    what: str


@final
class TemplateCall(msgspec.Struct, frozen=True):
    """A function call in a template whose first argument is written down there."""

    name: str
    file: str
    line: int
    argument: str


class TemplateNotFound(LookupError):
    """No engine has a template of that name, or it is no name at all."""

    def __init__(self, name: str, searched: Iterable[str] = (), near: Iterable[str] = ()) -> None:
        self.name: Final = name
        self.searched: Final = tuple(searched)
        self.near: Final = tuple(near)
        super().__init__(name)

    def __str__(self) -> str:
        if not is_name(self.name):
            return (
                f"{self.name!r} is no name of a template. A name is a path relative to the template folders, "
                "with forward slashes and without '..': 'notices/show.html'."
            )
        where = f"; searched: {', '.join(self.searched)}" if self.searched else ""
        near = f"; did you mean {', '.join(map(repr, self.near))}?" if self.near else ""
        return f"there is no template {self.name!r}{where}{near}"


class TemplateError(Exception):
    """A template failed while it was compiled or rendered; the engine's own exception is the cause."""

    def __init__(self, name: str, file: str, line: int, source: str, message: str) -> None:
        self.name: Final = name
        self.file: Final = file
        self.line: Final = line
        self.source: Final = source
        self.message: Final = message
        super().__init__(name, file, line, message)

    def __str__(self) -> str:
        return f"template {self.name!r}, {self.file}:{self.line}    {self.source}\n    {self.message}"


def refuse_reserved(name: str, values: Iterable[str]) -> None:
    """Raise `TemplateError` when a page is given a value under a name that an engine reserves."""
    if RESERVED_NAMES.isdisjoint(values):
        return
    taken = ", ".join(sorted(repr(value) for value in RESERVED_NAMES.intersection(values)))
    message = f"the page passes a value named {taken}, which means something to a template engine. Rename it."
    raise TemplateError(name, name, 0, "", message)


def undefined(name: str, given: Iterable[str]) -> str:
    """Return what every engine says when a template evaluates a name that the page did not pass."""
    near = nearest(name, {*given} - {name})
    return f"{name!r} is undefined" + (f"; did you mean {near!r}?" if near else "")
