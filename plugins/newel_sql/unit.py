"""A unit of work: one connection, one transaction, from first use to commit or rollback."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, final

import msgspec.structs
from sqlalchemy import Connection
from sqlalchemy.pool import PoolProxiedConnection

from newel_data.errors import DataError
from newel_data.port import Row
from newel_data.schema import Table
from newel_data.tree import Aggregate, Delete, Measure, Select, Update, Upsert
from newel_data.tree import aggregate as counting
from newel_sql.connections import Connections
from newel_sql.failures import Doing
from newel_sql.statements import Statement, Statements, Values


@final
class SqlUnit:
    """One unit of work. It takes a connection at first use, so that a unit that does nothing costs nothing."""

    __slots__ = ("_clean", "_connection", "_connections", "_cursor", "_error", "_lost", "_read_only", "_session",
                 "_statements")  # fmt: skip

    def __init__(self, connections: Connections, statements: Statements, *, read_only: bool) -> None:
        self._connections: Final = connections
        self._statements: Final = statements
        self._read_only: Final = read_only
        self._error: Final = connections.dialect.error
        self._connection: PoolProxiedConnection | None = None
        self._cursor: Any = None
        self._session: Any = None
        self._lost = False
        self._clean = read_only  # while only statements of ours have read, and none failed

    # --- writing

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows."""
        statement = self._statements.insert(table)
        cursor = self._cursor or self._begin()
        try:
            if len(rows) == 1:
                cursor.execute(statement.sql, statement.write.row(rows[0]))
            else:
                cursor.executemany(statement.sql, statement.write.rows(rows))
        except self._error as error:
            raise self._failed(error, table, "write") from error

    def update(self, update: Update) -> int:
        """Change rows; return how many matched."""
        statement, parameters = self._statements.of(update)
        return self._changed(statement, parameters, "write")

    def delete(self, delete: Delete) -> int:
        """Remove rows; return how many matched.

        Where a cascade may come back to the table, a row that matches may be gone before the server gets to it, and is
        not counted: then they are counted before.
        """
        statement, parameters = self._statements.of(delete)
        if not self._counts_before(delete.table):
            return self._changed(statement, parameters, "delete")
        counted = self.aggregate(counting(delete.table, (), (Measure("count"),), delete.where))
        self._changed(statement, parameters, "delete")
        return int(counted[0][0])

    def upsert(self, upsert: Upsert) -> Row:
        """Insert a row or overwrite one; return the whole row as it now is."""
        statement = self._statements.upsert(upsert)
        parameters = statement.write.row(upsert.row)
        cursor = self._cursor or self._begin()
        try:
            cursor.execute(statement.sql, parameters)
            return statement.read.row(cursor.fetchone())
        except self._error as error:
            failure = self._connections.dialect.failure(error)
            if failure.kind == "null" and failure.columns == (upsert.table.key.column,):
                self.insert(upsert.table, [upsert.row])  # MariaDB: which other unique set is it?
            raise self._failed(error, upsert.table, "write") from error

    # --- reading

    def select(self, select: Select) -> Sequence[Row]:
        """Return all rows."""
        statement, parameters = self._statements.of(select)
        return self._rows(statement, parameters, "read")

    def aggregate(self, aggregate: Aggregate) -> Sequence[Row]:
        """Return one row for each group."""
        statement, parameters = self._statements.of(aggregate)
        return self._rows(statement, parameters, "read")

    def stream(self, select: Select, size: int) -> Iterator[Sequence[Row]]:
        """Yield the rows from a cursor of their own, some at a time."""
        statement, parameters = self._statements.of(select)
        self.connect()
        cursor = self._connections.cursor(self._taken)
        try:
            if self._session is not None:
                importlib.import_module("newel_sql.native").flush(self._session)
            cursor.execute(statement.sql, parameters)
            while rows := cursor.fetchmany(size):
                yield statement.read.rows(rows)
        except self._error as error:
            raise self._failed(error, statement.table, "read") from error
        finally:
            self._end(cursor)

    # --- the driver's own

    def native(self, failed: Callable[[BaseException], object]) -> Any:
        """Return a SQLAlchemy session in this unit's transaction."""
        if self._session is None:
            self.connect()
            self._clean = False  # who knows: a SET would outlive a commit
            native = importlib.import_module("newel_sql.native")
            self._session = native.session(self._connections.engine, self._taken, failed)
            self._cursor = native.Alongside(self._cursor, self._session)
        return self._session

    def mapped(self, table: Table) -> Any:
        """Return the mapped twin of a model."""
        return self._statements.tables.twin(table)

    # --- the end

    def connect(self) -> None:
        """Take a connection now."""
        if self._connection is None:
            self._begin()

    def connection(self) -> Connection:
        """Return SQLAlchemy's connection over the one of this unit, in its transaction. It is never closed."""
        self.connect()
        return Connection(self._connections.engine, self._connection)

    def commit(self) -> None:
        """Make it so, and give the connection back."""
        if self._connection is None:
            return
        try:
            if self._session is not None:
                importlib.import_module("newel_sql.native").flush(self._session)
            self._taken.dbapi_connection.commit()  # type: ignore[union-attr]
        except self._error as error:
            failed = self._failed(error, None, "commit")
            self.rollback()
            raise failed from error
        self._release()

    def rollback(self) -> None:
        """Undo everything, and give the connection back."""
        if self._connection is None:
            return
        if not self._connections.is_own(self._connection):
            self._connections.hold(self._connection)
            self._connection = self._cursor = None
            return
        try:
            if not self._lost:
                self._undo(self._taken.dbapi_connection)
        except self._error:
            self._lost = True
        self._release()

    def __del__(self) -> None:
        if self._connection is None:
            return
        if self._connections.is_own(self._connection):
            warnings.warn(f"{self!r} was neither committed nor rolled back", ResourceWarning, source=self, stacklevel=2)
        self.rollback()

    # --- inner parts

    @property
    def _taken(self) -> PoolProxiedConnection:
        if self._connection is None:
            raise TypeError("the unit has no connection")
        return self._connection

    def _undo(self, connection: Any) -> None:
        if self._clean:
            self._connections.dialect.leave(connection)
        else:
            connection.rollback()

    def _begin(self) -> Any:
        self._connection, self._cursor = self._connections.begin(read_only=self._read_only)
        return self._cursor

    def _rows(self, statement: Statement, parameters: Values, doing: Doing) -> Sequence[Row]:
        cursor = self._cursor or self._begin()
        try:
            cursor.execute(statement.sql, parameters)
            return statement.read.rows(cursor.fetchall())
        except self._error as error:
            raise self._failed(error, statement.table, doing) from error

    def _changed(self, statement: Statement, parameters: Values, doing: Doing) -> int:
        cursor = self._cursor or self._begin()
        try:
            cursor.execute(statement.sql, parameters)
        except self._error as error:
            raise self._failed(error, statement.table, doing) from error
        return int(cursor.rowcount)

    def _end(self, cursor: Any) -> None:
        """Close the cursor of a stream. Where the server is gone meanwhile, whoever uses the unit next is told."""
        try:
            cursor.close()
        except self._error as error:
            self._failed(error, None, "read")
            with contextlib.suppress(self._error):
                cursor.close()  # asks nothing of the server any more

    def _counts_before(self, table: Table) -> bool:
        return self._connections.dialect.cascades_first and self._statements.tables.comes_back(table)

    def _failed(self, error: Exception, table: Table | None, doing: Doing) -> DataError:
        failure = self._connections.dialect.failure(error)
        self._clean = False
        if failure.kind == "unavailable":
            self._lost = True
        elif table is not None and self._connections.failures.unnamed(failure):
            columns = self._connections.dialect.indexed(self._cursor, table.name, failure.constraint)
            failure = msgspec.structs.replace(failure, columns=columns)
        return self._connections.failures.error(failure, table, doing)

    def _release(self) -> None:
        connection, self._connection, self._cursor = self._taken, None, None
        if self._session is not None:
            self._session.end()
            self._session = None
        if self._lost:
            self._connections.give_up(connection, all_of_them=True)
        else:
            self._connections.give_back(connection)
