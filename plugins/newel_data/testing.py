"""A plugin of pytest: each test has the database to itself. `pytest_plugins = ["newel_data.testing"]` in conftest.py.

The application of the fixture `app` works on a database of the run's own, beside the one that its configuration names;
each worker of pytest-xdist has another. What a test stores is gone after it: by a rollback where the database can,
else, and in tests marked `committed`, by removing the rows.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, final
from weakref import WeakKeyDictionary

import pytest

from newel import App
from newel.errors import Problem, SetupError
from newel_data.port import Backend
from newel_data.rehearsal import Rehearsable, Rehearsal

MARK: Final = "committed"


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the mark."""
    config.addinivalue_line(
        "markers", f"{MARK}: commit units of work, for threads and other processes; rows are removed after the test"
    )


@pytest.fixture(scope="session")
def rehearsals() -> Iterator[Rehearsals]:
    """The databases of this run, or of this worker of it: made when they are first needed, dropped in the end."""
    made = Rehearsals()
    try:
        yield made
    finally:
        made.drop()


@pytest.fixture(autouse=True)
def rehearsal(request: pytest.FixtureRequest) -> Iterator[Rehearsal | None]:
    """The database of one test, where it has a fixture `app` whose application has a database; else None."""
    if "app" not in request.fixturenames:
        yield None
        return
    app = request.getfixturevalue("app")
    if not (isinstance(app, App) and Backend in app.generation.application):
        yield None
        return
    made: Rehearsals = request.getfixturevalue("rehearsals")
    with made.isolated(app, shared=request.node.get_closest_marker(MARK) is not None) as begun:
        yield begun


@final
class Rehearsals:
    """Databases for tests, each made once."""

    def __init__(self) -> None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._suffix: Final = f"test_{worker}_{secrets.token_hex(3)}"
        self._made: Final[dict[str, Rehearsal]] = {}
        self._of: Final[WeakKeyDictionary[App, Rehearsal]] = WeakKeyDictionary()

    @contextmanager
    def isolated(self, app: App, *, shared: bool = False) -> Iterator[Rehearsal]:
        """Let an application that has not started work on a database for tests, and undo at the end what it did.

        The application is closed at the end. `shared`: other threads or processes must see what units commit.
        """
        rehearsal = self._of.get(app) or self._chosen(app)
        rehearsal.backend.sync()
        try:
            with rehearsal.isolated(shared=shared):
                try:
                    yield rehearsal
                finally:
                    app.close()
        finally:
            rehearsal.backend.close()

    def drop(self) -> None:
        """Drop what was made."""
        while self._made:
            self._made.popitem()[1].drop()

    def _chosen(self, app: App) -> Rehearsal:
        backend = app.generation.application[Backend]  # type: ignore[type-abstract]
        if not isinstance(backend, Rehearsable):
            raise SetupError(_not_rehearsable(backend))
        rehearsal = backend.rehearsal(self._suffix)
        app.override(Backend, rehearsal.backend)  # type: ignore[type-abstract]
        if rehearsal.name not in self._made:
            rehearsal.create()
            self._made[rehearsal.name] = rehearsal
        self._of[app] = rehearsal
        return rehearsal


def _not_rehearsable(backend: Backend) -> Problem:
    return Problem(
        what=f"tests were to run on {backend.name}, and {type(backend).__name__} has no method `rehearsal`.",
        remedy="test on another database (App(..., use={'database': 'memory'})), or leave newel_data.testing out of "
        "pytest_plugins and clean up by fixtures of your own.",
    )
