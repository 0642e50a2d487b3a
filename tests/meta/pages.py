"""Reads the pages of the documentation: their code blocks, and how to run them.

A page is a story: its blocks run in order and share one namespace, in a folder of their own.

- a `python` block runs; a `pycon` block runs and must print what it shows;
- each line of a `console` block that begins with `$ ` is run by a shell in that folder. It must print what is shown
  below it (`...` stands for anything), or end with status 0 where nothing is shown;
- a block of any language whose first line is a comment `file: noticeboard/views.py` is written to that file instead
  (`# file: ...`, `## file: ...`, `<!-- file: ... -->`, `{# file: ... #}`, `/* file: ... */`);
- `<!-- not run: reason -->` on the line before a block leaves it out; the reason is part of the rule.
"""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.services import PATIENCE

FENCE: Final = re.compile(
    r"^(?P<before>[^\n]*)\n(?:[ \t]*\n)?(?P<indent>[ ]*)```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=indent)```[ ]*$",
    flags=re.DOTALL | re.MULTILINE,
)
NOT_RUN: Final = re.compile(r"^\s*<!-- not run:(?P<reason>.*)-->\s*$")
FILE: Final = re.compile(r"\A\s*(?:#+|<!--|\{#|/\*)\s*file:\s*(?P<name>[\w./-]+)\s*(?:-->|#\}|\*/)?\s*\n")


class Block(msgspec.Struct, frozen=True):
    """One fenced block: its language, its text, the line its text begins at, the file it is, why it is not run."""

    language: str
    code: str
    line: int
    file: str = ""
    not_run: str | None = None

    @property
    def runs(self) -> bool:
        """Whether the block does something when the page is run."""
        return self.not_run is None and (bool(self.file) or self.language in ("python", "pycon", "console"))


def blocks(text: str) -> Iterator[Block]:
    """Give every fenced block of a page in order."""
    for found in FENCE.finditer("\n" + text):
        code = re.sub(rf"^{found['indent']}", "", found["code"], flags=re.MULTILINE)
        named = FILE.match(code)
        left_out = NOT_RUN.match(found["before"])
        yield Block(
            language=found["language"],
            code=code,
            line=text.count("\n", 0, found.start("code") - 1) + 1,
            file=named["name"] if named else "",
            not_run=left_out["reason"].strip() if left_out else None,
        )


def run(block: Block, page: Path, folder: Path, namespace: dict[str, Any]) -> None:
    """Do what one block says: write its file, or run its code with the page's own line numbers."""
    if block.file:
        target = folder / block.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.code, encoding="utf-8")
        importlib.invalidate_caches()
    elif block.language == "console":
        _run_commands(block, page, folder)
    elif block.language == "pycon":
        _run_session(block, page, namespace)
    else:
        shifted = "\n" * (block.line - 1) + block.code
        exec(compile(shifted, str(page), "exec", dont_inherit=True), namespace)  # the documentation is ours


def _run_session(block: Block, page: Path, namespace: dict[str, Any]) -> None:
    session = doctest.DocTestParser().get_doctest(block.code, namespace, page.name, str(page), block.line - 1)
    session.globs = namespace
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(session, out=report.append, clear_globs=False)
    if runner.failures:
        raise AssertionError("".join(report))


def commands(code: str) -> Iterator[tuple[str, str]]:
    """Give each command of a console block with the output that is shown below it."""
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _run_commands(block: Block, page: Path, folder: Path) -> None:
    for command, shown in commands(block.code):
        status, printed = _ran(command, folder)
        where = f"{page.name}:{block.line}: $ {command}"
        if not shown:
            assert status == 0, f"{where}\nended with {status}:\n{printed}"
            continue
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        same = doctest.OutputChecker().check_output(shown.strip(), printed.strip(), flags)
        assert same, f"{where}\nshown:\n{shown}\nprinted:\n{printed}"


def _ran(command: str, folder: Path) -> tuple[int, str]:
    """Run a command as a newcomer would: the commands of this environment on PATH, no settings of Newel's set."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("NEWEL_", "PYTEST_"))}
    environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", "")])
    environ |= {"COLUMNS": "120", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).replace(f"{folder}/", "")
