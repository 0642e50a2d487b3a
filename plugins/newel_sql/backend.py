"""The backend: what one `[sql]` section and one closed set of models make, for one generation."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

import msgspec.structs
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from newel.errors import Problem, ProblemError
from newel_data.models import Models
from newel_data.port import Capability, Client, Drift, SyncReport
from newel_data.rehearsal import Rehearsal
from newel_data.telling import Insert, Tree
from newel_data.tree import Upsert
from newel_sql.clients import client_of
from newel_sql.config import SqlConfig
from newel_sql.connections import Connections
from newel_sql.dialects.base import Dialect
from newel_sql.scratch import Scratch
from newel_sql.statements import Statements
from newel_sql.sync import Sync
from newel_sql.tables import Tables
from newel_sql.unit import SqlUnit
from newel_sql.verify import Verify

_DIALECTS: Final = {
    "sqlite": "SqliteDialect",
    "postgresql": "PostgresqlDialect",
    "mariadb": "MariadbDialect",
}


@final
class SqlBackend:
    """A SQL database. Opening connects to nothing; `newel_data.port.Backend` says what each method does.

    `whole`: `sync` creates existing tables as well, for nothing else looks after them in a database for tests.
    """

    def __init__(self, config: SqlConfig, models: Models, folder: Path | None = None, *, whole: bool = False) -> None:
        self._scratch: Final = Scratch() if config.url.scratch else None
        url = config.url.below(folder) if self._scratch is None else config.url.at(self._scratch.folder / "scratch.db")
        self.config: Final = msgspec.structs.replace(config, url=url)
        self.dialect: Final = dialect_of(self.config)
        self.tables: Final = Tables(models, self.dialect)
        self.connections: Final = Connections(self.dialect, self.tables.failures(f"the database {self.config.url}"))
        self.statements: Final = Statements(self.tables, self.connections.engine.dialect)
        self._taking = self.connections
        self._whole: Final = whole

    def __repr__(self) -> str:
        return f"<SqlBackend {self.config.url}>"

    @property
    def foreign_keys(self) -> bool:
        """Every server carries out ON DELETE itself."""
        return True

    @property
    def document_limit(self) -> int | None:
        """A row has no greatest size that matters here."""
        return None

    @property
    def name(self) -> str:
        """The server's name as people know it."""
        return self.dialect.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the server can do."""
        return self.dialect.capabilities if self._scratch is None else self.dialect.capabilities - {"durable"}

    def begin(self, *, read_only: bool) -> SqlUnit:
        """Begin a unit of work; it connects when it is first used."""
        return SqlUnit(self._taking, self.statements, read_only=read_only)

    def told(self, tree: Tree) -> str:
        """Return the statement of a tree on one line, with the driver's marks where values stand."""
        match tree:
            case Insert():
                statement = self.statements.insert(tree.table)
            case Upsert():
                statement = self.statements.upsert(tree)
            case _:
                statement = self.statements.of(tree)[0]
        return " ".join(statement.sql.split())

    def check(self) -> None:
        """Try a connection."""
        with self._connected(read_only=True):
            pass

    def sync(self, *, dry_run: bool = False) -> SyncReport:
        """Create what is missing; nothing is, where units are held in a transaction of a test."""
        if self._taking is not self.connections:
            return SyncReport()
        with self._connected(read_only=dry_run, slowly=not dry_run) as connection:
            return Sync(self.tables, connection, dry_run=dry_run, whole=self._whole).run()

    def verify(self) -> Sequence[Drift]:
        """Compare the database with the models."""
        with self._connected(read_only=True, slowly=True) as connection:
            return Verify(self.tables, connection).run()

    @contextmanager
    def holding(self, held: Connections) -> Iterator[None]:
        """Let every unit take its connection from elsewhere: for tests, whose units are parts of one transaction."""
        self._taking = held
        try:
            yield
        finally:
            self._taking = self.connections

    def rehearsal(self, suffix: str) -> Rehearsal:
        """Return a database for tests, beside this one."""
        made: Rehearsal = importlib.import_module("newel_sql.rehearsal").SqlRehearsal(self, suffix)
        return made

    @contextmanager
    def _connected(self, *, read_only: bool, slowly: bool = False) -> Iterator[Connection]:
        """Open a unit for what is done beside requests. No connection is kept: a server may fork after boot."""
        unit = self.begin(read_only=read_only)
        try:
            connection = unit.connection()
            if slowly and self._taking is self.connections:
                self.dialect.take_time(connection.connection.dbapi_connection)
            yield connection
            unit.commit()
        except self.dialect.error as error:
            raise self.connections.error(error) from error
        except DBAPIError as error:
            raise self.connections.error(error.orig or error) from error
        finally:
            unit.rollback()
            self.connections.lost()

    def client(self) -> Client:
        """Return the client program of the server."""
        if self._scratch is not None:
            what = "[sql] url names a SQLite database that nobody keeps: each process has its own."
            raise ProblemError(Problem(what=what, remedy='name a file: url = "sqlite:///file.db".'))
        return client_of(self.config.url)

    def close(self) -> None:
        """Close the pool."""
        self.connections.close()
        if self._scratch is not None:
            self._scratch.remove()


def dialect_of(config: SqlConfig) -> Dialect:
    """Return the dialect of the server that a URL names. Raises `ProblemError` where its driver is not installed."""
    server = config.url.server
    try:
        module = importlib.import_module(f"newel_sql.dialects.{server}")
    except ModuleNotFoundError as error:
        problem = Problem(
            what=f"[sql] url names a {server} server, whose driver {error.name!r} is not installed.",
            remedy=f"pip install 'newel[{server}]'",
        )
        raise ProblemError(problem) from error
    dialect: Dialect = getattr(module, _DIALECTS[server])(config)
    return dialect
