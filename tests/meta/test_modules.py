"""Each module stands by itself, and each public package exposes what it says."""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
import typing
import warnings
from collections.abc import Iterator

import pytest

from tests.meta.project import PACKAGES, modules

OURS = tuple(package.name for package in PACKAGES)
PUBLIC = [*OURS, *(name for name in modules() if name == "newel.testing")]


@contextlib.contextmanager
def nothing_of_ours_imported() -> Iterator[None]:
    """Hide our modules from `sys.modules`, and put back the very same ones afterwards."""
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in OURS}
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
            del sys.modules[name]
        sys.modules.update(hidden)


@pytest.mark.parametrize("package", OURS)
def test_modules_import_alone_without_a_warning(package: str) -> None:
    with nothing_of_ours_imported(), warnings.catch_warnings():
        warnings.simplefilter("error")
        importlib.import_module(package)
        before = set(sys.modules)
        for name in [name for name in modules() if name.split(".")[0] == package]:
            assert importlib.import_module(name).__name__ == name
            for late in set(sys.modules) - before:
                if late.split(".")[0] in OURS:
                    del sys.modules[late]


def exposed(package: types.ModuleType) -> set[str]:
    """Names that a user of the package sees: no private ones, no modules, nothing of `typing` or `__future__`."""
    return {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType) and not of_the_language(name, value)
    }


def of_the_language(name: str, value: object) -> bool:
    return name == "annotations" or value is getattr(typing, name, name)


@pytest.mark.parametrize("name", PUBLIC)
def test_package_exposes_nothing_beyond_its_all(name: str) -> None:
    package = importlib.import_module(name)
    assert exposed(package) - set(getattr(package, "__all__", [])) == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_all_of_a_public_package_is_there(name: str) -> None:
    package = importlib.import_module(name)
    assert [member for member in getattr(package, "__all__", []) if not hasattr(package, member)] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_all_of_a_public_package_has_no_repeats(name: str) -> None:
    declared = list(getattr(importlib.import_module(name), "__all__", []))
    assert sorted(set(declared)) == sorted(declared)
