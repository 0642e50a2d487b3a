"""What went wrong on a server, in the contract's words: from the driver's exception to an error of `newel_data`.

A dialect reads its driver's exceptions and says what it found in a `Failure`; here the names in it are looked up in the
models. SECURITY: messages are made of names of the models only, never of the driver's text, which may hold values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, final

import msgspec

from newel_data.errors import (
    Conflict,
    ConstraintViolation,
    DatabaseUnavailable,
    DataError,
    NotPermitted,
    OutOfRange,
    ReadOnly,
    ReferenceViolation,
    UniqueViolation,
)
from newel_data.schema import Index, StoredField, Table

Kind = Literal[
    "unique",
    "reference",
    "check",
    "null",
    "too long",
    "range",
    "conflict",
    "unavailable",
    "too slow",
    "no access",
    "no database",
    "no right",
    "read only",
    "no table",
    "other",
]
Doing = Literal["write", "delete", "read", "commit"]


@final
class Failure(msgspec.Struct, frozen=True):
    """What a driver's exception says: a kind, and the names it gives, as far as it gives any.

    `constraint` is the name of an index, a check or a foreign key; `columns` are those of an index or the one that was
    null. A server that was "too slow" is there, and its connection may be kept; one that is "unavailable" is lost.
    """

    kind: Kind
    table: str = ""
    columns: tuple[str, ...] = ()
    constraint: str = ""


@final
class Rule(msgspec.Struct, frozen=True):
    """A check of the database: which field it is of, and what is said of a value that breaks it.

    `code` is one of the validators'; "range" stands for what no backend can hold (`OutOfRange`).
    """

    table: Table
    field: StoredField
    code: str
    text: str


@final
class Failures:
    """The names of one set of models, as servers tell them."""

    __slots__ = ("_indexes", "_references", "_rules", "_tables", "_where")

    def __init__(
        self,
        tables: Iterable[Table],
        rules: Mapping[str, Rule],
        references: Mapping[str, tuple[Table, StoredField]],
        where: str,
    ) -> None:
        self._tables: Final = {table.name: table for table in tables}
        self._rules: Final = rules
        self._references: Final = references
        self._where: Final = where
        self._indexes: Final = {
            index.name: (table, index) for table in self._tables.values() for index in table.indexes if index.unique
        }

    def error(self, failure: Failure, table: Table | None, doing: Doing) -> DataError:
        """Return the error that a failure is, for whoever was `doing` something to a table."""
        if failure.kind in _UNAVAILABLE:
            return self.unavailable(failure.kind)
        if failure.kind == "no right":
            return NotPermitted(f"{self._where} does not let its user do that: {_GRANT}")
        if (made := _CONCERNS_NO_ROW.get(failure.kind)) is not None:
            return made[0](made[1])
        found = self._tables.get(failure.table, table)
        if found is None:
            return DataError("the database refused a statement")
        return self._violation(failure, found, doing)

    def unnamed(self, failure: Failure) -> bool:
        """Tell whether an index was told by a name that no model gave it, and by nothing else."""
        known = not failure.constraint or failure.columns or failure.constraint in self._indexes
        return failure.kind == "unique" and not known

    def unavailable(self, kind: Kind = "unavailable") -> DatabaseUnavailable:
        """Return the error of a database that cannot be reached, or lets nobody in."""
        return DatabaseUnavailable(f"{self._where} {_UNAVAILABLE[kind]}")

    def _violation(self, failure: Failure, table: Table, doing: Doing) -> DataError:
        model, field = table.model.__name__, _named(table, failure.columns)
        match failure.kind:
            case "unique":
                return self._unique(failure, table)
            case "reference":
                return self._reference(failure, table, doing)
            case "null" | "too long":
                return ConstraintViolation(model, field, *_TOLD[failure.kind])
            case "check":
                return self._broken(failure, model)
            case "range":
                return OutOfRange(model, field, "a number became too large to hold")
            case _:
                return DataError(f"the database refused a statement on {table.name}")

    def _unique(self, failure: Failure, table: Table) -> DataError:
        if failure.constraint in self._indexes:
            table, index = self._indexes[failure.constraint]
            return UniqueViolation(table.model.__name__, index.names)
        return UniqueViolation(table.model.__name__, _names_of(table, failure.columns))

    def _reference(self, failure: Failure, table: Table, doing: Doing) -> DataError:
        deleting = doing == "delete"
        if failure.constraint in self._references:
            table, field = self._references[failure.constraint]
            return ReferenceViolation(table.model.__name__, field.name, deleting=deleting)
        told = "" if deleting else _named(table, failure.columns)  # a delete may tell the columns of either side
        return ReferenceViolation(table.model.__name__, told, deleting=deleting)

    def _broken(self, failure: Failure, name: str) -> DataError:
        rule = self._rules.get(failure.constraint)
        if rule is None:
            return ConstraintViolation(name, "", "invalid", "breaks a check of the database")
        model, field = rule.table.model.__name__, rule.field.name
        if rule.code == RANGE:
            return OutOfRange(model, field, rule.text)
        return ConstraintViolation(model, field, rule.code, rule.text)


_SILENT: Final = "cannot be reached, or did not answer in time"

_UNAVAILABLE: Final[Mapping[Kind, str]] = {
    "unavailable": _SILENT,
    "too slow": _SILENT,
    "no access": "refuses the user or the password: correct [sql] url, or let the server know the user",
    "no database": "is not there, though its server is: create it, or correct [sql] url ('newel db sync' makes tables)",
}

_GRANT: Final = "grant the right, or let the user own the database (PostgreSQL 15 and later lets no other make tables)"

_CONCERNS_NO_ROW: Final[Mapping[Kind, tuple[type[DataError], str]]] = {
    "conflict": (Conflict, "another unit of work was in the way (lock, deadlock or serialization): run it again"),
    "read only": (ReadOnly, "this unit of work only reads, and something was to be written"),
    "no table": (
        DataError,
        "a table or column of the models is not in the database: run 'newel db sync', then 'newel db verify'",
    ),
}

_TOLD: Final = {
    "null": ("missing", "takes a value, not None"),
    "too long": ("too_long", "is longer than its column"),
}

RANGE: Final = "range"


def _names_of(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the attributes of the unique set that has these columns."""
    index: Index
    for index in table.indexes:
        if index.unique and tuple(field.column for field in index.fields) == columns:
            return index.names
    by_column = {field.column: field.name for field in table.fields}
    return tuple(by_column.get(column, column) for column in columns) or (table.key.name,)


def _named(table: Table, columns: tuple[str, ...]) -> str:
    return next((field.name for field in table.fields if field.column in columns), "")
