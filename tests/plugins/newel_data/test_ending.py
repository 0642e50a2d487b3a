"""A unit ends whatever fails while it does: nobody else waits for what it held."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import pytest

from newel_data import Database, DatabaseUnavailable, Models, UnitFailed
from newel_data.kit.models import MODELS, Author
from newel_data.port import Row
from newel_data.tree import Select
from newel_memory import MemoryBackend

SET = Models(MODELS)


class Failing:
    """A unit whose cursors fail when they are closed, and whose driver's own is not to be had."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def stream(self, select: Select, size: int) -> Generator[Sequence[Row]]:
        try:
            yield from self._inner.stream(select, size)
        finally:
            raise RuntimeError("the cursor cannot be closed")

    def native(self, failed: object) -> Any:
        raise DatabaseUnavailable("gone")


class FailingBackend:
    def __init__(self, inner: MemoryBackend) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def begin(self, *, read_only: bool) -> Any:
        return Failing(self._inner.begin(read_only=read_only))


@pytest.fixture
def memory() -> MemoryBackend:
    return MemoryBackend(SET, lock_timeout=0.01)


@pytest.fixture
def db(memory: MemoryBackend) -> Database:
    backend: Any = FailingBackend(memory)
    return Database(backend, SET)


def test_the_unit_is_given_back_where_its_cursor_cannot_be_closed(db: Database, memory: MemoryBackend) -> None:
    db.add(Author(name="Ada"))
    reading = db.query(Author).stream(1)
    next(reading)
    with pytest.raises(RuntimeError, match="cannot be closed"):
        db.close()
    other = Database(memory, SET)
    other.add(Author(name="Ada"))
    other.finish()
    other.close()


def test_a_database_that_is_lost_while_asked_for_its_own_fails_the_unit(db: Database) -> None:
    db.add(Author(name="Ada"))
    with pytest.raises(DatabaseUnavailable):
        _ = db.native
    with pytest.raises(UnitFailed):
        db.finish(200)
    db.close()
