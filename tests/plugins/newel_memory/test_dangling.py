"""A unit that read before somebody else committed cannot leave a row that refers to nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from newel_data import Conflict, Database
from newel_data.kit import Kit
from newel_data.kit.models import Topic
from newel_memory import MemoryBackend


@pytest.fixture
def kit() -> Kit:
    return Kit(MemoryBackend)


@pytest.fixture
def topic(kit: Kit) -> Topic:
    topic = Topic(name="above")
    kit.stored(topic)
    return topic


@pytest.fixture
def begun(kit: Kit, topic: Topic) -> Database:
    """A unit that sees one topic, while another one already has what is below it."""
    db = kit.database()
    assert db.query(Topic).count() == 1
    kit.stored(Topic(name="below", above=topic))
    return db


@pytest.mark.parametrize("delete", [Database.delete, lambda db, _: db.query(Topic).delete()])
def test_what_was_added_meanwhile_is_a_conflict(
    kit: Kit, begun: Database, topic: Topic, delete: Callable[[Database, Topic], object]
) -> None:
    delete(begun, topic)
    with pytest.raises(Conflict, match="run it again"):
        begun.finish()
    begun.close()
    with kit.unit() as db:
        assert db.query(Topic).count() == 2
        db.delete(db.get(Topic, topic.id))
        assert db.query(Topic).count() == 0


def test_a_row_that_is_there_again_may_be_referred_to(begun: Database, topic: Topic) -> None:
    begun.delete(topic)
    begun.add(topic)
    begun.finish()
    begun.close()
