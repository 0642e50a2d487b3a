"""The base of template engines: everything of the contract but the language itself.

A subclass names its `extension` and says how a source is compiled and run. It finds names, loads each template once
(again when it changed, where `reload` asks for it), tells errors in the template's own lines, and checks them all.
"""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType
from typing import Any, ClassVar, Final, Generic, NoReturn, TypeVar

from newel.contracts.templates import (
    RESERVED_NAMES,
    TemplateCall,
    TemplateError,
    TemplateFault,
    TemplateFile,
    TemplateNote,
    TemplateNotFound,
    TemplateSettings,
    escapes,
    refuse_reserved,
)
from newel.errors import Problem, SetupError, place_of
from newel.templating.code import CodeFolder, innermost
from newel.templating.files import Source, Stamp, TemplateFiles, as_source
from newel.templating.markup import HTML_FILTERS, SAFE
from newel.templating.outline import Outline, Reference

Compiled = TypeVar("Compiled")

PIECE: Final = 16 * 1024
"""How many characters a streamed piece has, about."""

MAX_TEXTS: Final = 128
"""How many templates given as text stay compiled."""


class TemplateEngine(ABC, Generic[Compiled]):
    """One engine over the roots of its settings. Safe to use from several threads."""

    extension: ClassVar[str]
    """What the engine's files add to the logical name: `.jinja`."""

    version: ClassVar[str] = ""
    """What compiled code depends on beside the template and the filters: the engine's version, the plugin's."""

    def __init__(self, settings: TemplateSettings) -> None:
        _check_settings(settings)
        self.settings: Final = settings
        salt = f"{self.extension} {self.version} {sorted(settings.filters)}"
        self._folder: Final = CodeFolder(settings.cache, salt) if settings.cache else None
        self._files: Final = TemplateFiles(settings.roots, self.extension)
        self._loaded: Final[dict[str, tuple[Compiled, Stamp | None]]] = {}
        self._texts: Final[dict[tuple[str, str], tuple[Compiled, Source]]] = {}
        self._sources: Final[dict[str, Source]] = {}
        self._outlined: Final[dict[str, tuple[Source, Outline]]] = {}
        self._lock: Final = threading.RLock()

    # --- what an engine brings ----------------------------------------------------------------------------------------

    @abstractmethod
    def compile(self, source: Source) -> Compiled:
        """Compile a template. Raises `TemplateError` (by `source.error`) for what is wrong with it."""

    @abstractmethod
    def run(self, compiled: Compiled, values: Mapping[str, Any]) -> str:
        """Return the text of a template."""

    def pieces(self, compiled: Compiled, values: Mapping[str, Any]) -> Iterator[str]:
        """Give the text of a template piece by piece, as it comes about."""
        yield self.run(compiled, values)

    def outline(self, source: Source) -> Outline:
        """Read what is written down in a template. Raises `TemplateError` as `compile` does."""
        return Outline()

    def explain(self, error: Exception, values: Mapping[str, Any]) -> str:
        """Say in one line what an exception that left a template means."""
        return f"{type(error).__name__}: {error}"

    # --- the contract -------------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Tell whether the engine finds a template of that logical name in its roots."""
        return (not self.settings.reload and name in self._loaded) or self._files.find(name) is not None

    def find(self, name: str) -> TemplateFile | None:
        """Return what the logical name stands for in this engine, or None."""
        return self._files.found(name)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Render the template."""
        refuse_reserved(name, values)
        return self._run(self.load(name), name, values)

    def stream(self, name: str, values: Mapping[str, Any]) -> Iterator[str]:
        """Render the template piece by piece."""
        refuse_reserved(name, values)
        return self._stream(self.load(name), name, values)

    def render_text(self, source: str, values: Mapping[str, Any], *, suffix: str = ".html") -> str:
        """Render a template given as text by the programmer, escaped as `suffix` says."""
        name = f"<text>{suffix}"
        refuse_reserved(name, values)
        return self._run(self._load_text(source, name), name, values)

    def files(self) -> list[TemplateFile]:
        """List every template with the file that wins and the files it hides, by name."""
        return self._files.all()

    def check(self) -> list[TemplateFault]:
        """Compile every template of the roots and return what is wrong with them."""
        faults = []
        for file in self.files():
            try:
                self.load(file.name)
                source = self._files.read(file.name)
                for reference in self._outline(source).references:
                    if message := self._wrong(reference, source):
                        raise source.error(reference.line, message)
            except TemplateError as error:
                faults.append(TemplateFault(file.name, error.file, error.line, error.message))
        return faults

    def unescaped(self) -> list[TemplateNote]:
        """List every place of the templates that goes around the escape."""
        return [
            TemplateNote(source.name, source.file, bypass.line, bypass.what)
            for source, outline in self._outlines(SAFE)
            for bypass in outline.bypasses
        ]

    def literal_calls(self, function: str) -> list[TemplateCall]:
        """List the calls of a function whose first argument is a text."""
        return [
            TemplateCall(source.name, source.file, call.line, call.argument)
            for source, outline in self._outlines(function)
            for call in outline.calls
            if call.function == function
        ]

    def reads(self, name: str) -> frozenset[str]:
        """Return the names of the values and functions that a page may read, with its layouts and what it includes."""
        names: set[str] = set()
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            asked = waiting.pop()
            if asked not in seen:
                seen.add(asked)
                outline = self._outline(self._files.read(asked))
                names |= outline.reads
                waiting += [ref for reference in outline.references for ref in reference.names if self.has(ref)]
        return frozenset(names)

    # --- loading ------------------------------------------------------------------------------------------------------

    def load(self, name: str, of: str | None = None) -> Compiled:
        """Return the compiled template of a name; `of` is the template that includes, imports or inherits from it."""
        if of is not None:
            refuse_mixed(name, of)
        loaded = self._loaded.get(name)
        if loaded is not None and (not self.settings.reload or loaded[1] == self._files.stamp(name)):
            return loaded[0]
        return self._load(name)

    def not_found(self, error: TemplateNotFound) -> str:
        """Say in one line why a template that another one asks for is not there."""
        foreign = self._files.foreign(error.name)
        return f"{error.name!r} is a template of another engine ({foreign}): {_ONE_ENGINE}" if foreign else str(error)

    def _load(self, name: str) -> Compiled:
        with self._lock:
            stamp = self._files.stamp(name)
            loaded = self._loaded.get(name)
            if loaded is not None and loaded[1] == stamp:
                return loaded[0]
            source = self._files.read(name)
            compiled = self._compile(source)
            self._loaded[name] = compiled, stamp
            return compiled

    def _load_text(self, text: str, name: str) -> Compiled:
        known = self._texts.get((text, name))
        if known is not None:
            return known[0]
        with self._lock:
            source = as_source(name, f"{name} {hash(text) & 0xFFFFFFFF:x}", text)
            compiled = self._compile(source)
            while len(self._texts) >= MAX_TEXTS:
                _, oldest = self._texts.pop(next(iter(self._texts)))
                self._sources.pop(oldest.file, None)
            self._texts[text, name] = compiled, source
            return compiled

    def _compile(self, source: Source) -> Compiled:
        self._sources[source.file] = source
        try:
            return self.compile(source)
        except TemplateError:
            raise
        except Exception as error:
            raise source.error(0, self.explain(error, {})) from error

    def code_of(self, source: Source, translate: Callable[[Source], CodeType]) -> CodeType:
        """Return the code of a template: translated, or as the folder of compiled templates kept it."""
        if self._folder is None or source.name.startswith("<"):
            return translate(source)
        return self._folder.code(source, translate)

    # --- rendering ----------------------------------------------------------------------------------------------------

    def _run(self, compiled: Compiled, name: str, values: Mapping[str, Any]) -> str:
        try:
            return self.run(compiled, values)
        except Exception as error:  # noqa: BLE001 - told again as what the contract names
            self._fail(name, error, values)

    def _stream(self, compiled: Compiled, name: str, values: Mapping[str, Any]) -> Iterator[str]:
        try:
            yield from self.pieces(compiled, values)
        except Exception as error:  # noqa: BLE001 - told again as what the contract names
            self._fail(name, error, values)

    def _fail(self, name: str, error: Exception, values: Mapping[str, Any]) -> NoReturn:
        """Raise what the contract names, with the exception as its cause.

        An exception with an `http_status` is an answer (`HTTPError`), not a failure of the template: it stays itself.
        """
        if hasattr(error, "http_status"):
            raise error
        if isinstance(error, TemplateError) and error.line:
            raise error
        source, line = innermost(error.__traceback__, self._sources.get) or (None, 0)
        message = error.message if isinstance(error, TemplateError) else self.explain(error, values)
        if source is None:
            raise TemplateError(name, name, 0, "", message) from error
        raise source.error(line, message) from error

    # --- checking -----------------------------------------------------------------------------------------------------

    def _outlines(self, word: str) -> Iterator[tuple[Source, Outline]]:
        """Read every template that has a word in its text. One that is wrong is left to `check`."""
        for file in self.files():
            with contextlib.suppress(TemplateError):
                source = self._files.read(file.name)
                if word in source.text:
                    yield source, self._outline(source)

    def _outline(self, source: Source) -> Outline:
        """Read a template once, as long as its text stays the same. Raises as `outline` does."""
        known = self._outlined.get(source.file)
        if known is None or known[0] != source:
            known = self._outlined[source.file] = source, self.outline(source)
        return known[1]

    def _wrong(self, reference: Reference, source: Source) -> str:
        """Say what is wrong with a reference, or nothing."""
        names = [name for name in reference.names if self._files.find(name)]
        mixed = [name for name in names if escapes(name) != source.escapes]
        if mixed:
            return _mixed(mixed[0], source.name)
        if names or reference.optional:
            return ""
        return self.not_found(self._files.not_found(reference.names[0]))


_ONE_ENGINE: Final = "what a template includes, imports or inherits from is written for the same engine."


def refuse_mixed(name: str, of: str) -> None:
    """Raise `TemplateError` when one template asks for another that escapes differently."""
    if escapes(name) != escapes(of):
        raise TemplateError(name, name, 0, "", _mixed(name, of))


def _mixed(name: str, of: str) -> str:
    said = {True: "escapes what it prints", False: "does not escape"}
    return (
        f"{of!r} {said[escapes(of)]} and {name!r} {said[escapes(name)]}: one page never escapes in two ways. "
        "Give the template a suffix like that of the page."
    )


def _check_settings(settings: TemplateSettings) -> None:
    """Refuse names of functions that a page could not use, and of filters that would change what all pages print."""
    taken = RESERVED_NAMES.intersection(settings.names)
    if taken:
        raise SetupError(
            Problem(
                what=f"a plugin gives templates a function named {', '.join(map(repr, sorted(taken)))}, "
                "which means something to a template engine.",
                remedy="rename the function.",
            )
        )
    shared = {SAFE, *HTML_FILTERS}.intersection(settings.filters)
    if shared:
        raise SetupError(
            Problem(
                what=f"a plugin gives templates a filter named {', '.join(map(repr, sorted(shared)))}, "
                "which templates of every engine have already.",
                places=tuple(place_of(settings.filters[name]) for name in sorted(shared)),
                remedy="rename the filter.",
            )
        )


def in_pieces(parts: Iterable[str], size: int = PIECE) -> Iterator[str]:
    """Join small parts into pieces that are worth sending."""
    held: list[str] = []
    length = 0
    for part in parts:
        held.append(part)
        length += len(part)
        if length >= size:
            yield "".join(held)
            held.clear()
            length = 0
    if held:
        yield "".join(held)
