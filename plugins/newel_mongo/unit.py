"""A unit of work: one session with one transaction, from first use to commit or rollback.

A unit that only reads has no transaction: it reads what is committed by a majority, costs the server nothing beyond
its queries, and may stream for longer than the minute that MongoDB gives a transaction.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, NoReturn, final

from bson.errors import InvalidDocument
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from newel_data.errors import Conflict, DatabaseUnavailable, DataError, NotPortable, UnitClosed
from newel_data.port import Row
from newel_data.schema import Table
from newel_data.tree import Aggregate, Delete, Select, Update, Upsert
from newel_mongo.codecs import NATIVE
from newel_mongo.connections import Connections, Mongo, Session
from newel_mongo.failures import is_duplicate, names_of
from newel_mongo.references import References
from newel_mongo.statements import Statements, Upserting

_UNKNOWN: Final = "UnknownTransactionCommitResult"


@final
class MongoUnit:
    """One unit of work. It connects at first use, so that a unit that does nothing costs nothing."""

    __slots__ = ("_alone", "_connections", "_database", "_lost", "_read_only", "_references", "_session",
                 "_statements")  # fmt: skip

    def __init__(
        self, connections: Connections, statements: Statements, references: References, *, read_only: bool
    ) -> None:
        self._connections: Final = connections
        self._statements: Final = statements
        self._references: Final = references
        self._read_only: Final = read_only
        self._alone: Final = connections.config.single_document_only
        self._database: Mongo | None = None
        self._session: Session | None = None
        self._lost = False

    # --- reading

    def select(self, select: Select) -> Sequence[Row]:
        """Return all rows."""
        statement = self._statements.find(select)
        with self._failures(select.table):
            database = self._database if self._database is not None else self._begin()
            return statement.read.rows(statement.cursor(database, self._session, select.values))

    def stream(self, select: Select, size: int) -> Iterator[Sequence[Row]]:
        """Yield the rows from a cursor, `size` at a time."""
        statement = self._statements.find(select)
        with self._failures(select.table):
            database = self._database if self._database is not None else self._begin()
            with statement.cursor(database, self._session, select.values, size) as cursor:
                while documents := list(islice(cursor, size)):
                    yield statement.read.rows(documents)

    def aggregate(self, aggregate: Aggregate) -> Sequence[Row]:
        """Return one row for each group."""
        statement = self._statements.group(aggregate)
        with self._failures(aggregate.table):
            database = self._database if self._database is not None else self._begin()
            return statement.rows(database, self._session, aggregate.values)

    # --- writing

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows; afterwards what they refer to must be there, so that rows may refer to one another."""
        writer = self._statements.insert(table)
        with self._failures(table):
            database = self._database if self._database is not None else self._begin()
            if len(rows) == 1:
                database[table.name].insert_one(writer.document(rows[0]), session=self._session)
            else:
                database[table.name].insert_many([writer.document(row) for row in rows], session=self._session)
            self._refer(database, table, rows)

    def update(self, update: Update) -> int:
        """Change rows; return how many matched."""
        statement, values = self._statements.update(update), update.values
        with self._failures(update.table, statement.computed):
            database = self._database if self._database is not None else self._begin()
            where = statement.filter(values)
            changes = statement.changes(values)
            result = database[update.table.name].update_many(where, changes, session=self._session)
            for slot, field in statement.references if result.matched_count else ():
                self._references.check(database, self._session, update.table, field, [values[slot]])
            return result.matched_count

    def delete(self, delete: Delete) -> int:
        """Remove rows; return how many matched."""
        make = self._statements.delete(delete)
        with self._failures(delete.table):
            database = self._database if self._database is not None else self._begin()
            where = make(delete.values)
            return database[delete.table.name].delete_many(where, session=self._session).deleted_count

    def upsert(self, upsert: Upsert) -> Row:
        """Insert a row or overwrite one, by one command; return the whole row as it now is."""
        table, row = upsert.table, upsert.row
        if any(row[table.fields.index(field)] is None for field in upsert.by):
            self.insert(table, [row])
            return row
        statement = self._statements.upsert(upsert)
        with self._failures(table):
            database = self._database if self._database is not None else self._begin()
            stored = self._upserted(database, statement, row)
            self._refer(database, table, [row])
            return statement.read.rows([stored])[0]

    def _upserted(self, database: Mongo, statement: Upserting, row: Row) -> Any:
        wanted, changes = statement.command(row)
        try:
            return database[statement.table.name].find_one_and_update(
                wanted, changes, upsert=True, return_document=ReturnDocument.AFTER, session=self._session
            )
        except PyMongoError as error:
            details: Any = getattr(error, "details", None) or {}
            if is_duplicate(error) and names_of(statement.table, details.get("keyPattern", {})) == statement.names:
                raise Conflict("another unit of work inserted the same row: run it again") from error
            raise

    # --- the driver's own

    def native(self, failed: Callable[[BaseException], object]) -> Any:
        """Return the PyMongo Database, each of whose operations is in this unit's session."""
        with self._failures():
            database = self._database if self._database is not None else self._begin()
        native = importlib.import_module("newel_mongo.native")
        bind = native.InUnit(self._bound, failed, read_only=self._read_only)
        return native.BoundDatabase(database.with_options(NATIVE), bind)

    def _bound(self) -> Session | None:
        """Return the session of this unit, for an operation that comes now."""
        if self._database is None:
            raise UnitClosed("db.native was used after its unit of work was over, or had failed: ask for it again")
        return self._session

    def mapped(self, table: Table) -> NoReturn:
        """MongoDB has no mapped classes."""
        raise NotPortable(
            f"db.mapped({table.model.__name__}) on MongoDB", "PyMongo has documents", f"db.native[{table.name!r}]"
        )

    # --- the end

    def commit(self) -> None:
        """Make it so. Where the answer was lost, so that nobody knows, that is no `Conflict`: it may be there."""
        if self._session is not None:
            try:
                self._session.commit_transaction()
            except PyMongoError as error:
                raise self._failed(error, known=not error.has_error_label(_UNKNOWN)) from error
        self._release()

    def rollback(self) -> None:
        """Undo everything. PyMongo ignores what goes wrong with that: the server undoes it by itself."""
        self._release()

    # --- inner parts

    def _begin(self) -> Mongo:
        """Take the database and, to write, a session with a transaction."""
        database = self._connections.database()
        if not self._read_only and not self._alone:
            self._session = self._connections.session()
        self._database = database
        return database

    @contextmanager
    def _failures(self, table: Table | None = None, field: str = "") -> Iterator[None]:
        try:
            yield
        except (PyMongoError, InvalidDocument) as error:
            raise self._failed(error, table, field) from error

    def _failed(
        self, error: PyMongoError | InvalidDocument, table: Table | None = None, field: str = "", *, known: bool = True
    ) -> DataError:
        failures = self._connections.failures
        found = failures.error(error, table, field) if known else failures.unavailable()
        self._lost = isinstance(found, DatabaseUnavailable)
        return found

    def _refer(self, database: Mongo, table: Table, rows: Sequence[Row]) -> None:
        for field in table.references:
            place = table.fields.index(field)
            self._references.check(database, self._session, table, field, [row[place] for row in rows])

    def _release(self) -> None:
        session, self._session, self._database = self._session, None, None
        if session is None:
            return
        if self._lost:
            self._connections.leave(session)
        else:
            session.end_session()
