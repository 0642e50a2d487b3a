"""Conditions of the query tree as SQL: the clause, and which value each of its parameters takes.

Values never reach SQL text: each becomes a parameter, numbered in the order in which the tree is walked, which is the
order of the tree's `values`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, final

from sqlalchemy import BindParameter, FromClause, and_, bindparam, not_, or_
from sqlalchemy import Table as SqlTable
from sqlalchemy.types import Integer, TypeEngine

from newel_data.schema import StoredField, Table
from newel_data.tree import And, Compare, Condition, Null, Operator, Or, Target
from newel_data.turning import Function
from newel_sql.codecs import item_line
from newel_sql.dialects.base import Column
from newel_sql.tables import Tables

Slot = tuple[int, Function | None]
"""Which value a parameter takes, and what makes of it what the driver takes."""

_LAST: Final = chr(0x10FFFF)
"""The greatest code point: a text made of it, as long as texts may be, is after every other one."""


@final
class Parameters:
    """The parameters of one statement: names for SQLAlchemy, and for each the value that it takes."""

    __slots__ = ("count", "slots")

    def __init__(self) -> None:
        self.slots: Final[dict[str, Slot]] = {}
        self.count = 0

    def next(self, type_: TypeEngine[Any], encode: Function | None = None) -> BindParameter[Any]:
        """Return the parameter of the next value."""
        self.count += 1
        return self.again(type_, encode)

    def again(self, type_: TypeEngine[Any], encode: Function | None = None) -> BindParameter[Any]:
        """Return another parameter of the value that was taken last."""
        name = f"_p{len(self.slots)}"  # no column of a model begins with an underscore
        self.slots[name] = (self.count - 1, encode)
        return bindparam(name, type_=type_)


@final
class Clauses:
    """Makes the clauses of one statement. `joins` holds the other tables that its conditions looked at."""

    __slots__ = ("_parameters", "_sizes", "_tables", "joins", "table")

    def __init__(self, tables: Tables, table: Table, parameters: Parameters, sizes: Sequence[int] = ()) -> None:
        self._tables: Final = tables
        self._parameters: Final = parameters
        self._sizes: Final = iter(sizes)
        self.table: Final[SqlTable] = tables.of(table)
        self.joins: Final[dict[StoredField, FromClause]] = {}

    def clause(self, condition: Condition) -> Column:
        """Return the clause of a condition."""
        match condition:
            case Compare():
                return self._compare(condition)
            case Null():
                column = self._column(condition.target)
                return column.is_not(None) if condition.negated else column.is_(None)
            case And():
                return and_(*[self.clause(item) for item in condition.items])
            case Or():
                return or_(*[self.clause(item) for item in condition.items])
            case _:
                raise TypeError(f"{condition!r} is no condition that a backend sees")

    def source(self) -> FromClause:
        """Return the table, joined with those that conditions looked at."""
        source: FromClause = self.table
        for field, other in self.joins.items():
            key = self._tables.target(field).key.column
            source = source.outerjoin(other, self.table.c[field.column] == other.c[key])
        return source

    # --- what a condition looks at

    def _column(self, target: Target) -> Column:
        if target.via is None:
            return self.table.c[target.field.column]
        if target.via not in self.joins:
            other = self._tables.of(self._tables.target(target.via))
            self.joins[target.via] = other.alias(f"_via_{target.via.column}")
        return self.joins[target.via].c[target.field.column]

    # --- leaves

    def _compare(self, leaf: Compare) -> Column:
        column, field = self._column(leaf.target), leaf.target.field
        if leaf.target.length:
            column = self._tables.dialect.items(column, field.type)
            return self._plain(column, leaf.operator, Integer(), None)
        if (search := _SEARCHES.get(leaf.operator)) is not None:
            return search(self, column, field)
        return self._plain(column, leaf.operator, column.type, self._tables.codec(field).encode)

    def _plain(self, column: Column, operator: Operator, type_: TypeEngine[Any], encode: Function | None) -> Column:
        if operator in {"in", "not_in"}:
            values = [self._parameters.next(type_, encode) for _ in range(next(self._sizes))]
            return column.in_(values) if operator == "in" else column.not_in(values)
        return _COMPARISONS[operator](column, self._parameters.next(type_, encode))

    def has(self, column: Column, field: StoredField) -> Column:
        """A list has an item: its line stands in the text."""
        line = self._parameters.next(column.type, lambda value: item_line(field.type, value))
        return self._tables.dialect.position(column, line) > 0

    def contains(self, column: Column, field: StoredField) -> Column:
        """A text stands anywhere in another."""
        return self._tables.dialect.position(column, self._parameters.next(column.type)) > 0

    def suffix(self, column: Column, field: StoredField) -> Column:
        """A text stands at the end of another."""
        text, length = self._parameters.next(column.type), self._parameters.again(Integer(), len)
        return self._tables.dialect.ending(column, length) == text

    def prefix(self, column: Column, field: StoredField) -> Column:
        """A text stands at the beginning of another.

        PERF: where texts have a limit, they lie between the prefix and the last text that begins with it, which an
        index finds.
        """
        text, limit = self._parameters.next(column.type), field.type.max_length
        if limit is None:
            length = self._parameters.again(Integer(), len)
            return self._tables.dialect.beginning(column, length) == text
        last = self._parameters.again(column.type, lambda prefix: prefix + _LAST * (limit - len(prefix)))
        return and_(column >= text, column <= last)


_COMPARISONS: Final[dict[Operator, Callable[[Column, Column], Column]]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "lt": lambda column, value: column < value,
    "le": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "ge": lambda column, value: column >= value,
}

_SEARCHES: Final[dict[Operator, Callable[[Clauses, Column, StoredField], Column]]] = {
    "has": Clauses.has,
    "has_not": lambda clauses, column, field: not_(clauses.has(column, field)),
    "contains": Clauses.contains,
    "not_contains": lambda clauses, column, field: not_(clauses.contains(column, field)),
    "suffix": Clauses.suffix,
    "not_suffix": lambda clauses, column, field: not_(clauses.suffix(column, field)),
    "prefix": Clauses.prefix,
    "not_prefix": lambda clauses, column, field: not_(clauses.prefix(column, field)),
}
