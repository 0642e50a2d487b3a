"""The servers: SQLite's files, and those that the tests start as well, or that their variables name."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.databases import mariadb, new_database, postgresql
from tests.services import mongodb_database, mongodb_server

NewDatabase = Callable[[], str]
"""Makes an empty database, and returns its URL."""


@contextlib.contextmanager
def started(server: str) -> Iterator[NewDatabase | None]:
    """Run a server until the end of the block; gives None, and says why, where it is not installed."""
    with contextlib.ExitStack() as stack:
        try:
            found = _STARTED[server](stack)
        except RuntimeError as error:
            print(f"{server}: not measured, {error}", file=sys.stderr)
            yield None
        else:
            yield found


def _sqlite(stack: contextlib.ExitStack) -> NewDatabase:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    return lambda: f"sqlite:///{tempfile.mkdtemp(dir=folder)}/database.db"


def _postgresql(stack: contextlib.ExitStack) -> NewDatabase:
    server = stack.enter_context(postgresql())
    return lambda: new_database(server)


def _mariadb(stack: contextlib.ExitStack) -> NewDatabase:
    server = stack.enter_context(mariadb())
    return lambda: new_database(server)


def _mongodb(stack: contextlib.ExitStack) -> NewDatabase:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    server = stack.enter_context(mongodb_server(Path(folder)))
    if server is None:
        raise RuntimeError("there is no MongoDB")
    return lambda: stack.enter_context(mongodb_database(server))


_STARTED: Final[dict[str, Callable[[contextlib.ExitStack], NewDatabase]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "mongodb": _mongodb,
}
