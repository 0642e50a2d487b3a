"""What every test has: no leftovers of another test, and hypothesis that finds the same examples each time."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.services import BROWSER_OPTIONS, NO_MONGODB, PATIENCE, browser, mongodb_server, own_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

settings.register_profile(
    "newel", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("newel")

ROOT = Path(__file__).parent.parent
INSTALLED = (str(ROOT / "core"), str(ROOT / "plugins"), str(ROOT / "tests"), sys.prefix, sys.base_prefix)


for _name in [name for name in os.environ if name.startswith("NEWEL_") and not name.startswith("NEWEL_TEST_")]:
    del os.environ[_name]  # configuration comes from the test, not from whoever runs it


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Undo what a test did to the environment: a command line run in this process puts its choices there."""
    environ = os.environ
    before = dict(environ)
    yield
    for name in environ.keys() | before.keys():
        if name != "PYTEST_CURRENT_TEST" and environ.get(name) != before.get(name):
            environ.pop(name, None)
            environ.update({name: before[name]} if name in before else {})


@pytest.fixture(autouse=True)
def own_imports() -> Iterator[None]:
    """Forget the applications that a test wrote and imported: an application's folder is put on `sys.path`."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        place = place_of(sys.modules[name])
        if place and not place.startswith(INSTALLED):
            del sys.modules[name]


@pytest.fixture
def port() -> Iterator[int]:
    """A port of the loopback interface that nobody else is given."""
    with own_port() as port:
        yield port


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a replica set. Tests that need one are reported as not run where there is none."""
    with mongodb_server(tmp_path_factory.mktemp("mongodb")) as url:
        if url is None:
            pytest.skip(NO_MONGODB)
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of all tests, for Playwright runs once in a process. The kernel's own tests run without it."""
    api = importlib.import_module("playwright.sync_api")
    api.expect.set_options(timeout=PATIENCE * 1000)
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser(), args=list(BROWSER_OPTIONS))
        yield opened
        opened.close()


def place_of(module: ModuleType) -> str | None:
    """Return the file of a module, or the folder of a package without one; None for what Python itself makes."""
    if file := getattr(module, "__file__", None):
        return str(file)
    return next(iter(getattr(module, "__path__", ())), None)
