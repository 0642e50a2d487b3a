"""Values: what a field accepts, what is stored of it, and what comes back. Everything here happens before I/O.

A `Rules` belongs to one field. `stored` is for writes: it checks everything. `literal` is for look-ups: it checks the
type and normalises, and leaves length, range and choices alone (a value that cannot be stored simply matches nothing).
Both return port values (see `newel_data.port`). `loader` makes the object's value of a port value.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from enum import Enum
from typing import Any, Final, NoReturn, final
from uuid import UUID

import msgspec

from newel_data.encoding import json_text
from newel_data.errors import ConstraintViolation, OutOfRange, WrongType
from newel_data.schema import INT_MAX, INT_MIN, Kind, Type

Loader = Callable[[Any], Any]

JSON_DEPTH: Final = 200
"""The most levels of JSON: what is written must be readable again, by recursion, wherever a stack happens to be."""

_MAX_TIMEDELTA: Final = timedelta(microseconds=INT_MAX)
_MIN_TIMEDELTA: Final = timedelta(microseconds=INT_MIN)


@final
class Rules:
    """What one field accepts and what is stored of it."""

    __slots__ = ("_convert", "enum", "field", "model", "normalize", "type")

    def __init__(
        self, model: str, field: str, type_: Type, *, enum: type[Enum] | None = None, normalize: bool = True
    ) -> None:
        self.model: Final = model
        self.field: Final = field
        self.type: Final = type_
        self.enum: Final = enum
        self.normalize: Final = normalize
        self._convert: Final = _CONVERT[type_.kind]

    def stored(self, value: Any) -> Any:
        """Return what is stored of a value that is not None. Raises `ConstraintViolation` or `OutOfRange`."""
        if self.enum is not None and self.type.kind != "list":
            return self._enum_value(value)
        converted = self._convert(self, value)
        check_limits(self, converted)
        return converted

    def literal(self, value: Any) -> Any:
        """Return the port value that a look-up compares with. Raises `WrongType` for what could never be equal."""
        if self.enum is not None and self.type.kind != "list":
            return self._enum_value(value)
        return self._convert(self, value)

    def item(self) -> Rules:
        """The rules of a list's items."""
        element = self.type.element or self.type
        return Rules(self.model, self.field, element, enum=self.enum, normalize=self.normalize)

    def loader(self) -> Loader | None:
        """Return the function that makes the object's value of a port value, or None where they are the same."""
        if self.type.kind == "list":
            return _list_loader(self.enum)
        if self.enum is not None:
            return self.enum
        return msgspec.json.decode if self.type.kind == "json" else None

    def refuse(self, code: str, text: str) -> NoReturn:
        """Raise the `ConstraintViolation` of a broken rule."""
        raise ConstraintViolation(self.model, self.field, code, text)

    def wrong_type(self, value: Any, wanted: str) -> NoReturn:
        """Raise the `WrongType` of a value that is not of the field's type."""
        raise WrongType(self.model, self.field, "type", f"takes {wanted}, not {type(value).__name__} {shortly(value)}")

    def out_of_range(self, text: str) -> NoReturn:
        """Raise the `OutOfRange` of a number that not every backend can hold."""
        raise OutOfRange(self.model, self.field, text)

    def _enum_value(self, value: Any) -> Any:
        if self.enum is None or not isinstance(value, self.enum):
            self.wrong_type(value, f"a member of {self.enum.__name__ if self.enum else 'an enum'}")
        return value.value


def shortly(value: Any) -> str:
    """Write a value for a message: cut where it is long. Python refuses to write an int of thousands of digits."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _list_loader(enum: type[Enum] | None) -> Loader:
    return list if enum is None else lambda values: [enum(value) for value in values]


# --- limits: length, range, choices -----------------------------------------------------------------------------------


def check_limits(rules: Rules, value: Any) -> None:
    """Refuse a port value that breaks the limits of its type. The same checks stand in the database."""
    if (broken := broken_limit(rules.type, value)) is not None:
        rules.refuse(*broken)


def broken_limit(type_: Type, value: Any) -> tuple[str, str] | None:
    """Return the code and the text of the limit that a port value breaks, or None."""
    if type_.choices is not None and value not in type_.choices:
        return "choice", f"takes one of {', '.join(map(repr, type_.choices))}, not {shortly(value)}"
    if type_.kind in _MEASURED:
        return _broken_length(type_, len(value))
    if type_.minimum is not None and value < type_.minimum:
        return "too_small", f"takes {type_.minimum} at least, not {value}"
    if type_.maximum is not None and value > type_.maximum:
        return "too_large", f"takes {type_.maximum} at most, not {value}"
    return None


def _broken_length(type_: Type, length: int) -> tuple[str, str] | None:
    unit = _MEASURED[type_.kind]
    if type_.max_length is not None and length > type_.max_length:
        return "too_long", f"takes {type_.max_length} {unit} at most, not {length}"
    if length < type_.min_length:
        return "too_short", f"takes {type_.min_length} {unit} at least, not {length}"
    return None


_MEASURED: Final[dict[Kind, str]] = {"str": "characters", "bytes": "bytes", "list": "items"}


# --- one conversion for each kind -------------------------------------------------------------------------------------


def _text(rules: Rules, value: Any) -> str:
    if not isinstance(value, str):
        rules.wrong_type(value, "a str")
    text = value if type(value) is str else str.__str__(value)
    if not text.isascii():
        text = _encodable(rules, unicodedata.normalize("NFC", text) if rules.normalize else text)
    if "\0" in text:
        rules.refuse("invalid", "a text must not hold NUL")
    return text


def _encodable(rules: Rules, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        rules.refuse("invalid", "a text must not hold lone surrogates")
    return text


def fold(text: str) -> str:
    """Return what a `case_insensitive` field compares by: NFC of the casefold of NFC."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _integer(rules: Rules, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        rules.wrong_type(value, "an int")
    number = int(value)
    if not INT_MIN <= number <= INT_MAX:
        rules.out_of_range(f"{shortly(number)} is beyond 64 bit")
    return number


