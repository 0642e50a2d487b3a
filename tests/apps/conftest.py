"""The noticeboard as somebody serves it: a copy of the example, real servers, real databases, a real browser."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.services import free_port, mongodb_database, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "noticeboard"
DATABASES = ("sql", "memory")

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
    """The command of each server; PEP 3333 is checked by all but `newel run`, which runs as people run it."""
    python = [sys.executable, "-m"]
    return {
        "gunicorn": [*python, "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4", "checked:app"],
        "waitress": [*python, "waitress", f"--listen=127.0.0.1:{port}", "checked:app"],
        "newel run": [*python, "newel", "run", "--port", str(port), "--no-reload", "--use", f"database={database}"],
    }[server]


def served_noticeboard(folder: Path, server: str, database: str, **use: str) -> Any:
    """Serve a copy of the noticeboard until the end of the block."""
    copy = folder / "noticeboard"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("*.db*", "__pycache__", ".newel"))
    (copy / "checked.py").write_text(CHECKED.format(use={"database": database, **use}))
    port = free_port()
    return serving(commands(server, database, port), port, folder=copy)


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served noticeboard; parametrized indirectly with server, database and other choices."""
    server, database, *more = request.param
    use = dict(zip(("templates",), more, strict=False))
    folder = tmp_path_factory.mktemp("served")
    with ExitStack() as stack:
        if database == "mongo":
            url = stack.enter_context(mongodb_database(request.getfixturevalue("mongodb")))
            stack.enter_context(pytest.MonkeyPatch.context()).setenv("NEWEL_MONGO__URL", url)
        yield Served(stack.enter_context(served_noticeboard(folder, server, database, **use)), folder / "noticeboard")
