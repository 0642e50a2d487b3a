"""The noticeboard as somebody serves it: a copy of the example, real servers, five databases, a real browser."""

from __future__ import annotations

import shutil
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import databases
from tests.services import PATIENCE, mongodb_database, own_port, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "noticeboard"
SLOTS = {"memory": "memory", "sqlite": "sql", "postgresql": "sql", "mariadb": "sql", "mongo": "mongo"}
"""What `[use] database` says for each database."""

CHECKED = '''
"""The noticeboard between the standard library's and Werkzeug's checks of PEP 3333."""
import warnings
from pathlib import Path
from wsgiref.validate import validator

from werkzeug.middleware.lint import LintMiddleware

from newel import App

warnings.simplefilter("error")
# Three of Werkzeug's checks are older than RFC 9110: a Location may be relative (10.2.2), a 204 has no Content-Length
# (8.6), and HEAD has the Content-Length of GET and no body (9.3.2).
warnings.filterwarnings("ignore", message="Absolute URLs required for location header")
warnings.filterwarnings("ignore", message="204 responses must have an empty content length")
warnings.filterwarnings("ignore", message="Content-Length and the number of bytes sent to the client do not match")
app = validator(LintMiddleware(App(Path(__file__).parent, use={use!r}, profile="development")))
'''


class Served(NamedTuple):
    """A noticeboard that is being served: where, and the folder it lives in."""

    url: str
    folder: Path


def commands(server: str, database: str, port: int) -> list[str]:
    """The command of each server; PEP 3333 is checked by all but `newel run`, which runs as people run it.

    Gunicorn boots the application once and forks: each of its processes opens connections of its own. The memory
    database is of one process.
    """
    python = [sys.executable, "-m"]
    processes = ["--preload", "--workers", "1" if database == "memory" else "2", "--threads", "4"]
    return {
        "gunicorn": [*python, "gunicorn", "--bind", f"127.0.0.1:{port}", *processes, "checked:app"],
        "waitress": [*python, "waitress", f"--listen=127.0.0.1:{port}", "checked:app"],
        "newel run": [*python, "newel", "run", "--port", str(port), "--no-reload", "--use", f"database={database}"],
    }[server]


@contextmanager
def served_noticeboard(folder: Path, server: str, use: dict[str, str], environment: dict[str, str]) -> Iterator[str]:
    """Serve a copy of the noticeboard until the end of the block."""
    copy = folder / "noticeboard"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("*.db*", "__pycache__", ".newel"))
    (copy / "checked.py").write_text(CHECKED.format(use=use))
    with (
        own_port() as port,
        serving(commands(server, use["database"], port), port, folder=copy, environment=environment) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    with databases.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """The URL of a MariaDB server."""
    with databases.mariadb() as url:
        yield url


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served noticeboard; parametrized indirectly with server, database and other choices."""
    server, database, *more = request.param
    use = {"database": SLOTS[database], **dict(zip(("templates",), more, strict=False))}
    folder = tmp_path_factory.mktemp("served")
    with (
        own_database(request, database) as environment,
        served_noticeboard(folder, server, use, environment) as url,
    ):
        with urllib.request.urlopen(url, timeout=PATIENCE) as first:  # fills the board, which no two should do at once
            assert first.status == 200
        yield Served(url, folder / "noticeboard")


@contextmanager
def own_database(request: pytest.FixtureRequest, name: str) -> Iterator[dict[str, str]]:
    """Give what the environment says of a new and empty database; those without a server need nothing said."""
    if name == "mongo":
        with mongodb_database(request.getfixturevalue("mongodb")) as url:
            yield {"NEWEL_MONGO__URL": url}
    elif name in {"postgresql", "mariadb"}:
        yield {"NEWEL_SQL__URL": databases.new_database(request.getfixturevalue(name))}
    else:
        yield {}
