"""Logical names become files: the roots are searched in order, and nothing outside of them is ever read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, final

import msgspec

from newel.contracts.templates import TemplateError, TemplateFile, TemplateNotFound, escapes, is_name
from newel.errors import nearest

_NEWLINE: Final = re.compile(r"\r\n?")

Stamp = tuple[str, int, int]
"""What tells whether a name still stands for the same text: the file, its time of change in ns, its size in bytes."""


@final
class Source(msgspec.Struct, frozen=True):
    """The text of one template. `file` is the path of its file, or a made-up name where it was given as text."""

    name: str
    file: str
    text: str

    @property
    def escapes(self) -> bool:
        """Whether the template escapes what it prints."""
        return escapes(self.name)

    def line(self, number: int) -> str:
        """Return a line of the text without the blanks at its ends, or nothing where there is no such line."""
        lines = self.text.split("\n")
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def error(self, line: int, message: str) -> TemplateError:
        """Make the error that says what is wrong with a line of this template."""
        return TemplateError(self.name, self.file, line, self.line(line), message)


def as_source(name: str, file: str, text: str) -> Source:
    """Return the source of a template; its lines end with a newline and nothing else, in every engine."""
    return Source(name, file, _NEWLINE.sub("\n", text.removeprefix("\ufeff")))


@final
class TemplateFiles:
    """The template files of one engine: those whose name is a logical name and the engine's own extension."""

    __slots__ = ("_extension", "_roots")

    def __init__(self, roots: tuple[Path, ...], extension: str) -> None:
        self._roots: Final = roots
        self._extension: Final = extension

    def find(self, name: str) -> Path | None:
        """Return the file that a logical name stands for, or None. What is no name is never looked for."""
        return next((path for _, path in self._having(name)), None)

    def found(self, name: str) -> TemplateFile | None:
        """Return what a logical name stands for, with the number of its root and the files it hides, or None."""
        having = list(self._having(name))
        return TemplateFile(name, str(having[0][1]), having[0][0], _hidden(having)) if having else None

    def _having(self, name: str) -> Iterator[tuple[int, Path]]:
        """Give each file of that name, with the number of its root."""
        for number, root in enumerate(self._roots) if is_name(name) else ():
            path = root / (name + self._extension)
            if path.is_file():
                yield number, path

    def stamp(self, name: str) -> Stamp | None:
        """Return what tells whether the name still stands for the same text, or None where it stands for nothing."""
        path = self.find(name)
        if path is None:
            return None
        status = path.stat()
        return str(path), status.st_mtime_ns, status.st_size

    def read(self, name: str) -> Source:
        """Read the template of that name. Raises `TemplateNotFound`, or `TemplateError` where it is not UTF-8."""
        path = self.find(name)
        if path is None:
            raise self.not_found(name)
        try:
            return as_source(name, str(path), path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise TemplateError(name, str(path), 0, "", f"{path} is not UTF-8: {error}") from error

    def not_found(self, name: str) -> TemplateNotFound:
        """Make the error for a name that stands for nothing, with the folders and the nearest name."""
        near = nearest(name, (file.name for file in self.all()))
        return TemplateNotFound(name, map(str, self._roots), [near] if near else [])

    def foreign(self, name: str) -> Path | None:
        """Return a file that only another engine can read under that name, or None."""
        if not is_name(name) or self.find(name):
            return None
        for root in self._roots:
            beside = root / name
            for path in sorted(beside.parent.glob("*")) if beside.parent.is_dir() else ():
                if path.is_file() and path.name.startswith(f"{beside.name}."):
                    return path
        return None

    def all(self) -> list[TemplateFile]:
        """List every template, by name: the file that wins, the number of its root, and the files it hides."""
        names = {name for root in self._roots for name in self._names_in(root)}
        return [file for name in sorted(names) if (file := self.found(name))]

    def _names_in(self, root: Path) -> Iterator[str]:
        for path in root.rglob(f"*{self._extension}"):
            yield path.relative_to(root).as_posix().removesuffix(self._extension)


def _hidden(having: list[tuple[int, Path]]) -> tuple[str, ...]:
    return tuple(str(path) for _, path in having[1:])
