from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from newel import scaffold


@pytest.fixture
def board(tmp_path: Path) -> Path:
    folder = tmp_path / "board"
    for _ in scaffold.write(folder, "board"):
        pass
    return folder


@pytest.mark.parametrize("name", ["board", "notice_board2", "Board"])
def test_a_name_of_a_package_is_taken(name: str) -> None:
    assert scaffold.refusal(name) is None


@pytest.mark.parametrize("name", ["", "9lives", "my-board", "a b", "a.b", "../up", "bücher", "/etc"])
def test_a_name_that_no_package_can_have_is_refused(name: str) -> None:
    assert f"{name!r} is no name of a package" in str(scaffold.refusal(name))


@pytest.mark.parametrize("name", ["class", "match"])
def test_a_word_of_the_language_is_refused(name: str) -> None:
    assert "word of the language" in str(scaffold.refusal(name))


@pytest.mark.parametrize("name", ["json", "newel", "tests"])
def test_a_name_that_would_hide_a_module_is_refused(name: str) -> None:
    assert "would hide it" in str(scaffold.refusal(name))


def test_every_file_is_yielded_as_it_is_written(tmp_path: Path) -> None:
    files = list(scaffold.write(tmp_path / "board", "board"))
    assert sorted(files) == sorted(path for path in (tmp_path / "board").rglob("*") if path.is_file())


def test_no_placeholder_is_left(board: Path) -> None:
    files = [path for path in board.rglob("*") if path.is_file()]
    assert [] == [path for path in files if scaffold.NAME in f"{path} {path.read_text(encoding='utf-8')}"]


def test_what_is_written_can_be_read(board: Path) -> None:
    for file in board.rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"))
    for file in board.glob("*.toml"):
        tomllib.loads(file.read_text(encoding="utf-8"))


def test_the_linter_is_told_to_leave_imports_of_annotations_alone(board: Path) -> None:
    project = tomllib.loads((board / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"TC001", "TC002", "TC003"} <= set(project["tool"]["ruff"]["lint"]["extend-ignore"])


def test_what_development_leaves_behind_is_ignored(board: Path) -> None:
    assert {".newel/", "*.db"} <= set((board / ".gitignore").read_text(encoding="utf-8").splitlines())


def test_next_steps_name_the_folder_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert scaffold.next_steps("board").splitlines() == [
        "",
        "Now:",
        "  cd board",
        "  pip install 'newel[jinja2]' 'newel[sql]' 'pytest'",
        "  newel run",
        "  python -m pytest",
    ]
