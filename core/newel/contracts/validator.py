"""The contract of validators: untrusted input becomes a typed value, or every mistake at once.

A browser's form, a query string and a JSON body are not the same thing, and their values are never merged.
`Reader.form` and `Reader.query` take lists of texts and apply the rules of forms; `Reader.data` takes the bytes of a
JSON document. The same mistake gets the same code, whichever way it came.

The rules of forms: text is stripped, and its line ends become LF; an empty field is None where the type allows None,
and else counts as not sent; of several values for one name the last one counts, unless the type is a list. What a
browser does not send because nothing is ticked (`bool`, `list`) is false or empty in a form, whatever the default; in a
query string it has its default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final, Generic, Protocol, TypeVar, final

import msgspec

T = TypeVar("T")

CODES: Final = frozenset(
    {
        "missing",  # required, and not there (or empty in a form)
        "type",  # not text, a number, true or false, a list, an object, a file: parameter `expected`
        "format",  # text that does not read as a date, a time, a decimal, a UUID, ...: parameter `expected`
        "too_short", "too_long",  # length of text, bytes or list: parameters `limit` and `unit`
        "too_small", "too_large",  # a number's bounds: parameters `limit` and `exclusive`
        "multiple_of",  # parameter `step`
        "choice",  # not one of: parameter `choices`
        "pattern",  # text that does not match: parameter `pattern`
        "unknown",  # a key that is not declared
        "unique",  # given by the application: somebody else has it
        "invalid",  # anything else: the text says what
    }
)  # fmt: skip
"""The closed list of error codes. Texts may be translated by code; parameters fill them."""

EXPECTED: Final[Mapping[str, str]] = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "decimal": "a decimal number, such as 12.50",
    "datetime": "a date and time, such as 2026-01-31T09:30:00Z",
    "date": "a date, such as 2026-01-31",
    "time": "a time, such as 09:30:00",
    "duration": "a duration, such as PT1H30M",
    "uuid": "a UUID, such as 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "base64": "text in base64",
    "list": "a list",
    "object": "an object",
    "null": "null",
    "file": "a file",
}
"""The values of the parameter `expected` (codes `type` and `format`), and how each is said."""

TEXTS: Final[Mapping[str, str]] = {
    "missing": "This is required.",
    "type": "This is not of the right kind.",
    "format": "This cannot be read.",
    "too_short": "This is too short.",
    "too_long": "This is too long.",
    "too_small": "This is too small.",
    "too_large": "This is too large.",
    "multiple_of": "This is not one of the steps allowed.",
    "choice": "This is not one of the choices.",
    "pattern": "This does not have the right form.",
    "unknown": "This was not asked for.",
    "unique": "This is taken already.",
    "invalid": "This is not valid.",
}
"""What is said of each code where nothing better is known."""

MAX_CHOICES_SHOWN: Final = 12
"""How many choices a text lists before it says how many more there are."""


def text_of(code: str, parameters: Mapping[str, Any]) -> str:  # noqa: PLR0911 (one line for each code)
    """Say a mistake in English, with its parameters filled in: "At most 120 characters."."""
    match code, parameters:
        case "type" | "format", {"expected": expected} if expected in EXPECTED:
            return f"This must be {EXPECTED[expected]}."
        case "too_short", {"limit": limit, "unit": unit}:
            return f"At least {_counted(limit, unit)}."
        case "too_long", {"limit": limit, "unit": unit}:
            return f"At most {_counted(limit, unit)}."
        case "too_small", {"limit": limit}:
            return f"More than {limit}." if parameters.get("exclusive") else f"At least {limit}."
        case "too_large", {"limit": limit}:
            return f"Less than {limit}." if parameters.get("exclusive") else f"At most {limit}."
        case "multiple_of", {"step": step}:
            return f"A multiple of {step}."
        case "choice", {"choices": choices}:
            return f"Choose one of: {_listed(choices)}."
        case _:
            return TEXTS[code]


def _counted(limit: int, unit: str) -> str:
    return f"{limit} {unit.removesuffix('s') if limit == 1 else unit}"


def _listed(choices: Sequence[Any]) -> str:
    shown = ", ".join(str(choice) for choice in choices[:MAX_CHOICES_SHOWN])
    more = len(choices) - MAX_CHOICES_SHOWN
    return f"{shown}, and {more} more" if more > 0 else shown


@final
class FieldError(msgspec.Struct, frozen=True):
    """One mistake in the input: a place, a code of `CODES`, a text for people, and the text's parameters.

    `place` is the path to the value: `("title",)`, `("tags", 2)`, `("author", "name")`; `()` is the input as a whole.
    """

    place: tuple[str | int, ...]
    code: str
    text: str
    parameters: Mapping[str, Any] = {}

    @property
    def field(self) -> str:
        """The place as one name: `tags.2`; the empty text for the input as a whole."""
        place = self.place
        return str(place[0]) if len(place) == 1 else ".".join(map(str, place))


def field_error(place: Sequence[str | int], code: str, text: str = "", /, **parameters: Any) -> FieldError:
    """Make a mistake of the closed list; without a text, with the usual one of its code. Raises `ValueError`."""
    if code not in CODES:
        msg = f"a field's error: {code!r} is no error code; allowed: {', '.join(sorted(CODES))}"
        raise ValueError(msg)
    return FieldError(tuple(place), code, text or text_of(code, parameters), parameters)


def place_of_field(field: str) -> tuple[str | int, ...]:
    """Return the place that a field's name stands for: `tags.2` is `("tags", 2)`, the empty name is the whole."""
    return tuple(int(part) if part.isdecimal() else part for part in field.split(".")) if field else ()


