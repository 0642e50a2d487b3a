"""What the servers differ in: a dialect answers for one of them, and everything else is written once.

SQLAlchemy's own dialects know how SQL is spelled. What stands here is what the contract asks beyond that: which column
holds a value exactly and in order, how a unit begins, how text is searched literally, what an exception means.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, Insert, func, literal_column
from sqlalchemy import Table as SqlTable
from sqlalchemy.engine import Inspector
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import NullType, TypeEngine

from newel_data.port import WHOLE, Capability
from newel_data.schema import StoredField, Type
from newel_data.tree import Bucket
from newel_data.turning import Function
from newel_sql.codecs import Codec, Coded
from newel_sql.config import SqlConfig
from newel_sql.failures import Failure
from newel_sql.mending import Damage

Column = ColumnElement[Any]

OF_SERVERS: Final[frozenset[Capability]] = WHOLE | frozenset[Capability](
    {
        "concurrent_units",
        "concurrent_writers",
        "snapshot_reads",
        "database_checks",
        "native",
        "schema",
        "durable",
        "server",
    }
)
"""What a database can do that is a server of its own."""

GRACE: Final = 1.0
"""Seconds beyond the timeout in which a server can say itself that a lock or a statement took too long."""


class Dialect(ABC):
    """One server: what its columns hold, how it is spoken to, and what its exceptions say."""

    name: ClassVar[str]
    """As people know it: "SQLite"."""

    capabilities: ClassVar[frozenset[Capability]]
    """What it can do, whatever the configuration; see `newel_data.port`."""

    error: ClassVar[type[Exception]]
    """The base of its driver's exceptions."""

    max_values: ClassVar[int]
    """The most values that one statement may have."""

    no_action: ClassVar[str] = "NO ACTION"
    """What a foreign key without ON DELETE does, as the server's inspector tells it."""

    table_options: ClassVar[Mapping[str, Any]] = {}
    """Options of every table, as SQLAlchemy names them."""

    cascades_first: ClassVar[bool] = False
    """Whether a cascade may take a row before the statement that matched it counts it."""

    maintenance: ClassVar[str | None] = None
    """The database to be connected to while another one is created or dropped."""

    unchecked: ClassVar[tuple[Sequence[str], Sequence[str]]] = ((), ())
    """What begins and ends a transaction in which references are not looked at."""

    dropping: ClassVar[str] = "DROP DATABASE IF EXISTS {}"
    """The statement that drops a database."""

    def __init__(self, config: SqlConfig) -> None:
        self.config = config

    @property
    def patience(self) -> float:
        """Seconds that a driver waits for an answer: a little longer than its server may take to give one."""
        return math.ceil(self.config.timeout) + GRACE

    # --- connections

    @abstractmethod
    def engine_options(self) -> dict[str, Any]:
        """Return what `create_engine` is told beside the pool's sizes: how the driver connects."""

    @abstractmethod
    def on_connect(self, connection: Any) -> None:
        """Prepare a new connection of the driver: settings that last as long as it does."""

    def connect(self, parameters: Mapping[str, Any]) -> Any:
        """Open a connection of a class of our own; None leaves that to SQLAlchemy."""
        return None

    def take_time(self, connection: Any) -> None:
        """Let statements on a connection of the driver take as long as they need: an index may take an hour."""
        return

    @abstractmethod
    def begin(self, connection: PoolProxiedConnection, cursor: Any, *, read_only: bool) -> None:
        """Begin a transaction. One that only reads refuses every write, whoever sends it."""

    def leave(self, connection: Any) -> None:
        """End a transaction in which statements of ours have read, and none failed, on a connection of the driver."""
        connection.rollback()

    def restrict(self, cursor: Any, *, read_only: bool) -> None:
        """Refuse writes from here on, below a savepoint of a transaction that may write; or end that, with it."""
        return

    @abstractmethod
    def failure(self, error: Exception) -> Failure:
        """Say what an exception of the driver means."""

    def indexed(self, cursor: Any, table: str, index: str) -> tuple[str, ...]:
        """Return the columns of an index whose name is not ours, on servers whose exceptions tell the name alone."""
        return ()

    def stream_cursor(self, connection: PoolProxiedConnection) -> Any:
        """Return a cursor that does not fetch all rows at once."""
        return connection.cursor()

    # --- columns

    @abstractmethod
    def codec(self, type_: Type) -> Codec:
        """Return how values of a type stand in a column."""

    @abstractmethod
    def type_checks(self, column: Column, type_: Type) -> Iterable[tuple[str, Column]]:
        """Yield what the database checks because of the column's type: "type" or "range", and the condition."""

    @abstractmethod
    def length(self, column: Column, type_: Type) -> Column:
        """Return the number of code points of a text, or of bytes."""

    def items(self, column: Column, type_: Type) -> Column:
        """Return the number of items of a list: half of the line breaks in its text (see `codecs.list_text`)."""
        without = func.replace(column, "\n", "", type_=column.type)
        return (self.length(column, type_) - self.length(without, type_)) // 2

    def plain(self, type_: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return the SQL type of a column, without its codec."""
        return type_.codec.type if isinstance(type_, Coded) else type_

    def index_term(self, column: Column, field: StoredField) -> Column:
        """Return how a column stands in an index, so that the contract's order can use it."""
        return column

    # --- expressions

    @abstractmethod
    def position(self, column: Column, wanted: Column) -> Column:
        """Return where a text stands in a column, from 1; 0 where it does not. Literally, by code point."""

    @abstractmethod
    def ending(self, column: Column, length: Column) -> Column:
        """Return the last code points of a text."""

    def beginning(self, column: Column, length: Column) -> Column:
        """Return the first code points of a text."""
        return func.substr(column, 1, length, type_=column.type)

    def ordered(self, column: Column, field: StoredField, *, descending: bool) -> Column:
        """Return a term of an order: nulls first ascending, last descending."""
        return column.desc() if descending else column.asc()

    @abstractmethod
    def bucket(self, column: Column, type_: Type, bucket: Bucket) -> tuple[Column, Function | None]:
        """Return the first day of a column's day, month or year in UTC, and what makes a `date` of it."""

    @abstractmethod
    def total(self, column: Column, type_: Type) -> tuple[Column, Function | None]:
        """Return the exact sum of a column, and what makes a port value of it."""

    def extreme(self, column: Column, function: str) -> Column:
        """Return the least or greatest value of a column: "min" or "max"."""
        extreme: Column = getattr(func, function)(column, type_=column.type)
        return extreme

    # --- statements

    @abstractmethod
    def upsert(
        self, table: SqlTable, row: Mapping[str, Any], *, by: list[str], overwrite: list[str], bump: str | None
    ) -> Insert:
        """Return the statement that inserts a row or overwrites the one with the same `by`, and returns it whole."""

    def emptying(self, tables: Sequence[str]) -> Sequence[str]:
        """Return the statements that remove all rows of these tables, whatever refers to what."""
        emptied = [f"DELETE FROM {table}" for table in tables]  # noqa: S608  # names of models
        return [*self.unchecked[0], *emptied, *self.unchecked[1]]

    # --- the schema

    def alone(self) -> str | None:
        """Return the statement that keeps other processes from creating tables until the transaction ends."""
        return None

    def declared(self, column: SqlColumn[Any], compiler: DDLCompiler) -> str:
        """Return the type of a column as `found` would tell it."""
        return str(compiler.dialect.type_compiler_instance.process(column.type))

    def options(self, inspector: Inspector, table: str) -> Mapping[str, Any]:
        """Return what the database says of a table as a whole, where `found` needs to know."""
        return {}

    def found(self, column: Mapping[str, Any], options: Mapping[str, Any], compiler: DDLCompiler) -> str:
        """Return the type of a column of the database, as the inspector has read it and its table's options."""
        if isinstance(column["type"], NullType):  # a column of SQLite, or of a view, may have none
            return "of no type"
        return str(compiler.dialect.type_compiler_instance.process(column["type"]))

    def same_check(self, text: str) -> str:
        """Return the text of a check so that what we wrote and what the server tells are alike."""
        return text

    @abstractmethod
    def mend(self, damage: Damage, compiler: DDLCompiler) -> str:
        """Return the statements that would make a part of a table what the models say. They are never run here."""


def overwriting(statement: Any, *, by: list[str], overwrite: list[str], bump: str | None) -> Any:
    """Add ON CONFLICT DO UPDATE to an insert. Where nothing is to be overwritten, the row is touched all the same."""
    change = {name: statement.excluded[name] for name in overwrite or by}
    if bump is not None:
        change[bump] = statement.table.c[bump] + literal_column("1")
    return statement.on_conflict_do_update(index_elements=by, set_=change)
