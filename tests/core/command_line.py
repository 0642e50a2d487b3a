"""`newel` as a test calls it, and small applications to call it on."""

from __future__ import annotations

import os
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
    """Run a command line in this process, with an environment of its own."""
    before = dict(os.environ)
    try:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="newel")
    finally:
        os.environ.clear()
        os.environ.update(before)


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
