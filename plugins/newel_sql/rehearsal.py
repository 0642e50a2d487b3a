"""A database for tests, beside the application's own: a file in memory, or a database of the same server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, cast, final

import msgspec.structs
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from newel.errors import Problem, ProblemError
from newel_sql.backend import SqlBackend
from newel_sql.config import DatabaseUrl
from newel_sql.connections import Connections
from newel_sql.holding import Held
from newel_sql.scratch import in_memory

_LONGEST: Final = 30
"""Of the application's name what is kept: PostgreSQL takes 63 bytes with the suffix."""


@final
class SqlRehearsal:
    """See `newel_data.rehearsal`. Without `shared`, everything is undone by one rollback."""

    def __init__(self, of: SqlBackend, suffix: str) -> None:
        url = of.config.url.url
        base = Path(url.database or "newel").stem if of.config.url.server == "sqlite" else url.database or "newel"
        self._called: Final = f"{re.sub('[^a-z0-9]+', '_', base.lower())[:_LONGEST]}_{suffix}"
        self._file: Final = in_memory() / f"{self._called}.db" if of.config.url.server == "sqlite" else None
        self.url: Final = DatabaseUrl(url.set(database=str(self._file or self._called)))
        self.backend: Final = SqlBackend(msgspec.structs.replace(of.config, url=self.url), of.tables.models, whole=True)

    @property
    def name(self) -> str:
        """The URL, without its password."""
        return str(self.url)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variable with the URL."""
        return {"NEWEL_SQL__URL": self.url.url.render_as_string(hide_password=False)}

    def create(self) -> None:
        """Create it; SQLite does so by itself."""
        if self._file is None:
            self._run("CREATE DATABASE {}", "create")

    def drop(self) -> None:
        """Remove it."""
        self.backend.close()
        if self._file is None:
            self._run(self.backend.dialect.dropping, "drop")
        else:
            for ending in ("", "-wal", "-shm"):
                Path(f"{self._file}{ending}").unlink(missing_ok=True)

    @contextmanager
    def isolated(self, *, shared: bool) -> Iterator[None]:
        """Undo at the end what is committed."""
        if shared:
            try:
                yield
            finally:
                self._empty()
            return
        held = Held(self.backend.connections)
        try:
            with self.backend.holding(cast("Connections", held)):
                yield
        finally:
            held.end()

    def _empty(self) -> None:
        tables, connections = self.backend.tables, self.backend.connections
        quoted = connections.engine.dialect.identifier_preparer.format_table
        statements = connections.dialect.emptying([quoted(tables.of(table)) for table in tables.models.tables])
        connection = connections.engine.raw_connection()
        try:
            with closing(connection.cursor()) as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except connections.dialect.error as error:
            raise connections.error(error) from error
        finally:
            connection.invalidate()

    def _run(self, statement: str, doing: str) -> None:
        """Run a statement about databases, which is none of a transaction, on a connection of its own."""
        dialect = self.backend.dialect
        engine = create_engine(_at(self.url.url, dialect.maintenance), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement.format(engine.dialect.identifier_preparer.quote(self._called)))
        except DBAPIError as error:
            raise ProblemError(self._problem(error, doing)) from error

    def _problem(self, error: DBAPIError, doing: str) -> Problem:
        return Problem(
            what=f"tests were to {doing} a database of their own, {self.name}: {error.orig}",
            remedy="let the user of [sql] url create databases (PostgreSQL: ALTER ROLE ... CREATEDB; MariaDB: GRANT "
            "ALL ON *.*), or make the application of the tests with another url.",
        )


def _at(url: URL, database: str | None) -> URL:
    return URL.create(url.drivername, url.username, url.password, url.host, url.port, database, url.query)
