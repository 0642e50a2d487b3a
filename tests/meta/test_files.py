"""The house rules that a file shows by itself: its length, what it puts off, what it takes from others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.meta.project import PACKAGES, shipped_files, shown, written_files

MAX_LINES = 450
PUT_OFF = ("TO" + "DO", "FIX" + "ME", "X" + "XX")
OURS = {package.name for package in PACKAGES}


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give the dotted name of each import of a file, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module or ''}.{alias.name}", node.lineno) for alias in node.names)


def private_imports(path: Path) -> list[str]:
    """Return the lines that take a private name out of another package of ours."""
    package = next(name for name in reversed(path.parts) if name in OURS)
    return [
        f"{shown(path)}:{line} imports {name}"
        for name, line in imported(ast.parse(path.read_bytes()))
        if name.split(".")[0] in OURS - {package}
        and any(part.startswith("_") and not part.startswith("__") for part in name.split("."))
    ]


def relative_imports(path: Path) -> list[str]:
    return [
        f"{shown(path)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def test_no_file_is_longer_than_a_sitting() -> None:
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in written_files(".py")}
    assert {} == {name: length for name, length in lengths.items() if length > MAX_LINES}


@pytest.mark.parametrize("mark", PUT_OFF)
def test_nothing_is_put_off(mark: str) -> None:
    written = written_files(".py", ".md", ".toml", ".html", ".css", ".jinja", ".mako")
    assert [] == [shown(path) for path in written if mark in path.read_text(encoding="utf-8")]


def test_no_package_takes_private_names_of_another() -> None:
    assert [] == [line for path in shipped_files() for line in private_imports(path)]


def test_imports_are_absolute() -> None:
    assert [] == [line for path in shipped_files() for line in relative_imports(path)]


def test_secrets_never_come_from_the_random_module() -> None:
    users = [
        shown(path)
        for path in shipped_files()
        for name, _ in imported(ast.parse(path.read_bytes()))
        if name.split(".")[0] == "random"
    ]
    assert [] == users
