"""The client programs of SQL servers: how each is told where the database is, without its password."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL

from newel.errors import Problem, ProblemError
from newel_data.port import Client
from newel_sql.config import DatabaseUrl

_INSTALL: Final = "install it (Debian: apt-get install {package}; macOS: brew install {formula})."


def client_of(url: DatabaseUrl) -> Client:
    """Return the client of a server. Raises `ProblemError` for a SQLite database that is not there."""
    return _CLIENTS[url.server](url.url)


def _sqlite(url: URL) -> Client:
    """The file, with foreign keys as units have them: SQLite asks for it in each connection."""
    name = url.database or ""
    if not name.startswith("file:") and not Path(name).is_file():
        what = f"the database is the file {name}, which is not there."
        raise ProblemError(Problem(what=what, remedy="run `newel db sync`, which creates it."))
    return Client(
        programs=("sqlite3",),
        arguments=("-cmd", "PRAGMA foreign_keys = ON", name),
        install=_INSTALL.format(package="sqlite3", formula="sqlite"),
    )


def _postgresql(url: URL) -> Client:
    """The URL as libpq reads it, which is where most of its options come from anyway."""
    bare = URL.create(
        "postgresql", url.username, host=url.host, port=url.port, database=url.database, query=url.query
    ).render_as_string()
    return Client(
        programs=("psql",),
        arguments=(bare,),
        environment=_secret("PGPASSWORD", url),
        install=_INSTALL.format(package="postgresql-client", formula="libpq"),
    )


def _mariadb(url: URL) -> Client:
    """Options one by one. By TCP, as the driver does it: the client would take "localhost" for a socket."""
    socket = url.query.get("unix_socket")
    there = {
        "--user": url.username,
        "--host": None if socket else url.host,
        "--port": None if socket or url.port is None else str(url.port),
        "--protocol": None if socket or not url.host else "tcp",
        "--socket": str(socket) if socket else None,
        "--default-character-set": "utf8mb4",
        "--database": url.database,
    }
    return Client(
        programs=("mariadb", "mysql"),
        arguments=tuple(f"{name}={value}" for name, value in there.items() if value),
        environment=_secret("MYSQL_PWD", url),
        install=_INSTALL.format(package="mariadb-client", formula="mariadb"),
    )


def _secret(variable: str, url: URL) -> dict[str, str]:
    return {} if url.password is None else {variable: str(url.password)}


_CLIENTS: Final = {"sqlite": _sqlite, "postgresql": _postgresql, "mariadb": _mariadb}
