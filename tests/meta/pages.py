"""Reads the pages of the documentation: their code blocks, and how to run them.

A page is a story: its blocks run in order and share one namespace, in a folder of their own.

- a `python` block runs; a `pycon` block runs and must print what it shows;
- a block of any language whose first line is a comment `file: noticeboard/views.py` is written to that file instead
  (`# file: ...`, `## file: ...`, `<!-- file: ... -->`, `{# file: ... #}`, `/* file: ... */`);
- `<!-- not run: reason -->` on the line before a block leaves it out; the reason is part of the rule.
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

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
        return self.not_run is None and (bool(self.file) or self.language in ("python", "pycon"))


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
