"""Converters: how one variable of a rule is read from a URL, and written into one.

A converter of one's own is a subclass, registered by name on a router:

```python
class YearConverter(Converter):
    regex = "[0-9]{4}"
    type = int

    def parse(self, text: str) -> int:
        return int(text)

    def format(self, value: int) -> str:
        return f"{value:04d}"

router.converter("year", YearConverter)       # then: @router.get("/archive/<year:y>")
```

Arguments in a rule (`<int(min=1):id>`) become arguments of the class, which checks them: a `ValueError` or `TypeError`
of its `__init__` is a boot error that names the rule. A text that is no value is no match, and the next rule is tried.

NOTE: digits are ASCII digits. Werkzeug's `int` also takes the digits of other scripts, so that one page has many URLs.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeVar, final
from uuid import UUID

_N = TypeVar("_N", int, float)

Read = Callable[[str], Any]
"""Reads a text: the value, or None for no match. Never raises."""


class Converter:
    """Reads one variable from text and writes it back: the base of every converter, and a plain text by itself.

    regex        what a text looks like as a whole; None: nothing is known before `parse` has looked
    type         what `parse` returns; compared with the handler's annotation at boot
    weight       which of several variables is tried first at one place: the lower one
    spans        whether a text may hold slashes
    total        whether `parse` takes any text, returns None for no match and never raises; then `regex` is not asked

    Three more say what is needed to tell variables of one segment apart (`newel.segments`), for those which may share
    one with others:

    characters   the characters a text consists of, as the inside of a regex class; None: unknown
    length       how long every text is, where it is always the same
    loose        whether every text of one or more of its characters may be a value
    """

    regex: str | None = None
    type: Any = str
    weight: int = 100
    spans: bool = False
    total: bool = False
    characters: str | None = None
    length: int | None = None
    loose: bool = False

    def parse(self, text: str) -> Any:
        """Return the value of a text that `regex` matches; None, or a `ValueError`, says that it is no match."""
        return text

    def format(self, value: Any) -> str:
        """Return the text of a value, not percent-encoded. Raises `ValueError` or `TypeError` for what is no value."""
        return _text_of(value)

    def reader(self) -> Read:
        """Return the function that reads a text as a whole, prepared once."""
        parse = self.parse
        if self.total:
            return parse
        fits = re.compile(self.regex or ("(?s:.+)" if self.spans else "[^/]+")).fullmatch

        def read(text: str) -> Any:
            if not text or fits(text) is None:
                return None
            try:
                return parse(text)
            except ValueError:
                return None

        return read


@final
class StringConverter(Converter):
    """`<name>`, `<string(length=2):code>`: any text without a slash, between `minlength` and `maxlength` long."""

    type = str
    total = True
    characters = "^/"

    def __init__(self, minlength: int = 1, maxlength: int | None = None, length: int | None = None) -> None:
        _whole(minlength=minlength, maxlength=maxlength, length=length)
        self.length = length
        self.minimum: Final = minlength if length is None else length
        self.maximum: Final = maxlength if length is None else length
        if self.minimum < 1:
            raise ValueError("a variable is at least one character long")
        _ordered("minlength", self.minimum, "maxlength", self.maximum)
        self.loose = self.minimum == 1 and self.maximum is None
        self.regex = f"[^/]{{{self.minimum},{'' if self.maximum is None else self.maximum}}}"

    def parse(self, text: str) -> str | None:
        """Return the text if it is of the length asked for."""
        if len(text) < self.minimum or "/" in text:
            return None
        return text if self.maximum is None or len(text) <= self.maximum else None


@final
class PathConverter(Converter):
    """`<path:rest>`: any text, slashes included, that does not begin with one."""

    regex = r"[^/](?s:.*)"
    type = str
    weight = 200
    spans = True
    total = True

    def parse(self, text: str) -> str | None:
        """Return the text if there is one and it does not begin with a slash."""
        return text if text and text[0] != "/" else None


@final
class AnyConverter(Converter):
    """`<any(about, help, "foo,bar"):page>`: one of some texts."""

    type = str
    weight = 40
    total = True

    def __init__(self, *items: str) -> None:
        self.items: Final = items
        if not items or "" in items:
            raise ValueError("it needs the texts to choose from: any(a, b)")
        for item in items:
            if not isinstance(item, str):
                raise TypeError(f'a text that looks like {item!r} is written in quotes: any("{item}")')
        self.spans = any("/" in item for item in self.items)
        self.regex, self.characters, self.length = _choice(self.items)
        self._known: Final = frozenset(self.items)

    def parse(self, text: str) -> str | None:
        """Return the text if it is one of the items."""
        return text if text in self._known else None


@final
class ChoiceConverter(Converter):
    """The members of an Enum or the values of a Literal, told apart by their texts: made of a handler's annotation."""

    weight = 40
    total = True

    def __init__(self, kind: Any, values: tuple[object, ...]) -> None:
        self.type = kind
        self._values: Final = {_text_of(value): value for value in values}
        if len(self._values) < len(values) or "" in self._values or None in values:
            raise ValueError("its values must differ as texts, and none may be empty")
        self.spans = any("/" in text for text in self._values)
        self.regex, self.characters, self.length = _choice(tuple(self._values))

    def parse(self, text: str) -> object:
        """Return the member or value that the text stands for."""
        return self._values.get(text)

    def format(self, value: object) -> str:
        """Return the text of a member or value (or the text itself)."""
        return _text_of(value)


