"""The contract of validators: untrusted input becomes a typed value, or every field's errors at once.

A browser's form and a JSON body are not the same thing. `Validator.form` takes lists of texts and applies the rules of
forms (text is stripped, empty is None or missing, an absent checkbox is false, `on` is true); `Validator.data` takes
what a JSON decoder made. Both give the same errors for the same mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar, final
from zoneinfo import ZoneInfo

import msgspec

T = TypeVar("T")

CODES: Final = frozenset(
    {
        "missing",  # required, and not there (or empty in a form)
        "type",  # not of the type that is asked for
        "format",  # text that does not read as a date, a number, a UUID, ...
        "too_short", "too_long",  # length of text, bytes or list: parameter `limit`
        "too_small", "too_large",  # a number's or date's bounds: parameters `limit` and `exclusive`
        "multiple_of",  # parameter `step`
        "choice",  # not one of: parameter `choices`
        "pattern",  # text that does not match: parameter `pattern`
        "unknown",  # a key that is not declared
        "unique",  # given by the application: somebody else has it
        "invalid",  # anything else: the text says what
    }
)  # fmt: skip
"""The closed list of error codes. Texts may be translated by code; parameters fill them."""


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
        return ".".join(str(part) for part in self.place)


class InvalidInput(Exception):
    """Input that does not read as the type asked for; all of its errors. Becomes a 422 (RFC 9110, 15.5.21)."""

    http_status: Final = 422

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors: Final = tuple(errors)
        super().__init__(self.errors)


class Validator(Protocol):
    """Reads untrusted input as values of the classes it knows. Keyed by a name, asked in plugin order."""

    def accepts(self, kind: Any) -> bool:
        """Tell at boot whether this validator reads values of that class."""
        ...

    def compile(self, kind: Any, timezone: ZoneInfo) -> Reader[Any]:
        """Prepare the reading of one class, once. Raises `TypeError` that says which field cannot be read."""
        ...


class Reader(Protocol[T]):
    """Reads input as one class. Both methods raise `InvalidInput` with every error, never only the first."""

    def form(self, fields: Mapping[str, Sequence[Any]]) -> T:
        """Read a browser's form or a query string: each name with all its texts (or uploaded files)."""
        ...

    def data(self, body: bytes) -> T:
        """Read a JSON document. An undeclared key is an error (checklist E46); duplicate keys: the last one wins.

        Raises `ValueError` for bytes that are no JSON at all.
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
        self._errors = list(errors)
        self._fields = fields or {}

    def __bool__(self) -> bool:
        return not self._errors

    @property
    def value(self) -> T:
        """The typed value of a valid form."""
        if self._errors:
            raise InvalidInput(self._errors)
        return self._value  # type: ignore[return-value]

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """Every mistake, in the order of the fields."""
        return tuple(self._errors)

    def errors_of(self, field: str) -> tuple[FieldError, ...]:
        """The mistakes of one field; the empty name asks for those of the form as a whole."""
        return tuple(error for error in self._errors if error.field == field)

    def typed(self, field: str, default: Any = "") -> Any:
        """What the browser sent for a field (the last text of it), to be shown again."""
        sent = self._fields.get(field)
        return sent[-1] if sent else default

    def all_typed(self, field: str) -> Sequence[Any]:
        """Every text that the browser sent for a field."""
        return self._fields.get(field, ())

    def error(self, field: str, code: str, text: str = "", **parameters: Any) -> None:
        """Make the form invalid: `form.error("title", "unique")` after a caught `UniqueViolation`."""
        if code not in CODES:
            msg = f"form.error: {code!r} is no error code; allowed: {', '.join(sorted(CODES))}"
            raise ValueError(msg)
        place = tuple(field.split(".")) if field else ()
        self._errors.append(FieldError(place, code, text or TEXTS[code].format_map(parameters), parameters))


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
