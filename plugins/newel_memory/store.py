"""What the memory backend holds: rows by key, and the keys by each unique set. Copied on the first write to a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, final
from uuid import UUID

from newel_data.errors import ConstraintViolation, ReferenceViolation, UniqueViolation
from newel_data.models import Models
from newel_data.schema import Index, Kind, StoredField, Table
from newel_data.values import broken_limit

Row = tuple[Any, ...]

PYTHON: Final[dict[Kind, type]] = {
    "str": str,
    "int": int,
    "float": float,
    "decimal": Decimal,
    "bool": bool,
    "bytes": bytes,
    "datetime": datetime,
    "date": date,
    "time": time,
    "timedelta": timedelta,
    "uuid": UUID,
    "list": tuple,
    "json": str,
}


@final
class Rows:
    """The rows of one table. A committed one is never changed: a writer copies it first."""

    __slots__ = ("by_key", "table", "uniques")

    def __init__(self, table: Table, by_key: dict[str, Row], uniques: dict[Index, dict[Row, str]]) -> None:
        self.table: Final = table
        self.by_key: Final = by_key
        self.uniques: Final = uniques

    def copy(self) -> Rows:
        """Return rows that can be changed apart from these."""
        return Rows(self.table, dict(self.by_key), {index: dict(keys) for index, keys in self.uniques.items()})

    def add(self, row: Row) -> None:
        """Insert a row. Raises `UniqueViolation`."""
        key = row[0]
        if key in self.by_key:
            raise UniqueViolation(self.table.model.__name__, (self.table.key.name,))
        for index, keys in self.uniques.items():
            values = self.values(index, row)
            if None not in values and keys.setdefault(values, key) != key:
                raise UniqueViolation(self.table.model.__name__, index.names)
        self.by_key[key] = row

    def drop(self, key: str) -> Row:
        """Remove a row, and what the unique sets know of it."""
        row = self.by_key.pop(key)
        for index, keys in self.uniques.items():
            keys.pop(self.values(index, row), None)
        return row

    def values(self, index: Index, row: Row) -> Row:
        """Return the values of a row in an index."""
        return tuple([row[place(self.table, field)] for field in index.fields])


State = dict[Table, Rows]
"""Everything that is stored, at one moment."""


def empty(models: Models) -> State:
    """Return a store without rows."""
    return {table: Rows(table, {}, {index: {} for index in table.indexes if index.unique}) for table in models.tables}


def place(table: Table, field: StoredField) -> int:
    """Return where a field stands in a row."""
    return table.fields.index(field)


def check_row(table: Table, row: Sequence[Any]) -> None:
    """Check types, nulls and limits again, as a database does. Raises `ConstraintViolation`."""
    for field, value in zip(table.fields, row, strict=True):
        if value is None:
            if not field.nullable:
                _refuse(table, field, "missing", "takes a value, not None")
        elif type(value) is not PYTHON[field.type.kind]:
            _refuse(table, field, "type", f"is stored as {field.type.kind}, not {type(value).__name__}")
        elif (broken := broken_limit(field.type, value)) is not None:
            _refuse(table, field, *broken)


def check_references(models: Models, state: State, table: Table, row: Row, fields: Iterable[StoredField]) -> None:
    """Check that what a row refers to is there; a row may refer to itself. Raises `ReferenceViolation`."""
    for field in fields:
        key = row[place(table, field)]
        if key is None or field.reference is None:
            continue
        target = models.table(field.reference.target)
        if key not in state[target].by_key and not (target is table and key == row[0]):
            raise ReferenceViolation(table.model.__name__, field.name)


def _refuse(table: Table, field: StoredField, code: str, text: str) -> None:
    raise ConstraintViolation(table.model.__name__, field.name, code, text)
