"""Cases: what a delete does to rows of one model that refer to one another, and to those that others keep."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from collections.abc import Callable

from newel_data.database import Database
from newel_data.errors import ReferenceViolation, StaleWrite
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Chapter, Maker, Person, Sale, Topic, Ware


def _chain(length: int) -> list[Topic]:
    topics = [Topic(name="0")]
    for number in range(1, length):
        topics.append(Topic(name=str(number), above=topics[-1]))
    return topics


@case("references", needs=["transactions"])
def a_tree_goes_with_its_root(kit: Kit) -> None:
    topics = _chain(20)
    kit.stored(*topics)
    with kit.unit() as db:
        db.delete(topics[5])
        assert sorted(int(each.name) for each in db.query(Topic)) == [0, 1, 2, 3, 4]
        assert db.query(Topic).delete() == 5


@case("references", needs=["transactions"])
def a_tree_of_any_depth_goes_whole_and_is_counted(kit: Kit) -> None:
    removals: list[Callable[[Database, Topic], object]] = [
        lambda db, root: db.delete(root),
        lambda db, _: db.query(Topic).delete(),
    ]
    for remove, answer in zip(removals, (None, 40), strict=True):
        topics = _chain(40)  # MariaDB follows its foreign keys through 15 levels
        with kit.unit() as db:
            db.add_all(topics)
        with kit.unit() as db:
            assert remove(db, topics[0]) == answer
            assert db.query(Topic).count() == 0


@case("references", needs=["transactions"])
def rows_that_go_with_others_of_the_same_delete_are_counted(kit: Kit) -> None:
    root = Topic(name="root")
    with kit.unit() as db:
        db.add_all([root, *(Topic(name="leaf", above=root) for _ in range(600))])
        assert db.query(Topic).delete() == 601


@case("references", needs=["transactions"])
def a_circle_goes_with_any_of_its_rows(kit: Kit) -> None:
    def circle() -> list[Topic]:
        topics = [Topic(name=name) for name in "xyz"]
        kit.stored(*topics)
        with kit.unit() as db:
            for topic, above in zip(topics, [*topics[1:], topics[0]], strict=True):
                topic.above = above
                db.save(topic)
        return topics

    first, *_ = circle()
    with kit.unit() as db:
        db.delete(first)
        assert db.query(Topic).count() == 0
    circle()
    with kit.unit() as db:
        assert db.query(Topic).where(Topic.name != "z").delete() == 2
        assert db.query(Topic).count() == 0


@case("references", needs=["transactions"])
def a_row_that_refers_to_itself_can_be_deleted(kit: Kit) -> None:
    boss, topic = Person(name="Boss"), Topic(name="topic")
    kit.stored(boss, topic)
    boss.superior, topic.above = boss, topic
    with kit.unit() as db:
        db.save(boss)
        db.save(topic)
    with kit.unit() as db:
        db.delete(boss)
        db.delete(topic)
        assert (db.query(Person).count(), db.query(Topic).count()) == (0, 0)


@case("references", needs=["transactions"])
def a_stale_delete_is_stale_before_anything_refers(kit: Kit) -> None:
    maker = Maker(id="m", name="Maker")
    ware = Ware(id="w", name="Ware", maker=maker)
    kit.stored(maker, ware, Sale(ware=ware))
    with kit.unit() as db:
        db.query(Ware).update(stock=1)
    db = kit.database()
    with raises(StaleWrite):
        db.delete(ware)
    db.close()


@case("references", needs=["transactions"])
def set_null_within_one_model(kit: Kit) -> None:
    boss = Person(name="Boss")
    kit.stored(boss, Person(name="One", superior=boss), Person(name="Two", superior=boss))
    with kit.unit() as db:
        db.delete(boss)
        assert [(each.superior, each.version) for each in db.query(Person)] == [(None, 2), (None, 2)]


@case("references", needs=["transactions"])
def restrict_holds_even_where_a_cascade_would_remove_the_row(kit: Kit) -> None:
    topic, other = Topic(name="topic"), Topic(name="other")
    kit.stored(topic, other, Chapter(topic=topic, source=topic))
    db = kit.database()
    with raises(ReferenceViolation):
        db.delete(topic)
    db.close()
    with kit.unit() as db:
        db.query(Chapter).update(source=other)
        db.delete(topic)
        assert db.query(Chapter).count() == 0
