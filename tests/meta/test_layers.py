"""The rules of the import linter are the ones that the documentation shows."""

from __future__ import annotations

import re
from typing import Any

from tests.meta.project import PLUGINS, ROOT, pyproject

ARCHITECTURE = ROOT / "docs" / "explanation" / "architecture.md"


def contract(name: str) -> Any:
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    return next(found for found in contracts if found["id"] == name)


def documented_rows() -> list[set[str]]:
    """Return the modules of each row of the table of rooms, low to high."""
    table = ARCHITECTURE.read_text(encoding="utf-8").split("## The rooms of the kernel")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", table, flags=re.MULTILINE)
    return [set(re.findall(r"`(\w+)/?`", cell)) for cell in cells]


def test_layers_of_the_kernel_are_the_rows_of_the_table() -> None:
    layers = [set(re.findall(r"\w+", layer)) for layer in reversed(contract("kernel")["layers"])]
    assert documented_rows() == layers


def test_every_plugin_stands_in_the_contract() -> None:
    layers = contract("house")["layers"]
    assert [plugin.name for plugin in PLUGINS] == sorted(re.findall(r"newel_\w+", " ".join(layers)))
    assert [plugin.name for plugin in PLUGINS] == sorted(set(contract("acyclic")["ancestors"]) - {"newel"})