class InvalidInput(Exception):
    """Input that does not read as the type asked for; all of its errors. Becomes a 422 (RFC 9110, 15.5.21)."""

    http_status: Final = 422

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors: Final = tuple(errors)
        self.args = (self.errors,)  # PERF: as `Exception.__init__` does, without its call

    def __str__(self) -> str:
        return "; ".join(f"{error.field or 'the input'}: {error.text} ({error.code})" for error in self.errors)

    @classmethod
    def at(cls, field: str, text: str = "", code: str = "invalid", **parameters: Any) -> InvalidInput:
        """Make the error of one field: what a `__post_init__` raises to say which field is wrong.

        `raise InvalidInput.at("ends", "This is before the start.")`
        """
        return cls((field_error(place_of_field(field), code, text, **parameters),))

    def within(self, place: Sequence[str | int]) -> InvalidInput:
        """Return the same errors as errors of a part of a larger input."""
        return InvalidInput(msgspec.structs.replace(error, place=(*place, *error.place)) for error in self.errors)


class MalformedInput(ValueError):
    """Bytes that are no document at all, whatever was asked for. Becomes a 400 (RFC 9110, 15.5.1)."""

    http_status: Final = 400


class Validator(Protocol):
    """Reads untrusted input as values of the classes it knows. Keyed by a name, asked in plugin order."""

    def accepts(self, kind: Any, /) -> bool:
        """Tell at boot whether this validator reads values of that class."""
        ...

    def compile(self, kind: Any, timezone: tzinfo, /) -> Reader[Any]:
        """Prepare the reading of one class, once. `timezone` is where texts without an offset are read."""
        ...


ReadForm = Callable[[Mapping[str, Sequence[Any]]], "Form[T]"]
"""Reads names with all the texts (or uploaded files) that were sent under each; the mistakes are the form's."""

ReadFields = Callable[[Mapping[str, Sequence[Any]]], T]
"""Reads names with all the texts that were sent under each."""

ReadDocument = Callable[[bytes], T]
"""Reads the bytes of a JSON document."""


class Reader(Protocol[T]):
    """Reads input as one class, in three ways, and finds every mistake, never only the first.

    A form is shown again where it is wrong, so its mistakes are part of what is returned; the other ways raise
    `InvalidInput`. Methods will do for them. Boot takes the one that a route needs (`read = reader.form`), and that is
    when a class that cannot be read in that way raises `TypeError`, which says which field is in the way.
    """

    @property
    def form(self) -> ReadForm[T]:
        """Read a browser's form, valid or not. A name that is not declared is ignored and logged (checklist E46)."""
        ...

    @property
    def query(self) -> ReadFields[T]:
        """Read a query string: as a form, save that what was not sent has its default. Other names are ignored."""
        ...

    @property
    def data(self) -> ReadDocument[T]:
        """Read a JSON document. An undeclared key is an error (checklist E46); duplicate keys: the last one wins.

        Nothing is stripped or converted: what JSON has a type for is written in it, and a date and time says its offset
        (RFC 3339). No number is NaN or infinite.

        Raises `MalformedInput` for bytes that are no JSON, for bad UTF-8, and for nesting deeper than can be read.
        """
        ...


class Form(Generic[T]):
    """A submitted form, read as `T`: falsy when invalid, and then it still knows what was typed.

    `value` is the typed value (raises `InvalidInput` when invalid). `errors` lists every mistake. `typed(field)` gives
    what the browser sent, to show it again.
    """

    __slots__ = ("_errors", "_fields", "_value")

    def __init__(
        self,
        value: T | None,
        errors: Sequence[FieldError] = (),
        fields: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self._value = value
        self._errors = tuple(errors)
        self._fields = fields or {}

    @classmethod
    def blank(cls, **texts: str) -> Form[T]:
        """Make a form that nobody has sent yet, to be shown with these texts: `Form.blank(title=notice.title)`."""
        return cls(None, (), {name: [text] for name, text in texts.items()})

    def __bool__(self) -> bool:
        return not self._errors

    def __repr__(self) -> str:
        wrong = ", ".join(f"{error.field or 'the form'}: {error.code}" for error in self._errors)
        return f"<Form, invalid: {wrong}>" if wrong else f"<Form of {type(self._value).__name__}>"

    @property
    def value(self) -> T:
        """The typed value of a valid form."""
        if self._errors:
            raise InvalidInput(self._errors)
        return self._value  # type: ignore[return-value]

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """Every mistake: those of the input in the order of its fields, then those that the application added."""
        return self._errors

    def errors_of(self, field: str) -> tuple[FieldError, ...]:
        """The mistakes of one field; the empty name asks for those of the form as a whole."""
        return tuple(error for error in self._errors if error.field == field)

    def typed(self, field: str, default: Any = "") -> Any:
        """What the browser sent for a field (the last text of it), to be shown again. A file cannot be shown again."""
        texts = self.all_typed(field)
        return texts[-1] if texts else default

    def all_typed(self, field: str) -> Sequence[Any]:
        """Every text that the browser sent for a field."""
        return [sent for sent in self._fields.get(field, ()) if isinstance(sent, str)]

    def error(self, field: str, code: str, text: str = "", **parameters: Any) -> None:
        """Make the form invalid: `form.error("title", "unique")` after a caught `UniqueViolation`."""
        self._errors += (field_error(place_of_field(field), code, text, **parameters),)


class Json(Generic[T]):
    """A JSON body, read as `T` before the handler runs; an invalid one never reaches it (422)."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value: Final = value


class Query(Generic[T]):
    """The query string, read as `T` before the handler runs; an invalid one never reaches it (422)."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value: Final = value
