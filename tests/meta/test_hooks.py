"""Every hook is documented, and exists because something shipped uses it."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from tests.meta.project import ROOT, modules, shipped_files

PREFIX = "newel_"


def hookspecs() -> dict[str, Callable[..., Any]]:
    """Return the hooks of every shipped `hookspecs` module, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for module in [name for name in modules() if name.endswith(".hookspecs")]:
        members = vars(importlib.import_module(module))
        found |= {
            name: value for name, value in members.items() if name.startswith(PREFIX) and inspect.isfunction(value)
        }
    return found


@functools.cache
def implemented() -> frozenset[str]:
    """Return the names of all functions with the prefix that are written outside the `hookspecs` modules."""
    return frozenset(
        node.name
        for path in shipped_files()
        if path.name != "hookspecs.py"
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith(PREFIX)
    )


HOOKS = hookspecs()


def test_there_are_hooks() -> None:
    assert "newel_route" in HOOKS


@pytest.mark.parametrize("name", HOOKS)
def test_hook_says_when_it_is_called_and_what_becomes_of_its_results(name: str) -> None:
    text = inspect.getdoc(HOOKS[name]) or ""
    assert text.count(". ") + text.endswith(".") >= 2, (
        f"{name}: when is it called, in which order, what is a result for?"
    )


@pytest.mark.parametrize("name", HOOKS)
def test_hook_is_typed(name: str) -> None:
    signature = inspect.signature(HOOKS[name])
    untyped = [item.name for item in signature.parameters.values() if item.annotation is item.empty]
    assert [] == untyped
    assert signature.return_annotation is not signature.empty


@pytest.mark.parametrize("name", HOOKS)
def test_hook_has_an_entry_in_the_reference(name: str) -> None:
    reference = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
    headings = [line for line in reference.splitlines() if line.startswith("#")]
    assert any(f"`{name}" in heading for heading in headings), f"docs/reference/hooks.md has no heading for `{name}`"


@pytest.mark.parametrize("name", HOOKS)
def test_something_shipped_implements_the_hook(name: str) -> None:
    assert name in implemented()


@pytest.mark.parametrize("name", HOOKS)
def test_hook_has_a_test(name: str) -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if "meta" not in path.parts]
    assert any(name in path.read_text(encoding="utf-8") for path in tests)
