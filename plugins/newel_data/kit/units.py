"""Cases: units of work."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

import logging
import threading
from typing import Any

from newel_data.errors import Detached, NotPortable, ReadOnly, UniqueViolation, UnitClosed, UnitFailed
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Author, Notice


def author(name: str = "Ada") -> Author:
    """Make an author."""
    return Author(name=name)


class Collecting(logging.Handler):
    """Collects what is logged."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self.records = records

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


def names(kit: Kit) -> list[str]:
    """Return the names of all authors, as a unit of its own sees them."""
    with kit.unit(read_only=True) as db:
        return [found.name for found in db.query(Author).order_by(Author.name).all()]


@case("one unit a request")
def what_was_finished_is_there_for_the_next_unit(kit: Kit) -> None:
    with kit.unit() as db:
        db.add(author())
    assert names(kit) == ["Ada"]


@case("one unit a request")
def what_was_not_finished_is_rolled_back(kit: Kit) -> None:
    db = kit.database()
    db.add(author())
    db.close()
    assert names(kit) == []


@case("one unit a request")
def a_unit_that_was_never_used_finishes(kit: Kit) -> None:
    with kit.unit():
        pass
    assert names(kit) == []


@case("one unit a request")
def a_unit_that_only_reads_refuses_every_write(kit: Kit) -> None:
    kit.stored(author())
    with kit.unit(read_only=True) as db:
        ada = db.query(Author).all()[0]
        ada.name = "Eve"
        writes: list[Any] = [
            lambda: db.add(author("Bob")),
            lambda: db.add_all([author("Bob")]),
            lambda: db.save(ada),
            lambda: db.delete(ada),
            lambda: db.upsert(author("Bob"), by=(Author.name,)),
            lambda: db.query(Author).update(name="Bob"),
            lambda: db.query(Author).delete(),
            lambda: db.query(Author).where(Author.name == "Nobody").delete(),
            lambda: db.query(Author).where(Author.name.in_([])).delete(),
            lambda: db.query(Author).where(Author.name.in_([])).update(name="Bob"),
            lambda: db.add_all([]),
        ]
        for write in writes:
            with raises(ReadOnly):
                write()
    assert names(kit) == ["Ada"]


@case("one unit a request")
def a_unit_that_only_reads_stays_open_until_it_is_closed(kit: Kit) -> None:
    kit.stored(author("Ada"), author("Bob"), author("Cid"))
    db = kit.database(read_only=True)
    stream = db.query(Author).order_by(Author.name).stream(size=1)
    found = [next(stream).name]
    db.finish(200)
    found += [each.name for each in stream]
    db.close()
    assert found == ["Ada", "Bob", "Cid"]
    with raises(UnitClosed):
        db.query(Author).all()


@case("one unit a request")
def a_unit_that_may_write_is_over_when_it_is_finished(kit: Kit) -> None:
    db = kit.database()
    db.add(author())
    db.finish(200)
    with raises(UnitClosed):
        db.query(Author).all()
    with raises(UnitClosed):
        db.add(author("Bob"))
    db.close()


@case("one unit a request")
def a_query_still_read_at_finish_is_refused_where_the_unit_may_write(kit: Kit) -> None:
    kit.stored(author("Ada"), author("Bob"))
    db = kit.database()
    stream = db.query(Author).stream(size=1)
    next(stream)
    with raises(UnitClosed):
        db.finish(200)
    with raises(UnitClosed):
        list(stream)
    db.close()


@case("one unit a request")
def a_query_read_to_its_end_may_be_finished(kit: Kit) -> None:
    kit.stored(author("Ada"), author("Bob"))
    with kit.unit() as db:
        assert len(list(db.query(Author).stream(size=1))) == 2


@case("one unit a request")
def writing_while_a_query_is_streamed_is_refused(kit: Kit) -> None:
    kit.stored(author("Ada"), author("Bob"))
    with kit.unit() as db:
        stream = db.query(Author).stream(size=1)
        next(stream)
        with raises(NotPortable):
            db.add(author("Cid"))
        list(stream)
        db.add(author("Cid"))


@case("when things run")
def a_violation_is_raised_at_the_call(kit: Kit) -> None:
    kit.stored(author())
    db = kit.database()
    with raises(UniqueViolation) as caught:
        db.add(author())
    assert caught[0].fields == ("name",)
    db.close()


@case("after an error", needs=["transactions"])
def everything_is_rolled_back_at_once_and_reading_goes_on(kit: Kit) -> None:
    kit.stored(author("Ada"))
    db = kit.database()
    db.add(author("Bob"))
    with raises(UniqueViolation):
        db.add(author("Ada"))
    assert [found.name for found in db.query(Author).all()] == ["Ada"]
    db.finish(422)
    db.close()
    assert names(kit) == ["Ada"]


@case("after an error")
def later_writes_raise_and_name_the_error(kit: Kit) -> None:
    kit.stored(author())
    db = kit.database()
    with raises(UniqueViolation) as first:
        db.add(author())
    writes: list[Any] = [
        lambda: db.add(author("Bob")),
        lambda: db.query(Author).where(Author.name == "Nobody").delete(),
        lambda: db.query(Author).where(Author.name.in_([])).update(name="Bob"),
    ]
    for write in writes:
        with raises(UnitFailed) as second:
            write()
        assert second[0].__cause__ is first[0]
    db.close()