@final
class IntConverter(Converter):
    """`<int:id>`, `<int(min=1, max=9):n>`, `<int(fixed_digits=4):year>`, `<int(signed=True):offset>`."""

    type = int
    weight = 50
    total = True

    def __init__(
        self,
        fixed_digits: int = 0,
        min: int | None = None,
        max: int | None = None,
        signed: bool = False,
    ) -> None:
        _whole(fixed_digits=fixed_digits, min=min, max=max)
        _ordered("fixed_digits", 0, "fixed_digits", fixed_digits)
        _ordered("min", min, "max", max)
        self.min: Final = min
        self.max: Final = max
        self.signed: Final = signed
        self.fixed_digits: Final = fixed_digits
        self.length = fixed_digits or None
        self.characters = "0-9-" if signed else "0-9"
        self.regex = ("-?" if signed else "") + "[0-9]+"

    def parse(self, text: str) -> int | None:
        """Return the number, if the text is one within the limits."""
        if self.fixed_digits and len(text) != self.fixed_digits:
            return None
        negative = self.signed and text[:1] == "-"
        value = _number(text[1:] if negative else text)
        return None if value is None else _within(-value if negative else value, self.min, self.max)

    def format(self, value: Any) -> str:
        """Return the number, filled up with zeros to `fixed_digits`; a text is taken for one, a fraction is not."""
        number = int(value)
        if number != value and not isinstance(value, str):
            raise ValueError(f"{value!r} is no whole number")
        return str(number).zfill(self.fixed_digits)

    def reader(self) -> Read:
        """Return `parse`, or what comes to the same with less to ask where nothing limits the number."""
        limited = self.fixed_digits or self.signed or self.min is not None or self.max is not None
        return self.parse if limited else _number


@final
class FloatConverter(Converter):
    """`<float:x>`, `<float(min=0.5, signed=True):x>`: digits, a dot, digits."""

    type = float
    weight = 50
    total = True

    def __init__(
        self,
        min: float | None = None,
        max: float | None = None,
        signed: bool = False,
    ) -> None:
        _numeric(min=min, max=max)
        _ordered("min", min, "max", max)
        self.min: Final = min
        self.max: Final = max
        self.characters = "0-9.-" if signed else "0-9."
        self.regex = ("-?" if signed else "") + r"[0-9]+\.[0-9]+"
        self._fits: Final = re.compile(self.regex).fullmatch

    def parse(self, text: str) -> float | None:
        """Return the number, if the text is one within the limits."""
        return _within(float(text), self.min, self.max) if self._fits(text) else None

    def format(self, value: Any) -> str:
        """Return the shortest digits that read as the same number, without an exponent."""
        text = format(Decimal(repr(float(value))), "f")
        return text if "." in text else f"{text}.0"


_UUID: Final = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


@final
class UUIDConverter(Converter):
    """`<uuid:key>`: a UUID in its usual form of 36 characters, in either case."""

    regex = _UUID
    type = UUID
    weight = 60
    total = True
    characters = "0-9A-Fa-f-"
    length = 36

    def __init__(self) -> None:
        self._fits: Final = re.compile(_UUID).fullmatch

    def parse(self, text: str) -> UUID | None:
        """Return the UUID, if the text is one."""
        return UUID(text) if self._fits(text) else None


CONVERTERS: Final[Mapping[str, type[Converter]]] = MappingProxyType(
    {
        "any": AnyConverter,
        "default": StringConverter,
        "float": FloatConverter,
        "int": IntConverter,
        "path": PathConverter,
        "string": StringConverter,
        "uuid": UUIDConverter,
    }
)
"""The converters that every rule knows, by the names that Werkzeug gives them."""


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    try:
        return int(text)
    except ValueError:  # SECURITY: more digits than CPython converts; a number of that length takes quadratic time
        return None


def _within(value: _N, low: float | None, high: float | None) -> _N | None:
    if (low is not None and value < low) or (high is not None and value > high):
        return None
    return value


def _choice(items: tuple[str, ...]) -> tuple[str, str, int | None]:
    """Return regex, characters and common length of a closed list of texts."""
    lengths = {len(item) for item in items}
    regex = "|".join(re.escape(item) for item in items)
    characters = "".join(re.escape(character) for character in sorted(set("".join(items))))
    return regex, characters, lengths.pop() if len(lengths) == 1 else None


def _text_of(value: object) -> str:
    return str(value.value if isinstance(value, enum.Enum) else value)


def _whole(**numbers: object) -> None:
    for name, number in numbers.items():
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            raise ValueError(f"{name} must be a whole number, not {number!r}")


def _numeric(**numbers: object) -> None:
    for name, number in numbers.items():
        if number is not None and (
            not isinstance(number, int | float) or isinstance(number, bool) or math.isnan(number)
        ):
            raise ValueError(f"{name} must be a number, not {number!r}")


def _ordered(low_name: str, low: float | None, high_name: str, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"{high_name} ({high}) is below {low_name} ({low})")
