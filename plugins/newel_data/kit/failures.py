"""Cases: whichever call of the port fails, the unit ends as the contract says and nothing of it is stored."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from newel_data.aggregates import count
from newel_data.database import Database
from newel_data.errors import Conflict, DatabaseUnavailable, DataError, UnitClosed, UnitFailed
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Account
from newel_data.kit.watching import failing

CALLS: Final[dict[str, Callable[[Database], Any]]] = {
    "select": lambda db: db.query(Account).all(),
    "aggregate": lambda db: db.query(Account).aggregate(n=count()),
    "insert": lambda db: db.add(Account(code="later")),
    "update": lambda db: db.query(Account).update(hits=1),
    "delete": lambda db: db.query(Account).delete(),
    "upsert": lambda db: db.upsert(Account(code="later"), by=Account.code),
    "stream": lambda db: list(db.query(Account).stream()),
}
"""What calls each method of the port's unit."""


def codes(kit: Kit) -> list[str]:
    """Return the codes of all accounts, as a unit of its own sees them."""
    with kit.unit(read_only=True) as db:
        return [each.code for each in db.query(Account).order_by(Account.code)]


@case("after an error", needs=["transactions"])
def whichever_call_fails_the_unit_is_rolled_back(kit: Kit) -> None:
    for method, call in CALLS.items():
        for error in (DatabaseUnavailable("gone"), Conflict("lost"), ZeroDivisionError("a bug")):
            db = failing(kit, method, error)
            db.upsert(Account(code="first"), by=Account.code) if method == "insert" else db.add(Account(code="first"))
            with raises(type(error)) as caught:
                call(db)
            assert caught[0] is error
            assert db.query(Account).count() == 0, method
            with raises(UnitFailed) as later:
                db.add(Account(code="later"))
            assert later[0].__cause__ is error
            with raises(UnitFailed):
                db.finish(200)
            db.close()
            assert codes(kit) == [], method


@case("after an error")
def a_unit_that_cannot_begin_fails_and_may_begin_to_read(kit: Kit) -> None:
    kit.stored(Account(code="first"))
    db = failing(kit, "begin", DatabaseUnavailable("gone"))
    with raises(DatabaseUnavailable):
        db.add(Account(code="later"))
    assert db.query(Account).count() == 1
    with raises(UnitFailed):
        db.finish(200)
    db.close()
    assert codes(kit) == ["first"]


@case("after an error")
def a_commit_that_fails_stores_nothing(kit: Kit) -> None:
    db = failing(kit, "commit", Conflict("lost"))
    db.add(Account(code="first"))
    ran: list[str] = []
    db.on_commit(lambda: ran.append("ran"))
    with raises(Conflict):
        db.finish(200)
    db.close()
    assert codes(kit) == []
    assert ran == []


@case("retries")
def a_unit_that_lost_may_be_run_again(kit: Kit) -> None:
    assert Conflict.retryable
    assert not DataError.retryable
    for method in ("begin", "insert", "commit"):
        kit.clean()
        account = Account(code="first")
        lost = failing(kit, method, Conflict("lost"))
        with raises(Conflict):
            lost.add(account)
            lost.finish(200)
        lost.close()
        with kit.unit() as db:
            db.add(Account(code="first"))
        assert codes(kit) == ["first"]


@case("after an error")
def an_object_may_be_added_again_after_its_unit_was_lost(kit: Kit) -> None:
    account = Account(code="first")
    lost = failing(kit, "commit", Conflict("lost"))
    lost.add(account)
    with raises(Conflict):
        lost.finish(200)
    lost.close()
    kit.stored(account)
    account.hits = 5
    with kit.unit() as db:
        db.save(account)
        assert db.get(Account, account.id).hits == 5


@case("one unit a request")
def a_failing_unit_ends_its_streams(kit: Kit) -> None:
    kit.stored(*(Account(code=f"c{number}") for number in range(5)))
    db = failing(kit, "aggregate", Conflict("lost"))
    stream = db.query(Account).stream(size=1)
    next(stream)
    with raises(Conflict):
        db.query(Account).count()
    with raises(UnitClosed):
        list(stream)
    db.close()


@case("one unit a request", needs=["transactions"])
def a_stream_may_be_left_early(kit: Kit) -> None:
    kit.stored(*(Account(code=f"c{number}") for number in range(5)))
    with kit.unit() as db:
        stream = iter(db.query(Account).stream(size=1))
        next(stream)
        del stream
        assert next(iter(db.query(Account).stream(size=2))).hits == 0
    with kit.unit() as db:
        assert db.query(Account).delete() == 5


@case("threads")
def units_end_in_any_order(kit: Kit) -> None:
    kit.stored(Account(code="first"))
    first, second = kit.database(read_only=True), kit.database(read_only=True)
    assert first.query(Account).count() == second.query(Account).count() == 1
    first.close()
    assert second.query(Account).count() == 1
    second.close()
    second.close()
