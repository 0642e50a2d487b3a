"""The contract of template engines: a logical name and values become text, the same text in every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, final

import msgspec

RESERVED_NAMES: Final = frozenset(
    {
        # Jinja2
        "self", "super", "caller", "varargs", "kwargs", "loop", "namespace", "cycler", "joiner", "lipsum",
        # Mako
        "context", "capture", "local", "next", "parent", "pageargs", "UNDEFINED", "STOP_RENDERING", "body",
    }
)  # fmt: skip
"""Names that mean something to an engine; a page that passes one as a value is refused in every engine."""


@final
class TemplateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the kernel hands to every engine: an app-scoped value that an engine's `open` asks for by type.

    roots    folders searched for a logical name, first one first: the application's before the plugins', these in
             plugin order
    names    the global functions that every page may call; the functions themselves come with the values of a page
             (they may belong to one request), under these names
    reload   look whether files have changed (development)
    cache    a folder for compiled templates, or None to keep them in memory only
    """

    roots: tuple[Path, ...]
    names: frozenset[str] = frozenset()
    reload: bool = False
    cache: Path | None = None


class Templates(Protocol):
    """One template engine. Keyed by the engine's name; asked in the order of `[use] templates`.

    Names are logical (`notices/show.html`), relative to the roots, with forward slashes; the engine finds its own file
    beside it (`notices/show.html.jinja`). The logical suffix decides escaping: `.html`, `.xml`, `.svg`, `.xhtml` escape,
    others do not. `..`, absolute names, backslashes and NUL raise `TemplateNotFound`.
    """

    def has(self, name: str) -> bool:
        """Tell whether this engine finds a template of that logical name in its roots."""
        ...

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Render the template. Raises `TemplateNotFound`, or `TemplateError` with name, line and source."""
        ...

    def stream(self, name: str, values: Mapping[str, Any]) -> Iterator[str]:
        """Render the template piece by piece; the pieces together equal what `render` returns."""
        ...

    def render_text(self, source: str, values: Mapping[str, Any], *, suffix: str = ".html") -> str:
        """Render a template given as text by the *programmer*, escaped as `suffix` says.

        Text that comes from a user is never a template: it is a value.
        """
        ...

    def check(self) -> list[TemplateFault]:
        """Compile every template of the roots and return what is wrong with them; empty when all is well."""
        ...


@final
class TemplateFault(msgspec.Struct, frozen=True):
    """One mistake in a template file: where (line counts from 1, 0 if unknown) and what."""

    name: str
    file: str
    line: int
    message: str


class TemplateNotFound(LookupError):
    """No engine has a template of that name."""

    def __init__(self, name: str, searched: tuple[str, ...] = (), near: tuple[str, ...] = ()) -> None:
        self.name: Final = name
        self.searched: Final = searched
        self.near: Final = near
        super().__init__(name)


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


TemplateGlobal = Callable[..., Any]
