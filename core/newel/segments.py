"""What a rule is made of between its slashes: plain text, or a pattern of texts and variables.

Most patterns are one variable. Where several share a segment (`<int:id>-<slug>.html`), their texts are cut apart in one
pass: a variable of known characters or known length is cut off from the left or from the right, where only one cut is
possible; what is left is one variable, or several of the same loose kind, whose cuts are the rightmost ones, as a
regular expression's would be.

SECURITY: there is no going back, so the time is linear in the length of the text, whatever it holds. A pattern that
would need a search (`<a>-<int:b>-<c>`) is refused at boot.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, final

import msgspec

from newel.converters import Converter, Read

Weight = tuple[int, tuple[tuple[int, int], ...], int, tuple[int, ...]]
"""What orders the patterns of one place, lowest first; Werkzeug's weighting of a rule's part."""


@final
class Variable(msgspec.Struct, frozen=True, eq=False):
    """One variable of a rule: `text` is how it is written, `<int:id>`.

    `key` says which converter it is: equal keys read the same texts as the same values. `explicit` tells whether the
    rule names the converter.
    """

    name: str
    converter: Converter
    key: Hashable
    text: str
    explicit: bool


@final
class Pattern(msgspec.Struct, frozen=True, eq=False):
    """Variables with the literal texts before, between and after them: there is one literal more.

    A pattern with a variable that holds slashes is the last of its rule and reads all that is left of a path; `slash`
    says that a slash follows it.
    """

    literals: tuple[str, ...]
    variables: tuple[Variable, ...]
    slash: bool = False

    @property
    def spans(self) -> bool:
        """Whether it reads all that is left of a path."""
        return any(variable.converter.spans for variable in self.variables)

    @property
    def shape(self) -> Hashable:
        """Equal for patterns that match the same texts with the same values, whatever the variables' names."""
        return self.literals, tuple(variable.key for variable in self.variables), self.slash

    @property
    def weight(self) -> Weight:
        """Which of several patterns is tried first: more literal text before less, more variables before fewer."""
        literals = [part for literal in self.literals for part in literal.split("/") if part]
        lengths = tuple((number, -len(literal)) for number, literal in enumerate(literals))
        weights = tuple(variable.converter.weight for variable in self.variables)
        return -len(literals), lengths, -len(weights), weights

    @property
    def bare(self) -> bool:
        """Whether it is one variable within a segment, and nothing else."""
        return self.literals == ("", "") and not self.spans

    def reader(self) -> Callable[[str], list[Any] | None]:
        """Return the function that reads a text as the values of all variables, prepared once."""
        readers = tuple(variable.converter.reader() for variable in self.variables)
        if self.literals == ("", ""):
            return _alone(readers[0])
        cut = self.cutter()

        def read(text: str) -> list[Any] | None:
            texts = cut(text)
            if texts is None:
                return None
            values: list[Any] = []
            for read_one, piece in zip(readers, texts, strict=True):
                value = read_one(piece)
                if value is None:
                    return None
                values.append(value)
            return values

        return read

    def cutter(self) -> Callable[[str], list[str] | None]:
        """Return the function that cuts a text into those of the variables, prepared once."""
        return _Cutter(self).cut


def _alone(read_one: Read) -> Callable[[str], list[Any] | None]:
    def read(text: str) -> list[Any] | None:
        value = read_one(text)
        return None if value is None else [value]

    return read


def undecided(pattern: Pattern) -> tuple[Variable, Variable] | None:
    """Return two variables of a pattern that cannot be told apart in one pass, or None."""
    left, right = _decided(pattern)
    rest = range(left, len(pattern.variables) - right)
    for first, second in itertools.pairwise(rest):
        one, other = pattern.variables[first].converter, pattern.variables[second].converter
        alike = one.loose and other.loose and one.characters == other.characters
        if not alike or not pattern.literals[second]:
            return pattern.variables[first], pattern.variables[second]
    return None


def _decided(pattern: Pattern) -> tuple[int, int]:
    """Return how many variables can be cut off from the left and, of the others, from the right; one is left over."""
    count = len(pattern.variables)
    left = right = 0
    while left < count - 1 and _ends(pattern.variables[left], pattern.literals[left + 1]):
        left += 1
    while right < count - 1 - left and _ends(pattern.variables[count - 1 - right], pattern.literals[count - 1 - right]):
        right += 1
    return left, right


def _ends(variable: Variable, literal: str) -> bool:
    """Whether only one place is possible for the literal beside a variable."""
    converter = variable.converter
    if converter.length is not None:
        return True
    if converter.characters is None or not literal:
        return False
    return re.fullmatch(f"[{converter.characters}]+", literal) is None


@final
class _Cutter:
    """The cuts of one pattern: those from the left, and those from the right (last one first)."""

    __slots__ = ("_first", "_last", "_left", "_right")

    def __init__(self, pattern: Pattern) -> None:
        left, _ = _decided(pattern)
        self._first: Final = pattern.literals[0]
        self._last: Final = pattern.literals[-1]
        lengths = [variable.converter.length for variable in pattern.variables]
        cuts = list(zip(lengths, pattern.literals[1:], strict=True))[:left]
        self._left: Final = tuple(cuts)
        self._right: Final = tuple(zip(lengths, pattern.literals[:-1], strict=True))[:left:-1]

    def cut(self, text: str) -> list[str] | None:
        """Return the texts of the variables, or None where the literals do not fit."""
        if not (text.startswith(self._first) and text.endswith(self._last)):
            return None
        start, end = len(self._first), len(text) - len(self._last)
        found: list[str] = []
        for length, literal in self._left:
            at = text.find(literal, start, end) if length is None else start + length
            if at < 0 or not text.startswith(literal, at, end):
                return None
            found.append(text[start:at])
            start = at + len(literal)
        behind: list[str] = []
        for length, literal in self._right:
            at = text.rfind(literal, start, end - 1) if length is None else end - length - len(literal)
            if at < start or not text.startswith(literal, at, end):
                return None
            behind.append(text[at + len(literal) : end])
            end = at
        return [*found, text[start:end], *reversed(behind)] if start <= end else None


def variables_of(segments: tuple[str | Pattern, ...]) -> Iterator[Variable]:
    """Yield the variables of a rule in the order of writing."""
    for segment in segments:
        if isinstance(segment, Pattern):
            yield from segment.variables
