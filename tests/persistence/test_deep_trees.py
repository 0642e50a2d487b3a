"""A tree goes whole that is deeper than SQLite follows its foreign keys: rows that refer are removed first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from newel_data import Database
from newel_data.kit import Kit
from newel_data.kit.models import Topic
from tests.databases import backend_at

DEEP = 1100
"""SQLite follows foreign keys through a thousand levels."""


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with closing(Kit(partial(backend_at, f"sqlite:///{tmp_path}/tree.db"))) as kit:
        yield kit
        kit.release()


@pytest.fixture
def root(kit: Kit) -> Topic:
    topics = [Topic(name="root")]
    for _ in range(DEEP - 1):
        topics.append(Topic(name="topic", above=topics[-1]))
    with kit.unit() as db:
        db.add_all(reversed(topics))
    return topics[0]


@pytest.mark.parametrize("delete", [Database.delete, lambda db, _: db.query(Topic).delete()])
def test_a_deep_tree_goes_whole(kit: Kit, root: Topic, delete: Callable[[Database, Topic], object]) -> None:
    with kit.unit() as db:
        assert delete(db, root) in {None, DEEP}
        assert db.query(Topic).count() == 0
