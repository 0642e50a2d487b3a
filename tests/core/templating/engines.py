"""Engines for the tests of what all engines share: the text of a file is a list of words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from newel.contracts.templates import TemplateSettings, undefined
from newel.templating.engine import TemplateEngine, in_pieces
from newel.templating.files import Source
from newel.templating.outline import Bypass, Call, Outline, Reference


class Words(TemplateEngine[Source]):
    """`=name` prints a value, `+name` includes, `!text` calls, `~` goes around the escape, `?` is a mistake."""

    extension: ClassVar[str] = ".words"
    version: ClassVar[str] = "1"

    def compile(self, source: Source) -> Source:
        if "?" in source.text:
            raise source.error(1, "a mistake")
        if "@" in source.text:
            raise RuntimeError("the engine itself")
        return source

    def run(self, compiled: Source, values: Mapping[str, Any]) -> str:
        return "".join(self._parts(compiled, values))

    def pieces(self, compiled: Source, values: Mapping[str, Any]) -> Iterator[str]:
        return in_pieces(self._parts(compiled, values), 3)

    def _parts(self, compiled: Source, values: Mapping[str, Any]) -> Iterator[str]:
        for word in compiled.text.split():
            if word[0] == "=" and word[1:] not in values:
                raise compiled.error(1, undefined(word[1:], values))
            if word[0] == "+":
                yield self.run(self.load(word[1:], compiled.name), values)
            else:
                yield values[word[1:]] if word[0] == "=" else word

    def outline(self, source: Source) -> Outline:
        self.compile(source)
        words = source.text.split()
        return Outline(
            references=tuple(Reference(1, (word[1:],)) for word in words if word[0] == "+"),
            calls=tuple(Call(1, "call", word[1:]) for word in words if word[0] == "!"),
            bypasses=tuple(Bypass(1, "safe") for word in words if word == "~"),
            reads=frozenset(word[1:] for word in words if word[0] == "="),
        )


class Others(Words):
    extension: ClassVar[str] = ".others"


def words(*roots: Path, kind: type[Words] = Words, **settings: Any) -> Words:
    return kind(TemplateSettings(roots=roots, **settings))


def write(root: Path, **files: str) -> Path:
    """Write files: `a__b_html_words` is `a/b.html.words`."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
