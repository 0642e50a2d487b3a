"""Database servers for tests: those that the environment names, else Debian's, started on the loopback interface.

`NEWEL_TEST_POSTGRESQL` and `NEWEL_TEST_MARIADB` name a server that runs already, as a URL without a database whose user
may create some. Tests of a server that is neither named nor installed are reported as not run.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from newel_data.models import Models
from newel_data.port import Backend
from newel_mongo import MongoBackend, MongoConfig, MongoUrl
from newel_sql import DatabaseUrl, SqlBackend, SqlConfig
from tests.services import LOOPBACK, PATIENCE, ServerProcess, not_there, own_port


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of a PostgreSQL server, without a database."""
    if url := os.environ.get("NEWEL_TEST_POSTGRESQL"):
        yield url.rstrip("/")
        return
    with own_postgresql() as (url, _):
        yield url


@contextlib.contextmanager
def own_postgresql() -> Iterator[tuple[str, ServerProcess]]:
    """Start a PostgreSQL server that tests may kill; give its URL, without a database, and the process.

    Its databases compare by the rules of a language, so that a forgotten collation shows.
    """
    programs = _postgresql_programs()
    with _folder("postgres") as folder, own_port() as port:
        data = folder / "data"
        language = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
        _run_as("postgres", [programs / "initdb", "-D", data, "-U", "newel", "--auth=trust", "--no-sync", *language])
        settings = {
            "port": port,
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": folder,
            "fsync": "off",
            "deadlock_timeout": "100ms",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = _as("postgres", [programs / "postgres", "-D", data, *options])
        ready = "database system is ready to accept connections"
        end = signal.SIGINT  # at SIGTERM it waits until every client has gone
        server = ServerProcess(command, port, folder=folder, ready=ready, ending=end)
        with server.running():
            yield f"postgresql://newel@{LOOPBACK}:{port}", server


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """Give the URL of a MariaDB server, without a database."""
    if url := os.environ.get("NEWEL_TEST_MARIADB"):
        yield url.rstrip("/")
        return
    with own_mariadb() as (url, _):
        yield url


@contextlib.contextmanager
def own_mariadb() -> Iterator[tuple[str, ServerProcess]]:
    """Start a MariaDB server that tests may kill; give its URL, without a database, and the process."""
    program, install = _program("mariadbd", "mariadb-server"), _program("mariadb-install-db", "mariadb-server")
    with _folder("mysql") as folder, own_port() as port:
        data = folder / "data"
        own = [f"--datadir={data}", f"--tmpdir={folder}"]  # a server that starts removes what others have in theirs
        _run_as("mysql", [install, "--no-defaults", *own, "--auth-root-authentication-method=normal"])
        options = {
            "socket": folder / "socket",
            "pid-file": folder / "pid",
            "port": port,
            "bind-address": LOOPBACK,
            "innodb-flush-log-at-trx-commit": 2,  # what was committed stays when the process is killed
            "innodb-buffer-pool-size": "32M",
        }
        command = [program, "--no-defaults", *own, *(f"--{name}={value}" for name, value in options.items())]
        server = ServerProcess(_as("mysql", command), port, folder=folder)
        with server.running():
            yield f"mariadb://root@{LOOPBACK}:{port}", server


SERVERS: Final[Mapping[str, Callable[[], AbstractContextManager[str]]]] = {"postgresql": postgresql, "mariadb": mariadb}
"""The servers of SQL, by the name with which their URLs begin."""


def _postgresql_programs() -> Path:
    """Return the folder of the newest PostgreSQL: Debian keeps each version's programs off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    return Path(_program("initdb", "postgresql")).parent


def _program(name: str, package: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    return path or not_there(name, package)


# --- servers refuse to be run by root ---------------------------------------------------------------------------------


@contextlib.contextmanager
def _folder(user: str) -> Iterator[Path]:
    """Give a new folder that the server's user may write; it is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"newel-{user}-") as name:
        if os.geteuid() == 0:
            account = pwd.getpwnam(user)
            os.chown(name, account.pw_uid, account.pw_gid)
        yield Path(name)


def _as(user: str, command: Sequence[object]) -> list[str]:
    words = [str(word) for word in command]
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *words] if os.geteuid() == 0 else words


def _run_as(user: str, command: Sequence[object]) -> None:
    done = subprocess.run(_as(user, command), capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


# --- databases on a server --------------------------------------------------------------------------------------------


def new_database(server: str) -> str:
    """Create an empty database on a server, and return its URL."""
    name = f"newel_{secrets.token_hex(6)}"
    _run_on(server, f"CREATE DATABASE {name}")
    return f"{server}/{name}"


def _run_on(server: str, statement: str) -> None:
    known = "postgres" if server.startswith("postgresql") else "mysql"
    engine = create_engine(DatabaseUrl.from_setting(f"{server}/{known}").url, isolation_level="AUTOCOMMIT")
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
            break
        except OperationalError:  # it listens, and is not ready yet
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    engine.dispose()


HASTY: Final = 2.0
"""Seconds that a backend waits where it is to give up: on a busy machine, too, a server that is well needs less."""
IN_TIME: Final = 10.0
"""Seconds in which it has given up: some wait a little longer, or twice; and the machine is busy."""


def backend_at(url: str, models: Models, **settings: Any) -> Backend:
    """Open a backend on the database of a URL, with these settings of its configuration."""
    if url.startswith("mongodb"):
        return MongoBackend(MongoConfig(url=MongoUrl.from_setting(url), **settings), models)
    return SqlBackend(SqlConfig(url=DatabaseUrl.from_setting(url), **settings), models)
