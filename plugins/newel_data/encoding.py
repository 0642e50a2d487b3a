"""Exact texts for values, for databases that lack a type. Each is reversible; those marked *sorts* keep the order.

A backend uses what it needs of these; newel_data uses `json_text` and `size_of`. All take and return port values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from newel_data.schema import Kind, Type

EXACT: Final = Context(prec=100)
"""A context in which no operation on the contract's decimals is ever inexact."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MILLISECOND: Final = timedelta(milliseconds=1)


def decimal_text(value: Decimal, precision: int, scale: int) -> str:
    """Write a decimal as text of a fixed width that *sorts*: a sign digit, then digits without a point.

    A negative number is written as its complement: with precision 4 and scale 2, 1.50 is "10150" and -1.50 "09849".
    """
    units = int(value.scaleb(scale, EXACT))
    return f"1{units:0{precision}d}" if units >= 0 else f"0{10**precision - 1 + units:0{precision}d}"


def decimal_of(text: str, scale: int) -> Decimal:
    """Read what `decimal_text` wrote. PERF: made of one text, which is exact and costs least."""
    if text[0] == "1":
        return Decimal(f"{text[1:]}E-{scale}")
    return Decimal(f"{int(text[1:]) - (10 ** (len(text) - 1) - 1)}E-{scale}")


def milliseconds(value: datetime) -> int:
    """Write a datetime as milliseconds since 1970 in UTC; *sorts*."""
    return (value - _EPOCH) // _MILLISECOND


def datetime_of(count: int) -> datetime:
    """Read what `milliseconds` wrote."""
    return _EPOCH + timedelta(milliseconds=count)


def datetime_text(value: datetime) -> str:
    """Write a datetime of UTC as text of a fixed width that *sorts*: 2024-05-01T12:30:00.000."""
    return value.replace(tzinfo=None).isoformat(timespec="milliseconds")


def datetime_of_text(text: str) -> datetime:
    """Read what `datetime_text` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def time_text(value: time) -> str:
    """Write a time as text of a fixed width that *sorts*: 12:30:00.000000."""
    return value.isoformat(timespec="microseconds")


def microseconds(value: timedelta) -> int:
    """Write a timedelta as microseconds; *sorts*."""
    return value // _MICROSECOND


def timedelta_of(count: int) -> timedelta:
    """Read what `microseconds` wrote."""
    return timedelta(microseconds=count)


def plain(kind: Kind, value: Any) -> Any:
    """Return a scalar as JSON can hold it exactly; `of_plain` reads it. Not for json and list."""
    write = _PLAIN.get(kind)
    return value if write is None else write(value)


def of_plain(kind: Kind, value: Any) -> Any:
    """Return the scalar that `plain` wrote."""
    read = _READ.get(kind)
    return value if read is None else read(value)


def list_text(element: Type, values: Sequence[Any]) -> str:
    """Write a list as canonical JSON: equal lists, equal texts. ASCII is all that is escaped as JSON demands."""
    return msgspec.json.encode([plain(element.kind, value) for value in values]).decode()


def list_of(element: Type, text: str | bytes) -> tuple[Any, ...]:
    """Read what `list_text` wrote."""
    return tuple([of_plain(element.kind, value) for value in msgspec.json.decode(text)])


def item_text(element: Type, value: Any) -> str:
    """Write one value as it stands in the text of a list."""
    return list_text(element, (value,))[1:-1]


def json_text(value: Any) -> str:
    """Write a JSON value as canonical text: keys sorted, no spaces. Raises `TypeError` or `ValueError` for others."""
    return msgspec.json.encode(value, order="deterministic").decode()


def size_of(row: Sequence[Any]) -> int:
    """Count the bytes of a row, roughly as a document would hold them; never less than its texts and bytes."""
    return sum(_size(value) for value in row)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    return size_of(value) + 8 * len(value) if isinstance(value, tuple) else 16


_PLAIN: Final[dict[Kind, Any]] = {
    "decimal": str,
    "bytes": bytes.hex,
    "datetime": milliseconds,
    "date": date.isoformat,
    "time": time_text,
    "timedelta": microseconds,
    "uuid": str,
}

_READ: Final[dict[Kind, Any]] = {
    "float": float,
    "decimal": Decimal,
    "bytes": bytes.fromhex,
    "datetime": datetime_of,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": timedelta_of,
    "uuid": UUID,
}
