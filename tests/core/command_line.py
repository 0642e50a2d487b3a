"""`newel` as a test calls it, and small applications to call it on."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from click.testing import CliRunner, Result

from newel.cli import main

HELLO = """\
from newel import App, Router

router = Router()


@router.get("/")
def hello(name: str = "world") -> str:
    return f"Hello, {name}!"


@router.post("/notices/<id>")
def change(id: int) -> str:
    return f"notice {id}"


app = App(routes=[router])
"""


def newel(*arguments: str | Path) -> Result:
    """Run a command line in this process, which is as it was afterwards."""
    with _undone():
        return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="newel")


@contextlib.contextmanager
def _undone() -> Iterator[None]:
    """Undo what a command does to its process: to the environment, and to what is logged."""
    environ = dict(os.environ)
    logs = [(log, log.level, list(log.filters)) for log in map(logging.getLogger, ("newel", "werkzeug"))]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environ)
        for log, level, filters in logs:
            log.setLevel(level)
            log.filters[:] = filters


def written(folder: Path, **texts: str) -> Path:
    """Write files below a folder and return it: `newel` is `newel.toml`, `board__views` is `board/views.py`."""
    for name, text in texts.items():
        file = folder / ("newel.toml" if name == "newel" else f"{name.replace('__', '/')}.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return folder


def hello(folder: Path) -> Path:
    """Write an application of one file."""
    return written(folder, hello=HELLO) / "hello.py"
