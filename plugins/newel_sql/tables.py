"""The models as SQLAlchemy's tables: columns, checks, foreign keys and indexes, and what each name in them means."""

from __future__ import annotations

import importlib
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final, final

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, MetaData, PrimaryKeyConstraint, literal
from sqlalchemy import Table as SqlTable

from newel_data.models import Models
from newel_data.schema import INT_MAX, INT_MIN, StoredField, Table, Type
from newel_sql.codecs import Codec
from newel_sql.dialects.base import Column as Expression
from newel_sql.dialects.base import Dialect
from newel_sql.failures import RANGE, Failures, Rule

_MAX_NAME: Final = 60
_ACTIONS: Final = {"restrict": "RESTRICT", "cascade": "CASCADE", "set_null": "SET NULL"}


@final
class Tables:
    """The tables of one closed set of models, for one server. Fixed once it is made."""

    def __init__(self, models: Models, dialect: Dialect) -> None:
        self.models: Final = models
        self.dialect: Final = dialect
        self.metadata: Final = MetaData()
        self.rules: Final[dict[str, Rule]] = {}
        self.references: Final[dict[str, tuple[Table, StoredField]]] = {}
        self._codecs: Final = {
            field: dialect.codec(field.type) for table in models.tables for field in table.fields
        }  # fmt: skip
        self._tables: Final = {table: self._made(table) for table in models.tables}
        self._lock: Final = threading.Lock()
        self._twins: Final[dict[Table, Any]] = {}
        self._coming_back: Final = frozenset(table for table in models.tables if _comes_back(models, table))

    def of(self, table: Table) -> SqlTable:
        """Return the SQL table of a model."""
        return self._tables[table]

    def target(self, field: StoredField) -> Table:
        """Return the table that a reference leads to."""
        if field.reference is None:
            raise TypeError(f"{field!r} is no reference")
        return self.models.table(field.reference.target)

    def codec(self, field: StoredField) -> Codec:
        """Return how a field's values stand in its column."""
        return self._codecs[field]

    def twin(self, table: Table) -> Any:
        """Return the class that SQLAlchemy's ORM maps to a table. All are made at once, when the first is asked for."""
        with self._lock:
            if not self._twins:
                self._twins.update(importlib.import_module("newel_sql.native").twins(self))
        return self._twins[table]

    def comes_back(self, table: Table) -> bool:
        """Tell whether a delete of a table's rows may cascade to other rows of it."""
        return table in self._coming_back

    def failures(self, where: str) -> Failures:
        """Return what looks up the names that errors hold."""
        return Failures(self.models.tables, self.rules, self.references, where)

    # --- making them

    def _made(self, table: Table) -> SqlTable:
        columns = [self._column(field) for field in table.fields]
        key = PrimaryKeyConstraint(table.key.column)
        made = SqlTable(table.name, self.metadata, *columns, key, **self.dialect.table_options)
        for field in table.fields:
            if field.reference is None:  # a reference has the value of a key, which was checked
                self._add_checks(table, field, made.c[field.column])
        for field in table.references:
            self._add_reference(table, field, made)
        for index in table.indexes:
            terms = [self.dialect.index_term(made.c[field.column], field) for field in index.fields]
            Index(index.name, *terms, unique=index.unique)
        return made

    def _column(self, field: StoredField) -> Column[Any]:
        return Column(field.column, self._codecs[field].as_type(), nullable=field.nullable, autoincrement=False)

    def _add_checks(self, table: Table, field: StoredField, column: Column[Any]) -> None:
        for code, condition, text in checks(self.dialect, column, field.type):
            name = limited(f"{table.name}_{field.column}_{code}")
            while name in self.rules:
                name = f"{name}_also"
            self.rules[name] = Rule(table, field, code, text)
            column.table.append_constraint(CheckConstraint(condition, name=name))

    def _add_reference(self, table: Table, field: StoredField, made: SqlTable) -> None:
        reference, target = field.reference, self.target(field)
        if reference is None:
            return
        name = limited(f"{table.name}_{field.column}_fkey")
        self.references[name] = (table, field)
        made.append_constraint(
            ForeignKeyConstraint(
                [field.column],
                [f"{target.name}.{target.key.column}"],
                name=name,
                ondelete=_ACTIONS[reference.on_delete],
            )
        )


def _comes_back(models: Models, table: Table) -> bool:
    references = [field.reference for each in models.cascade(table) for field in each.references]
    return any(each and each.on_delete == "cascade" and each.target is table.model for each in references)


def limited(name: str) -> str:
    """Shorten a name to what every server takes, and keep it unlike others."""
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 9]}_{zlib.crc32(name.encode()):08x}"


# --- checks -----------------------------------------------------------------------------------------------------------

Check = tuple[str, Expression, str]
"""A code (a validator's, or "range"), the condition that holds, and what is said where it does not."""


def checks(dialect: Dialect, column: Column[Any], type_: Type) -> Iterator[Check]:
    """Yield what the database checks of a column: the same as newel_data before I/O, for whoever writes past it."""
    for code, condition in dialect.type_checks(column, type_):
        yield code, condition, "a number became too large to hold" if code == RANGE else f"takes a {type_.kind}"
    if type_.choices is not None:
        values = [literal(value, column.type) for value in type_.choices]
        allowed = column.in_(values) if len(values) > 1 else column == values[0]  # as servers tell it afterwards
        yield "choice", allowed, f"takes one of {', '.join(map(repr, type_.choices))}"
    if (measure := _MEASURES.get(type_.kind)) is not None:
        yield from _lengths(measure(dialect, column, type_), type_)
    yield from _bounds(column, type_)


def _lengths(length: Expression, type_: Type) -> Iterator[Check]:
    unit = _UNITS[type_.kind]
    if type_.max_length is not None:
        yield "too_long", length <= literal(type_.max_length), f"takes {type_.max_length} {unit} at most"
    if type_.min_length:
        yield "too_short", length >= literal(type_.min_length), f"takes {type_.min_length} {unit} at least"


def _bounds(column: Column[Any], type_: Type) -> Iterator[Check]:
    whole = type_.kind == "int"
    if type_.minimum is not None and not (whole and type_.minimum == INT_MIN):
        yield "too_small", column >= literal(type_.minimum, column.type), f"takes {type_.minimum} at least"
    if type_.maximum is not None and not (whole and type_.maximum == INT_MAX):
        yield "too_large", column <= literal(type_.maximum, column.type), f"takes {type_.maximum} at most"


_MEASURES: Final[dict[str, Callable[[Dialect, Expression, Type], Expression]]] = {
    "str": lambda dialect, column, type_: dialect.length(column, type_),
    "bytes": lambda dialect, column, type_: dialect.length(column, type_),
    "list": lambda dialect, column, type_: dialect.items(column, type_),
}

_UNITS: Final = {"str": "characters", "bytes": "bytes", "list": "items"}