@case("after an error")
def success_after_a_swallowed_error_is_refused(kit: Kit) -> None:
    kit.stored(author())
    for status, refused in ((200, True), (303, True), (None, True), (400, False), (422, False), (500, False)):
        db = kit.database()
        with raises(UniqueViolation) as first:
            db.add(author())
        if refused:
            with raises(UnitFailed) as caught:
                db.finish(status)
            assert caught[0].__cause__ is first[0]
        else:
            db.finish(status)
        db.close()


@case("after an error", needs=["transactions"])
def what_is_refused_before_io_leaves_the_unit_as_it_was(kit: Kit) -> None:
    with kit.unit() as db:
        db.add(author("Ada"))
        with raises(Exception):
            db.add(author("x" * 81))
        db.add(author("Bob"))
    assert names(kit) == ["Ada", "Bob"]


@case("nesting")
def an_inner_block_joins_the_unit(kit: Kit) -> None:
    db = kit.database()
    with db.atomic(), db.atomic():
        db.add(author())
    assert names(kit) == []
    db.finish(200)
    db.close()
    assert names(kit) == ["Ada"]


@case("nesting", needs=["transactions"])
def an_error_inside_fails_the_whole(kit: Kit) -> None:
    db = kit.database()
    db.add(author("Ada"))
    with raises(ZeroDivisionError), db.atomic():
        db.add(author("Bob"))
        raise ZeroDivisionError
    with raises(UnitFailed):
        db.add(author("Cid"))
    with raises(UnitFailed):
        db.finish(200)
    db.close()
    assert names(kit) == []


@case("side effects")
def on_commit_runs_after_the_commit(kit: Kit) -> None:
    seen: list[list[str]] = []
    with kit.unit() as db:
        db.add(author())
        db.on_commit(lambda: seen.append(names(kit)))
        assert seen == []
    assert seen == [["Ada"]]


@case("side effects", needs=["transactions"])
def on_commit_does_not_run_after_a_rollback(kit: Kit) -> None:
    seen: list[str] = []
    db = kit.database()
    db.add(author())
    db.on_commit(lambda: seen.append("ran"))
    db.close()
    failed = kit.database()
    failed.on_commit(lambda: seen.append("ran"))
    failed.add(author())
    with raises(UniqueViolation):
        failed.add(author())
    failed.finish(409)
    failed.close()
    assert seen == []


@case("side effects")
def a_failing_on_commit_is_logged_and_hides_no_other(kit: Kit) -> None:
    seen: list[str] = []
    records: list[logging.LogRecord] = []
    handler = Collecting(records)
    logger = logging.getLogger("newel.data")
    logger.addHandler(handler)
    try:
        with kit.unit() as db:
            db.add(author())
            db.on_commit(lambda: 1 / 0)
            db.on_commit(lambda: seen.append("ran"))
    finally:
        logger.removeHandler(handler)
    assert seen == ["ran"]
    assert len(records) == 1
    assert names(kit) == ["Ada"]


@case("isolation", needs=["transactions"])
def a_unit_reads_what_it_wrote(kit: Kit) -> None:
    with kit.unit() as db:
        ada = db.add(author())
        assert db.get(Author, ada.id).name == "Ada"
        ada.name = "Eve"
        db.save(ada)
        assert db.query(Author).where(Author.name == "Eve").exists()
        db.delete(ada)
        assert db.query(Author).count() == 0


@case("isolation", needs=["concurrent_units", "transactions"])
def what_is_not_committed_is_not_seen(kit: Kit) -> None:
    kit.stored(author("Ada"))
    writer = kit.database()
    writer.add(author("Bob"))
    writer.query(Author).where(Author.name == "Ada").update(name="Eve")
    assert names(kit) == ["Ada"]
    writer.finish(200)
    writer.close()
    assert names(kit) == ["Bob", "Eve"]


@case("isolation", needs=["concurrent_units", "snapshot_reads"])
def a_unit_that_only_reads_sees_one_state(kit: Kit) -> None:
    kit.stored(author("Ada"))
    with kit.unit(read_only=True) as reader:
        assert reader.query(Author).count() == 1
        kit.stored(author("Bob"))
        assert reader.query(Author).count() == 1
    assert names(kit) == ["Ada", "Bob"]


@case("isolation", needs=["concurrent_units"])
def threads_share_the_backend(kit: Kit) -> None:
    kit.stored(author("Ada"))
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(names(kit))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["Ada"]] * 4


@case("save", needs=["transactions"])
def objects_of_a_unit_that_was_rolled_back_are_detached(kit: Kit) -> None:
    kit.stored(author("Ada"))
    db = kit.database()
    ada = db.query(Author).all()[0]
    bob = db.add(author("Bob"))
    with raises(UniqueViolation):
        db.add(author("Ada"))
    db.finish(409)
    db.close()
    with kit.unit() as again:
        for obj in (ada, bob):
            obj.name += "!"
            with raises(Detached):
                again.save(obj)


@case("save")
def an_object_may_be_saved_in_a_later_unit(kit: Kit) -> None:
    with kit.unit() as db:
        ada = db.add(author("Ada"))
    ada.name = "Eve"
    with kit.unit() as db:
        db.save(ada)
    assert names(kit) == ["Eve"]


@case("one unit a request", needs=["transactions"])
def several_models_are_committed_as_one(kit: Kit) -> None:
    db = kit.database()
    db.add(Notice(title="x", author=db.add(author())))
    with raises(UniqueViolation):
        db.add(author())
    db.finish(409)
    db.close()
    with kit.unit(read_only=True) as reader:
        assert reader.query(Notice).count() == 0
        assert reader.query(Author).count() == 0
