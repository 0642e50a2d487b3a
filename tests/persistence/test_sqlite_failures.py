"""What takes the place of a lost server where the database is a file: locks of others, a full disk, many at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from newel_data import Conflict, DatabaseUnavailable, Models
from newel_data.kit import Kit
from newel_data.kit.losses import state, works
from newel_data.kit.models import MODELS, Account
from newel_data.kit.together import all_well, at_once
from newel_data.port import Backend
from tests.databases import HASTY, IN_TIME, backend_at
from tests.services import PATIENCE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "board.db"


def opened(file: Path, models: Models, timeout: float = HASTY) -> Backend:
    return backend_at(f"sqlite:///{file}", models, timeout=timeout)


@pytest.fixture
def kit(file: Path) -> Iterator[Kit]:
    with closing(Kit(partial(opened, file))) as kit:
        yield kit
        kit.release()


def test_a_lock_of_another_application_is_a_conflict_in_time_and_reading_goes_on(kit: Kit, file: Path) -> None:
    kit.stored(Account(code="first"))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        db, started = kit.database(), time.monotonic()
        with pytest.raises(Conflict):
            db.add(Account(code="second"))
        assert HASTY / 2 < time.monotonic() - started < IN_TIME
        db.close()
        assert state(kit) == {"first": 0}
    works(kit)


def test_a_full_disk_is_unavailable_and_stores_nothing_of_the_unit(kit: Kit) -> None:
    kit.stored(Account(code="first"))
    backend: Any = kit.backend
    full = [True]

    def limit(connection: sqlite3.Connection, *rest: object) -> None:
        if full:
            connection.execute("PRAGMA max_page_count = 1")  # no page more than there are

    event.listen(backend.connections.engine, "connect", limit)
    backend.connections.lost()
    db = kit.database()
    db.query(Account).update(hits=1)
    with pytest.raises(DatabaseUnavailable):
        db.add_all([Account(code=f"code {number}") for number in range(5000)])
    db.close()
    assert state(kit) == {"first": 0}
    full.clear()
    backend.connections.lost()
    works(kit)


def test_a_file_is_made_by_many_at_once(file: Path) -> None:
    models = Models(MODELS)

    def begin(number: int) -> None:
        with closing(Kit(partial(opened, file, timeout=PATIENCE), models)) as kit:
            kit.stored(Account(code=f"code {number}"))

    all_well(at_once({number: partial(begin, number) for number in range(8)}).values())
    with closing(Kit(partial(opened, file), models)) as kit:
        assert len(state(kit)) == 8
