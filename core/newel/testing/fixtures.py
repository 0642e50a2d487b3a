"""Fixtures for pytest: write `pytest_plugins = ["newel.testing.fixtures"]` in conftest.py, and a fixture `app`.

`client` sends requests to the application, `scope` opens its providers outside any request. The application is closed
after the test.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newel.scope import Scope
from newel.testing.client import Client
from newel.wsgi import App


@pytest.fixture
def client(app: App) -> Iterator[Client]:
    """A client of the `app` fixture."""
    try:
        yield Client(app)
    finally:
        app.close()


@pytest.fixture
def scope(app: App) -> Iterator[Scope]:
    """A scope of the `app` fixture: `scope[Database]`. What the test did in it is committed when the test ends."""
    try:
        with app.scope() as opened:
            yield opened
    finally:
        app.close()
