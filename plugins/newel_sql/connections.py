"""The pool: connections of one backend, prepared by its dialect, and what becomes of them in a fork or when lost."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from typing import Any, Final, final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from newel_data.errors import DataError
from newel_sql.dialects.base import Dialect
from newel_sql.failures import Failures

_log: Final = logging.getLogger("newel.sql")

_POOL: Final = "newel_pool"
_PROCESS: Final = "newel_process"


@final
class Connections:
    """The connections of one backend: opened lazily, kept, shared by threads, and never by two processes."""

    def __init__(self, dialect: Dialect, failures: Failures) -> None:
        self.dialect: Final = dialect
        self.failures: Final = failures
        self.engine: Final = _engine(dialect)
        self._process = os.getpid()
        self._lock: Final = threading.Lock()
        self._inherited: list[Any] = []
        event.listen(self.engine, "do_connect", lambda known, record, args, options: dialect.connect(options))
        event.listen(self.engine, "connect", self._prepare)

    def begin(self, *, read_only: bool) -> tuple[PoolProxiedConnection, Any]:
        """Take a connection and begin a transaction on it; return both it and a cursor.

        A connection that was kept may have been lost since: then all of them are given up, and a new one is tried. One
        that was waited for in vain is not: whoever asks would wait twice.
        """
        connection = self._taken()
        started = time.monotonic()
        try:
            return connection, self._begun(connection, read_only=read_only)
        except self.dialect.error as error:
            failure = self.dialect.failure(error)
            self.give_up(connection, all_of_them=failure.kind == "unavailable")
            if failure.kind != "unavailable" or time.monotonic() - started >= self.dialect.config.timeout:
                raise self.failures.error(failure, None, "read") from error
        connection = self._taken()
        try:
            return connection, self._begun(connection, read_only=read_only)
        except self.dialect.error as error:
            connection.invalidate()
            raise self.error(error) from error

    def is_own(self, connection: PoolProxiedConnection) -> bool:
        """Tell whether this process opened a connection; a fork must not speak on its parent's."""
        return os.getpid() == int(connection.info[_PROCESS])

    def give_back(self, connection: PoolProxiedConnection) -> None:
        """Keep a connection for the next unit, unless those of its pool were given up meanwhile."""
        pool = connection.info[_POOL]
        if pool is not self.engine.pool:
            connection.invalidate()
            return
        connection.close()
        if pool is not self.engine.pool:  # another thread gave them up just now, and may have missed this one
            pool.dispose()

    def give_up(self, connection: PoolProxiedConnection, *, all_of_them: bool) -> None:
        """Close a connection; and, where the server was gone, all that were opened before that was known."""
        pool = connection.info[_POOL]
        connection.invalidate()
        if all_of_them and pool is self.engine.pool:
            self.lost()

    def hold(self, connection: PoolProxiedConnection) -> None:
        """Keep a connection of the parent from being closed, which would speak to the server."""
        self._inherited.append(connection)

    def error(self, error: Exception) -> DataError:
        """Return what an exception of the driver is where no table is concerned."""
        return self.failures.error(self.dialect.failure(error), None, "read")

    def lost(self) -> None:
        """Give up every connection: those that are kept at once, those in use when they are given back.

        The new pool comes first: what is given back in the meantime shall not be put into one that was emptied.
        """
        pool = self.engine.pool
        self.engine.dispose(close=False)
        pool.dispose()

    def close(self) -> None:
        """Close every connection that is kept, and those in use when they are given back."""
        self.lost()

    def cursor(self, connection: PoolProxiedConnection) -> Any:
        """Return a cursor that takes its rows from the server in portions."""
        return self._logged(self.dialect.stream_cursor(connection))

    def _prepare(self, connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_PROCESS] = os.getpid()
        self.dialect.on_connect(connection)

    def _begun(self, connection: PoolProxiedConnection, *, read_only: bool) -> Any:
        cursor = self._logged(connection.cursor())
        self.dialect.begin(connection, cursor, read_only=read_only)
        return cursor

    def _logged(self, cursor: Any) -> Any:
        return LoggedCursor(cursor) if self.dialect.config.echo else cursor

    def _taken(self) -> PoolProxiedConnection:
        if os.getpid() != self._process:
            self._forked()
        pool = self.engine.pool
        try:
            connection = pool.connect()
        except self.dialect.error as error:
            raise self.error(error) from error
        except SQLAlchemyError as error:
            cause = error.__cause__
            raise self.error(cause) if isinstance(cause, self.dialect.error) else self.failures.unavailable() from error
        connection.info[_POOL] = pool
        return connection

    def _forked(self) -> None:
        """Leave the connections of the parent alone, and begin with none.

        They are neither used nor closed here (closing would speak to the server, or break SQLite's locks); they are
        held, so that the collector does not close them either.
        """
        with self._lock:
            if os.getpid() != self._process:
                self._inherited.append(self.engine.pool)
                self.engine.dispose(close=False)
                self._process = os.getpid()


def _engine(dialect: Dialect) -> Engine:
    config = dialect.config
    options: dict[str, Any] = {
        "poolclass": QueuePool,
        "pool_size": config.pool_size,
        "max_overflow": config.pool_overflow,
        "pool_timeout": config.timeout,
        "pool_recycle": config.pool_recycle,
        "pool_use_lifo": True,  # what was just used is warm, and set up as the next unit wants it
        "pool_reset_on_return": None,  # a unit ends its transaction itself, always
        "hide_parameters": True,  # SECURITY: no values in errors and logs
    }
    return create_engine(config.url.url, **{**options, **dialect.engine_options()})


@final
class LoggedCursor:
    """A cursor that logs what it runs, without the values."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Log, and run."""
        _log.info("%s", sql)
        return self._cursor.execute(sql, parameters)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> Any:
        """Log, and run for each row."""
        _log.info("%s (%d rows)", sql, len(rows))
        return self._cursor.executemany(sql, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)
