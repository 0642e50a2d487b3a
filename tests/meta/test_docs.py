"""What README and the documentation show is run."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from tests.meta.pages import Block, blocks, run
from tests.meta.project import ROOT, shown

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = {shown(page): list(blocks(page.read_text(encoding="utf-8"))) for page in PAGES}


@pytest.fixture
def page_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Give a page a folder to work in and a module of its own, so that its annotations can be resolved."""
    module = types.ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return module


@pytest.mark.parametrize("page", [name for name, found in SHOWN.items() if any(block.runs for block in found)])
def test_examples_of_a_page_run(page: str, page_module: types.ModuleType, tmp_path: Path) -> None:
    for block in SHOWN[page]:
        if block.runs:
            run(block, ROOT / page, tmp_path, vars(page_module))


def test_a_block_that_is_not_run_says_why() -> None:
    silent = [f"{page}:{block.line}" for page, found in SHOWN.items() for block in found if block.not_run == ""]
    assert [] == silent


def test_readme_shows_code() -> None:
    assert any(block.language == "python" and block.runs for block in SHOWN["README.md"])


def test_blocks_are_read_with_their_lines_files_and_reasons() -> None:
    text = (
        "# Page\n\n```python\nx = 1\n```\n\n- item\n\n  ```toml\n  # file: a/newel.toml\n  [app]\n  ```\n\n"
        "<!-- not run: needs a server -->\n```python\ny = 2\n```\n"
    )
    assert [
        Block("python", "x = 1\n", 4),
        Block("toml", "# file: a/newel.toml\n[app]\n", 10, file="a/newel.toml"),
        Block("python", "y = 2\n", 16, not_run="needs a server"),
    ] == list(blocks(text))


def test_a_failing_block_is_found_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(Block("python", "x = 1\n1 / 0\n", 40), tmp_path / "page.md", tmp_path, {})
    assert 41 == caught.traceback[-1].lineno + 1


def test_a_session_must_print_what_it_shows(tmp_path: Path) -> None:
    run(Block("pycon", ">>> 1 + 1\n2\n", 1), tmp_path / "page.md", tmp_path, {})
    with pytest.raises(AssertionError, match="Expected"):
        run(Block("pycon", ">>> 1 + 1\n3\n", 1), tmp_path / "page.md", tmp_path, {})


def test_a_command_must_print_what_it_shows(tmp_path: Path) -> None:
    run(Block("console", "$ echo one; echo two\none\n...\n$ true\n", 1), tmp_path / "page.md", tmp_path, {})
    with pytest.raises(AssertionError, match="printed:\none"):
        run(Block("console", "$ echo one\ntwo\n", 1), tmp_path / "page.md", tmp_path, {})
    with pytest.raises(AssertionError, match="ended with 1"):
        run(Block("console", "$ false\n", 1), tmp_path / "page.md", tmp_path, {})
