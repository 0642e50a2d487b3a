"""What the kit of validators reads: values as a form and as JSON write them, and mistakes as both make them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final, Literal, final
from uuid import UUID

import msgspec

NO_DEFAULT: Final = msgspec.UNSET
"""The default of a field that has none: it must be sent."""


class Color(enum.Enum):
    """A choice, written as its values."""

    RED = "red"
    DARK_BLUE = "dark blue"


class Size(enum.IntEnum):
    """A choice that is written as numbers."""

    SMALL = 1
    LARGE = 2


@final
class Upload:
    """Stands for an uploaded file: an object that passes through as it is."""


@final
class Field(msgspec.Struct, frozen=True):
    """One field of a class that the kit asks for.

    `type` is an annotation: a scalar, an enum, a `Literal`, `Upload`, what `make_kind` returned, `X | None`, `list[X]`.
    `default` is immutable, or an empty list. `bounds` are named as `msgspec.Meta` names them: `ge`, `max_length`, ...
    """

    name: str
    type: Any
    default: Any = NO_DEFAULT
    bounds: Mapping[str, Any] = {}


@final
class Same(msgspec.Struct, frozen=True):
    """A value as a form and as JSON write it."""

    type: Any
    text: str
    json: Any
    value: Any


SAME: Final = (
    Same(str, "Café", "Café", "Café"),
    Same(int, "-12", -12, -12),
    Same(float, "1.5", 1.5, 1.5),
    Same(float, "2", 2, 2.0),
    Same(bool, "true", True, True),
    Same(bool, "false", False, False),
    Same(Decimal, "12.50", "12.50", Decimal("12.50")),
    Same(date, "2026-01-31", "2026-01-31", date(2026, 1, 31)),
    Same(time, "09:30:00", "09:30:00", time(9, 30)),
    Same(datetime, "2026-01-31T09:30:00Z", "2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    Same(
        datetime,
        "2026-01-31T09:30:00+05:30",
        "2026-01-31T09:30:00+05:30",
        datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ),
    Same(timedelta, "PT1H30M", "PT1H30M", timedelta(hours=1, minutes=30)),
    Same(
        UUID,
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ),
    Same(Color, "dark blue", "dark blue", Color.DARK_BLUE),
    Same(Size, "2", 2, Size.LARGE),
    Same(Literal["a", "b"], "b", "b", "b"),
    Same(int | None, "7", 7, 7),
)


@final
class Mistake(msgspec.Struct, frozen=True):
    """A mistake as a form and as JSON make it, and what is said of it in both."""

    type: Any
    text: str
    json: Any
    code: str
    parameters: Mapping[str, Any] = {}
    bounds: Mapping[str, Any] = {}


MISTAKES: Final = (
    Mistake(int, "many", "many", "type", {"expected": "integer"}),
    Mistake(int, "1.5", 1.5, "type", {"expected": "integer"}),
    Mistake(int, "1_000", "1_000", "type", {"expected": "integer"}),
    Mistake(float, "much", "much", "type", {"expected": "number"}),
    Mistake(float, "nan", "nan", "type", {"expected": "number"}),
    Mistake(float, "-inf", "-inf", "type", {"expected": "number"}),
    Mistake(bool, "perhaps", "perhaps", "type", {"expected": "boolean"}),
    Mistake(Decimal, "dear", "dear", "format", {"expected": "decimal"}),
    Mistake(Decimal, "NaN", "NaN", "format", {"expected": "decimal"}),
    Mistake(Decimal, "Infinity", "Infinity", "format", {"expected": "decimal"}),
    Mistake(Decimal, "1e999999999", "1e999999999", "format", {"expected": "decimal"}),
    Mistake(date, "2026-02-30", "2026-02-30", "format", {"expected": "date"}),
    Mistake(time, "25:00:00", "25:00:00", "format", {"expected": "time"}),
    Mistake(datetime, "yesterday", "yesterday", "format", {"expected": "datetime"}),
    Mistake(datetime, "2026-01-31", "2026-01-31", "format", {"expected": "datetime"}),
    Mistake(timedelta, "long", "long", "format", {"expected": "duration"}),
    Mistake(UUID, "6ba7b810", "6ba7b810", "format", {"expected": "uuid"}),
    Mistake(Color, "green", "green", "choice", {"choices": ("red", "dark blue")}),
    Mistake(Size, "3", 3, "choice", {"choices": (1, 2)}),
    Mistake(Literal["a", "b"], "c", "c", "choice", {"choices": ("a", "b")}),
    Mistake(int | None, "many", "many", "type", {"expected": "integer"}),
    Mistake(str, "abc", "abc", "too_short", {"limit": 4, "unit": "characters"}, {"min_length": 4}),
    Mistake(str, "Cafés", "Cafés", "too_long", {"limit": 4, "unit": "characters"}, {"max_length": 4}),
    Mistake(str, "12a", "12a", "pattern", {"pattern": "^[0-9]+$"}, {"pattern": "^[0-9]+$"}),
    Mistake(int, "0", 0, "too_small", {"limit": 1, "exclusive": False}, {"ge": 1}),
    Mistake(int, "1", 1, "too_small", {"limit": 1, "exclusive": True}, {"gt": 1}),
    Mistake(int, "9", 9, "too_large", {"limit": 8, "exclusive": False}, {"le": 8}),
    Mistake(float, "8", 8, "too_large", {"limit": 8.0, "exclusive": True}, {"lt": 8.0}),
    Mistake(int, "7", 7, "multiple_of", {"step": 5}, {"multiple_of": 5}),
)


def shown(case: Same | Mistake) -> str:
    """Return how pytest names a case."""
    return f"{getattr(case.type, '__name__', case.type)}-{case.text}"
