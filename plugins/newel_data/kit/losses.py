"""Cases: a server that is lost, slow or down, in the middle of a unit and whatever is asked for."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from newel_data.aggregates import count
from newel_data.database import Database
from newel_data.errors import DatabaseUnavailable, UnitFailed
from newel_data.kit.faults import Fault
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Account
from newel_data.kit.patience import patiently
from newel_data.kit.together import at_once


def _saved(db: Database, mine: Account) -> None:
    mine.hits += 1
    db.save(mine)


OPERATIONS: Final[dict[str, Callable[[Database, Account], Any]]] = {
    "add": lambda db, mine: db.add(Account(code="other1")),
    "add_all": lambda db, mine: db.add_all([Account(code="other2"), Account(code="other3")]),
    "save": _saved,
    "delete": lambda db, mine: db.delete(mine),
    "update": lambda db, mine: db.query(Account).where(Account.id == mine.id).update(hits=Account.hits + 1),
    "bulk delete": lambda db, mine: db.query(Account).where(Account.id == mine.id).delete(),
    "upsert": lambda db, mine: db.upsert(Account(code=mine.code, hits=9), by=Account.code),
    "get": lambda db, mine: db.get(Account, mine.id),
    "query": lambda db, mine: db.query(Account).where(Account.code == mine.code).all(),
    "page": lambda db, mine: db.query(Account).page(size=2),
    "stream": lambda db, mine: list(db.query(Account).stream(size=2)),
    "aggregate": lambda db, mine: db.query(Account).aggregate(n=count()),
    "commit": lambda db, mine: db.finish(200),
}
"""Everything that speaks to the server in a unit."""

NEW: Final = "new "

State = dict[str, int]


def begun(kit: Kit, name: str) -> tuple[Database, Account]:
    """Begin a unit that has read its own row, changed it, and added another."""
    db = kit.database()
    mine = db.query(Account).where(Account.code == name).all()[0]
    _saved(db, mine)
    db.add(Account(code=NEW + name))
    return db, mine


def state(kit: Kit) -> State:
    """Return what is stored, as a unit of its own sees it."""
    with kit.unit(read_only=True) as db:
        return {each.code: each.hits for each in db.query(Account)}


def befallen(kit: Kit, fault: Fault) -> tuple[State, State]:
    """Let a fault befall a unit at each operation; show how each ends. Return what was stored before and after."""
    kit.stored(*(Account(code=name) for name in OPERATIONS))
    before = state(kit)
    units = {name: begun(kit, name) for name in OPERATIONS}
    with kit.faults.during(fault):
        ends = at_once({name: partial(run, *units[name]) for name, run in OPERATIONS.items()})
    for name, end in ends.items():
        assert isinstance(end.error, DatabaseUnavailable), (name, end.error)
        assert end.seconds < kit.faults.within, (name, end.seconds)
    for db, _ in units.values():
        with raises(UnitFailed):
            db.finish(200)
        db.close()
    return before, state(kit)


def works(kit: Kit) -> None:
    """Show that the backend writes and reads as if nothing had been."""

    def write() -> None:
        with kit.unit() as db:
            db.add(Account(code="afterwards", hits=1))
            db.query(Account).where(Account.code == "afterwards").update(hits=Account.hits + 1)

    patiently(write)
    assert state(kit)["afterwards"] == 2


WHOLE: Final = {"commit": 1, "new commit": 0}
"""What the unit leaves whose commit was the operation that failed, if it leaves anything."""


@case("lost connections", needs=["server"])
def a_request_that_is_lost_is_unavailable_and_nothing_of_its_unit_is_stored(kit: Kit) -> None:
    before, after = befallen(kit, "lost request")
    assert after == before
    works(kit)


@case("lost connections", needs=["server"])
def an_answer_that_is_lost_is_unavailable_and_only_a_commit_may_be_stored(kit: Kit) -> None:
    before, after = befallen(kit, "lost answer")
    assert after == before | WHOLE
    works(kit)


@case("lost connections", needs=["server"])
def a_server_that_is_down_is_unavailable_and_nothing_is_stored(kit: Kit) -> None:
    before, after = befallen(kit, "down")
    assert after == before
    works(kit)


@case("slow servers", needs=["server"])
def a_server_that_is_silent_is_unavailable_in_time_and_nothing_is_stored_in_part(kit: Kit) -> None:
    before, after = befallen(kit, "silence")
    assert after in (before, before | WHOLE)
    works(kit)


@case("slow servers", needs=["server"])
def an_answer_that_is_late_and_in_time_is_taken(kit: Kit) -> None:
    db = kit.database()
    db.add(Account(code="first"))
    silent = threading.Event()

    def be_silent() -> None:
        with kit.faults.during("silence"):
            silent.set()
            time.sleep(0.2)

    def finish() -> None:
        silent.wait()
        db.finish(200)

    ends = at_once({"server": be_silent, "unit": finish})
    assert ends["unit"].error is None
    assert state(kit) == {"first": 0}


@case("lost connections", needs=["server"])
def a_connection_that_was_lost_while_idle_is_replaced_without_a_word(kit: Kit) -> None:
    kit.stored(Account(code="first"))
    with kit.faults.during("down"):
        pass
    assert state(kit) == {"first": 0}


@case("lost connections", needs=["server"])
def a_unit_cannot_begin_while_the_server_is_down_and_can_afterwards(kit: Kit) -> None:
    kit.stored(Account(code="first"))
    with kit.faults.during("down"):
        for read_only in (True, False):
            db = kit.database(read_only=read_only)
            started = time.monotonic()
            with raises(DatabaseUnavailable):
                db.query(Account).all()
            assert time.monotonic() - started < kit.faults.within
            db.close()
        with raises(DatabaseUnavailable):
            kit.backend.check()
    works(kit)


@case("slow servers", needs=["server"])
def a_unit_that_begins_while_the_server_is_silent_is_unavailable_in_time(kit: Kit) -> None:
    kit.stored(Account(code="first"))
    db, started = kit.database(read_only=True), time.monotonic()
    with kit.faults.during("silence"), raises(DatabaseUnavailable):
        db.query(Account).all()
    assert time.monotonic() - started < kit.faults.within
    db.close()
    works(kit)


@case("lost connections", needs=["server"])
def reading_goes_on_in_a_unit_that_lost_its_connection(kit: Kit) -> None:
    kit.stored(Account(code="first"))
    db, _ = begun(kit, "first")
    with kit.faults.during("lost request"), raises(DatabaseUnavailable):
        db.query(Account).all()
    assert [each.hits for each in db.query(Account)] == [0]
    db.finish(503)
    db.close()
    assert state(kit) == {"first": 0}


@case("lost connections", needs=["server"])
def a_stream_that_is_lost_does_not_end_as_if_it_were_all(kit: Kit) -> None:
    with kit.unit() as db:
        db.add_all([Account(code=f"c{number:04}") for number in range(1500)])
    db = kit.database(read_only=True)
    stream = db.query(Account).stream(size=10)
    found = [next(stream)]
    with kit.faults.during("down"):
        try:
            found += stream
        except DatabaseUnavailable:
            return
    assert len(found) == 1500


@case("lost connections", needs=["server"])
def a_stream_that_is_lost_may_be_left(kit: Kit) -> None:
    with kit.unit() as db:
        db.add_all([Account(code=f"c{number:04}") for number in range(1500)])
    db = kit.database(read_only=True)
    stream = db.query(Account).stream(size=10)
    next(stream)
    with kit.faults.during("down"):
        pass
    db.close()
    works(kit)


@case("side effects", needs=["server"])
def on_commit_does_not_run_where_the_commit_is_not_known(kit: Kit) -> None:
    ran: list[str] = []
    db = kit.database()
    db.add(Account(code="first"))
    db.on_commit(lambda: ran.append("ran"))
    with kit.faults.during("lost answer"), raises(DatabaseUnavailable):
        db.finish(200)
    db.close()
    assert ran == []
