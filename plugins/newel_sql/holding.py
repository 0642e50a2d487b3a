"""One connection, held in a transaction that is never committed: every unit of a test is a savepoint in it.

Savepoints are the harness's alone: a unit of work has none. What differs from separate connections is refused (two
writers at once, other threads) or told in the documentation (a unit that reads sees what an open one has written).
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final, NoReturn, final

from newel.errors import Problem, SetupError
from newel_data.errors import DataError
from newel_sql.connections import Connections

_WRITER: Final = "newel_writer"
_READERS: Final = "newel_readers"


@final
class Held:
    """Stands in for `Connections` while everything is to be undone.

    There is at most one unit that writes, in a savepoint of its own, as on SQLite. Units that read share one, so that
    an error of theirs can be forgotten (PostgreSQL) and writing be refused (PostgreSQL, SQLite); it makes way while
    somebody writes.
    """

    def __init__(self, connections: Connections) -> None:
        self.dialect: Final = connections.dialect
        self.failures: Final = connections.failures
        self.engine: Final = connections.engine
        self._connections: Final = connections
        self._owner: Final = os.getpid(), threading.get_ident()
        self.connection, self._cursor = connections.begin(read_only=False)
        self._writer: Part | None = None
        self._readers: list[Part] = []
        self._protected = False
        self._over = False

    def end(self) -> None:
        """Undo everything."""
        self._over = True
        try:
            self._cursor.close()
            self.connection.rollback()
        finally:
            self.connection.invalidate()

    # --- what units ask for, as of `Connections`

    def begin(self, *, read_only: bool) -> tuple[Part, Any]:
        """Begin a unit. Raises `SetupError` where it cannot be one of this transaction."""
        if self._over or self._owner != (os.getpid(), threading.get_ident()):
            _refuse("in another thread or process, or after the test", "one connection cannot be used by several")
        part = Part(self, read_only=read_only)
        try:
            self._begin_reader(part) if read_only else self._begin_writer(part)
        except self.dialect.error as error:
            raise self.error(error) from error
        return part, self.cursor(part)

    def cursor(self, part: Part) -> Any:
        """Return a cursor. Rows are not left with the server: the connection has other things to do."""
        return self._connections._logged(self.connection.cursor())

    def error(self, error: Exception) -> DataError:
        """Return what an exception of the driver is."""
        return self._connections.error(error)

    def is_own(self, part: Part) -> bool:
        """Tell whether this process opened the connection."""
        return self._owner[0] == os.getpid()

    def give_back(self, part: Part) -> None:
        """Nothing: the unit has ended, the connection stays."""

    def give_up(self, part: Part, *, all_of_them: bool) -> None:
        """Nothing: the connection is closed at the end of the test."""

    def hold(self, part: Part) -> None:
        """Nothing: the connection is held."""

    def lost(self) -> None:
        """Nothing: no other connection is kept."""

    # --- savepoints

    def keep(self, part: Part) -> None:
        """Keep what a unit did, until the end of the test."""
        if part.read_only:
            self.undo(part)
        elif not self._over:
            self._end_writer()

    def undo(self, part: Part) -> None:
        """Undo what a unit did."""
        if self._over:
            return
        if part.read_only:
            self._end_reader(part)
        else:
            self._cursor.execute(f"ROLLBACK TO SAVEPOINT {_WRITER}")
            self._end_writer()

    def _begin_writer(self, part: Part) -> None:
        if self._writer is not None:
            _refuse("while another one that may write is open", "what one rolls back, the other would lose")
        if self._protected:
            self._unprotect()
        self._cursor.execute(f"SAVEPOINT {_WRITER}")
        self._writer = part

    def _end_writer(self) -> None:
        self._cursor.execute(f"RELEASE SAVEPOINT {_WRITER}")
        self._writer = None
        if self._readers:
            self._protect()

    def _begin_reader(self, part: Part) -> None:
        if self._writer is None and not self._protected:
            self._protect()
        self._readers.append(part)

    def _end_reader(self, part: Part) -> None:
        self._readers.remove(part)
        if not self._protected:
            return
        self._cursor.execute(f"ROLLBACK TO SAVEPOINT {_READERS}")
        if self._readers:
            self.dialect.restrict(self._cursor, read_only=True)
        else:
            self._unprotect()

    def _protect(self) -> None:
        self._cursor.execute(f"SAVEPOINT {_READERS}")
        self.dialect.restrict(self._cursor, read_only=True)
        self._protected = True

    def _unprotect(self) -> None:
        self._cursor.execute(f"RELEASE SAVEPOINT {_READERS}")
        self.dialect.restrict(self._cursor, read_only=False)
        self._protected = False


@final
class Part:
    """Stands in for the connection of one unit, and for the driver's below it: it ends a savepoint, once."""

    __slots__ = ("_ended", "_held", "read_only")

    def __init__(self, held: Held, *, read_only: bool) -> None:
        self._held: Final = held
        self.read_only: Final = read_only
        self._ended = False

    @property
    def dbapi_connection(self) -> Part:
        """What the unit commits and rolls back."""
        return self

    def commit(self) -> None:
        """Keep what the unit did. Where that raises, it can be rolled back still."""
        if not self._ended:
            self._held.keep(self)
            self._ended = True

    def rollback(self) -> None:
        """Undo what the unit did; nothing, where it has ended (SQLAlchemy rolls back once more)."""
        if not self._ended:
            self._ended = True
            self._held.undo(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._held.connection, name)


def _refuse(when: str, why: str) -> NoReturn:
    raise SetupError(
        Problem(
            what=f"a unit of work was begun {when}, in a test whose units share one transaction that is rolled back: "
            f"{why}.",
            remedy="end the other unit first (leave its `with app.scope()`), or mark the test "
            "@pytest.mark.committed: then every unit is a transaction, and the rows are removed after the test.",
        )
    )
