"""Statements: a tree of `newel_data` becomes SQL once for each shape, and then runs with other values.

SQLAlchemy Core spells the SQL and says in which order the parameters stand. What is kept is the text, which value each
parameter takes, and how the rows are read. PERF: running it needs nothing of SQLAlchemy any more; a `Result` and an
execution context cost more than SQLite takes to answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Final, cast, final

from sqlalchemy import ClauseElement, func, insert, literal_column
from sqlalchemy import Dialect as EngineDialect
from sqlalchemy import delete as sql_delete
from sqlalchemy import select as sql_select
from sqlalchemy import update as sql_update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Integer

from newel_data.schema import StoredField, Table
from newel_data.tree import (
    Aggregate,
    And,
    Change,
    Compare,
    Condition,
    Delete,
    Group,
    Measure,
    Or,
    Select,
    Update,
    Upsert,
)
from newel_data.turning import Function, Turner
from newel_sql.conditions import Clauses, Parameters
from newel_sql.dialects.base import Column
from newel_sql.tables import Tables

LIMIT: Final = 1000
"""Shapes that are kept. An application has some hundred; more of them come of queries put together from input."""

SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 1000, 2000, 5000, 10_000)
"""How many values an IN has parameters for. A shorter list repeats its last value, so that few statements are made."""

Tree = Select | Update | Delete | Aggregate
Values = Sequence[Any]


@final
class Statement:
    """SQL, which values it takes, and how what it returns is read.

    `write` turns a whole row of values into parameters (inserts), `read` the rows of the driver into port values.
    """

    __slots__ = ("_constants", "_slots", "read", "sql", "table", "write")

    def __init__(
        self,
        table: Table,
        compiled: SQLCompiler,
        parameters: Parameters,
        *,
        read: Sequence[Function | None] = (),
        write: Sequence[Function | None] = (),
    ) -> None:
        self.table: Final = table
        self.sql: Final = compiled.string
        self.read: Final = Turner(read)
        self.write: Final = Turner(write)
        names = compiled.positiontup or []
        strays = [name for name in names if name not in parameters.slots]
        count = parameters.count
        known = {**parameters.slots, **{name: (count + number, None) for number, name in enumerate(strays)}}
        self._constants: Final = tuple(compiled.params[name] for name in strays)
        slots = tuple(known[name] for name in names)
        self._slots: Final = None if slots == tuple((number, None) for number in range(count)) else slots

    def parameters(self, values: Values) -> Values:
        """Return the values in the order, the number and the form in which the driver takes them."""
        if self._slots is None:
            return values
        if self._constants:
            values = (*values, *self._constants)
        return [
            value if (value := values[number]) is None or encode is None else encode(value)
            for number, encode in self._slots
        ]


@final
class Expanding:
    """A shape with lists of values (`in`): a statement for each length that was met, as `SIZES` rounds it up."""

    __slots__ = ("_lists", "_made")

    def __init__(self, lists: frozenset[int]) -> None:
        self._lists: Final = lists
        self._made: Final[dict[tuple[int, ...], Statement]] = {}

    def statement(self, values: Values, make: Callable[[tuple[int, ...]], Statement]) -> tuple[Statement, Values]:
        """Return the statement for lists of these lengths, and the values one by one."""
        sizes: list[int] = []
        flat: list[Any] = []
        for number, value in enumerate(values):
            if number in self._lists:
                size = rounded(len(value))
                sizes.append(size)
                flat += (*value, *value[-1:] * (size - len(value)))
            else:
                flat.append(value)
        key = tuple(sizes)
        statement = self._made.get(key)
        if statement is None:
            statement = self._made[key] = make(key)
        return statement, flat


def rounded(length: int) -> int:
    """Return how many parameters stand for a list of that length."""
    return next((size for size in SIZES if size >= length), length)


@final
class Statements:
    """The statements of one backend, made when they are first needed and kept by shape. Shared by threads."""

    __slots__ = ("_dialect", "_kept", "_lock", "tables")

    def __init__(self, tables: Tables, dialect: EngineDialect) -> None:
        self.tables: Final = tables
        self._dialect: Final = dialect
        self._kept: Final[dict[Hashable, Any]] = {}
        self._lock: Final = threading.Lock()

    def of(self, tree: Tree) -> tuple[Statement, Values]:
        """Return the statement of a tree, and the parameters that it runs with."""
        kept = self._kept.get(tree.shape)
        if kept is None:
            lists = frozenset(_lists(tree))
            kept = self._keep(tree.shape, Expanding(lists) if lists else self._made(tree, ()))
        if type(kept) is Statement:
            return kept, kept.parameters(tree.values)
        statement, flat = kept.statement(tree.values, lambda sizes: self._made(tree, sizes))
        return statement, statement.parameters(flat)

    def insert(self, table: Table) -> Statement:
        """Return the statement that inserts a row, and how it writes one."""
        key = ("insert", table)
        return cast("Statement", self._kept.get(key) or self._keep(key, self._insert(table)))

    def upsert(self, tree: Upsert) -> Statement:
        """Return the statement that inserts or overwrites a row, and how it writes one."""
        key = (tree.shape, tree.bump)
        return cast("Statement", self._kept.get(key) or self._keep(key, self._upsert(tree)))

    def _keep(self, key: Hashable, made: Statement | Expanding) -> Statement | Expanding:
        with self._lock:
            if len(self._kept) >= LIMIT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = made
        return made

    # --- making them

    def _made(self, tree: Tree, sizes: tuple[int, ...]) -> Statement:
        parameters = Parameters()
        clauses = Clauses(self.tables, tree.table, parameters, sizes)
        match tree:
            case Select():
                return self._select(tree, clauses, parameters)
            case Aggregate():
                return self._aggregate(tree, clauses, parameters)
            case Update():
                return self._update(tree, clauses, parameters)
            case Delete():
                statement = sql_delete(clauses.table)
                if tree.where is not None:
                    statement = statement.where(clauses.clause(tree.where))
                return Statement(tree.table, self._compiled(statement), parameters)

    def _compiled(self, statement: ClauseElement) -> SQLCompiler:
        return cast("SQLCompiler", statement.compile(dialect=self._dialect))

    def _select(self, tree: Select, clauses: Clauses, parameters: Parameters) -> Statement:
        statement = sql_select(*[clauses.table.c[field.column] for field in tree.fields])
        if tree.where is not None:
            statement = statement.where(clauses.clause(tree.where))
        statement = statement.select_from(clauses.source())
        for term in tree.order:
            column = clauses.table.c[term.field.column]
            ordered = self.tables.dialect.ordered(column, term.field, descending=term.descending)
            statement = statement.order_by(ordered)
        if tree.limit is not None:
            statement = statement.limit(cast("Any", parameters.next(Integer())))
        if tree.offset is not None:
            statement = statement.offset(cast("Any", parameters.next(Integer())))
        return Statement(tree.table, self._compiled(statement), parameters, read=self._decoders(tree.fields))

    def _aggregate(self, tree: Aggregate, clauses: Clauses, parameters: Parameters) -> Statement:
        groups = [self._group(clauses, group) for group in tree.groups]
        measures = [self._measure(clauses, measure) for measure in tree.measures]
        labelled = [expression.label(f"_g{number}") for number, (expression, _) in enumerate(groups)]
        statement = sql_select(*labelled, *[expression for expression, _ in measures])
        if tree.where is not None:
            statement = statement.where(clauses.clause(tree.where))
        statement = statement.select_from(clauses.source()).group_by(*labelled)
        read = [decode for _, decode in (*groups, *measures)]
        return Statement(tree.table, self._compiled(statement), parameters, read=read)

    def _group(self, clauses: Clauses, group: Group) -> tuple[Column, Function | None]:
        column = clauses.table.c[group.field.column]
        if group.bucket is None:
            return column, self.tables.codec(group.field).decode
        return self.tables.dialect.bucket(column, group.field.type, group.bucket)

    def _measure(self, clauses: Clauses, measure: Measure) -> tuple[Column, Function | None]:
        if measure.field is None:
            return func.count(), None
        column = clauses.table.c[measure.field.column]
        if measure.function == "count":
            return func.count(column), None
        if measure.function == "sum":
            return self.tables.dialect.total(column, measure.field.type)
        return self.tables.dialect.extreme(column, measure.function), self.tables.codec(measure.field).decode

    def _update(self, tree: Update, clauses: Clauses, parameters: Parameters) -> Statement:
        changes = {change.field.column: self._change(change, clauses, parameters) for change in tree.changes}
        statement = sql_update(clauses.table).values(changes)
        if tree.where is not None:
            statement = statement.where(clauses.clause(tree.where))
        return Statement(tree.table, self._compiled(statement), parameters)

    def _change(self, change: Change, clauses: Clauses, parameters: Parameters) -> Column:
        value = parameters.next(clauses.table.c[change.field.column].type, self.tables.codec(change.field).encode)
        if change.source is None:
            return value
        made = _ARITHMETIC[change.operator](clauses.table.c[change.source.column], value)
        return made + _ZERO if change.field.type.kind == "float" else made

    def _insert(self, table: Table) -> Statement:
        parameters = Parameters()
        statement = insert(self.tables.of(table)).values(self._row(table, parameters)).inline()
        return Statement(table, self._compiled(statement), parameters, write=self._encoders(table.fields))

    def _upsert(self, tree: Upsert) -> Statement:
        parameters = Parameters()
        statement = self.tables.dialect.upsert(
            self.tables.of(tree.table),
            self._row(tree.table, parameters),
            by=[field.column for field in tree.by],
            overwrite=[field.column for field in tree.overwrite],
            bump=None if tree.bump is None else tree.bump.column,
        )
        return Statement(
            tree.table,
            self._compiled(statement),
            parameters,
            read=self._decoders(tree.table.fields),
            write=self._encoders(tree.table.fields),
        )

    def _row(self, table: Table, parameters: Parameters) -> dict[str, Any]:
        columns = self.tables.of(table).c
        return {field.column: parameters.next(columns[field.column].type) for field in table.fields}

    def _decoders(self, fields: Sequence[StoredField]) -> list[Function | None]:
        return [self.tables.codec(field).decode for field in fields]

    def _encoders(self, fields: Sequence[StoredField]) -> list[Function | None]:
        return [self.tables.codec(field).encode for field in fields]


_ARITHMETIC: Final[dict[str, Callable[[Column, Column], Column]]] = {
    "add": lambda source, value: source + value,
    "subtract": lambda source, value: source - value,
    "multiply": lambda source, value: source * value,
}
_ZERO: Final[Column] = literal_column("0")
"""What takes the sign of a product that is zero."""


def _lists(tree: Tree) -> Iterator[int]:
    """Yield which of a tree's values are lists of an `in`."""
    number = len(tree.changes) if isinstance(tree, Update) else 0
    for leaf in _leaves(tree.where):
        if leaf.operator in {"in", "not_in"}:
            yield number
        number += 1


def _leaves(condition: Condition | None) -> Iterator[Compare]:
    """Yield the leaves that have a value, from left to right."""
    if isinstance(condition, Compare):
        yield condition
    elif isinstance(condition, (And, Or)):
        for item in condition.items:
            yield from _leaves(item)