def _float(rules: Rules, value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        rules.wrong_type(value, "a float")
    try:
        number = float(value)
    except OverflowError:
        rules.out_of_range(f"{shortly(value)} is beyond a float")
    if not math.isfinite(number):
        rules.refuse("invalid", f"takes finite numbers, not {number}")
    if number != value:
        rules.out_of_range(f"{value} is no float exactly")
    return number + 0.0  # -0.0 becomes 0.0


def _decimal(rules: Rules, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        rules.wrong_type(value, "a Decimal")
    number = Decimal(value)
    if not number.is_finite():
        rules.refuse("invalid", f"takes finite numbers, not {number}")
    type_ = rules.type
    context = Context(prec=type_.precision, traps=[Inexact, InvalidOperation, Overflow])
    try:
        quantised = number.quantize(Decimal((0, (1,), -type_.scale)), context=context)
    except Inexact:
        rules.refuse("invalid", f"takes {type_.scale} digits after the point, not {shortly(value)}")
    except InvalidOperation:
        rules.refuse(
            "too_large", f"takes {type_.precision} digits, {type_.scale} after the point, not {shortly(value)}"
        )
    return quantised or quantised.copy_abs()


def _bool(rules: Rules, value: Any) -> bool:
    if not isinstance(value, bool):
        rules.wrong_type(value, "a bool")
    return value


def _bytes(rules: Rules, value: Any) -> bytes:
    if not isinstance(value, bytes):
        rules.wrong_type(value, "bytes")
    return bytes(value)


def _datetime(rules: Rules, value: Any) -> datetime:
    moment = as_utc(rules, value)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def as_utc(rules: Rules, value: Any) -> datetime:
    """Return an aware datetime in UTC, with all of its microseconds."""
    if not isinstance(value, datetime):
        rules.wrong_type(value, "a datetime")
    if value.utcoffset() is None:
        rules.wrong_type(value, "an aware datetime (datetime.now(UTC), newel_data.utcnow())")
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        rules.out_of_range(f"{value} is beyond the years 1 to 9999 in UTC")
    return datetime.combine(moment.date(), moment.time(), UTC).replace(fold=0)


def _date(rules: Rules, value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        rules.wrong_type(value, "a date")
    return value if type(value) is date else date(value.year, value.month, value.day)


def _time(rules: Rules, value: Any) -> time:
    if not isinstance(value, time) or value.tzinfo is not None:
        rules.wrong_type(value, "a time without a zone")
    return time(value.hour, value.minute, value.second, value.microsecond)


def _timedelta(rules: Rules, value: Any) -> timedelta:
    if not isinstance(value, timedelta):
        rules.wrong_type(value, "a timedelta")
    if not _MIN_TIMEDELTA <= value <= _MAX_TIMEDELTA:
        rules.out_of_range(f"{value} is beyond 64 bit of microseconds")
    return value if type(value) is timedelta else timedelta(value.days, value.seconds, value.microseconds)


def _uuid(rules: Rules, value: Any) -> UUID:
    if not isinstance(value, UUID):
        rules.wrong_type(value, "a UUID")
    return value if type(value) is UUID else UUID(int=value.int)


def _list(rules: Rules, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        rules.wrong_type(value, "a list")
    item = rules.item()
    return tuple([item.stored(each) for each in value])


def _json(rules: Rules, value: Any) -> str:
    _check_json(rules, value)
    return json_text(value)


def _check_json(rules: Rules, value: Any, depth: int = 1) -> None:
    """Refuse what JSON cannot hold exactly; msgspec would write some of it as something else (NaN, dates, int keys)."""
    kind = type(value)
    if depth > JSON_DEPTH:
        rules.refuse("invalid", f"takes JSON of {JSON_DEPTH} levels at most, one inside the other")
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                rules.wrong_type(key, "JSON: the keys of an object are str")
            _encodable(rules, key)
            _check_json(rules, item, depth + 1)
    elif kind is list:
        for item in value:
            _check_json(rules, item, depth + 1)
    else:
        _check_json_scalar(rules, value, kind)


def _check_json_scalar(rules: Rules, value: Any, kind: type[Any]) -> None:
    if kind is str:
        _encodable(rules, value)
    elif kind is int:
        _integer(rules, value)
    elif kind is float and not math.isfinite(value):
        rules.refuse("invalid", f"JSON has no {value}")
    elif kind not in {bool, float, type(None)}:
        rules.wrong_type(value, "JSON (dict, list, str, int, float, bool, None)")


_CONVERT: Final[dict[Kind, Callable[[Rules, Any], Any]]] = {
    "str": _text,
    "int": _integer,
    "float": _float,
    "decimal": _decimal,
    "bool": _bool,
    "bytes": _bytes,
    "datetime": _datetime,
    "date": _date,
    "time": _time,
    "timedelta": _timedelta,
    "uuid": _uuid,
    "list": _list,
    "json": _json,
}
