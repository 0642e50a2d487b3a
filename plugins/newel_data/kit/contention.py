"""Cases: two units in one another's way, whatever each of them does."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from newel_data.database import Database
from newel_data.errors import Conflict, UniqueViolation
from newel_data.kit.harness import Kit, case
from newel_data.kit.models import Account
from newel_data.kit.patience import PATIENCE
from newel_data.kit.together import End, all_well, at_once


def _renamed(db: Database) -> None:
    account = db.query(Account).where(Account.code == "second").all()[0]
    account.code = "wanted"
    db.save(account)


TAKING: Final[dict[str, Callable[[Database], Any]]] = {
    "add": lambda db: db.add(Account(code="wanted")),
    "add_all": lambda db: db.add_all([Account(code="third"), Account(code="wanted")]),
    "save": _renamed,
    "update": lambda db: db.query(Account).where(Account.code == "second").update(code="wanted"),
}
"""What may take a unique value, beside an upsert, which overwrites."""

BRIEF: Final = 0.15
"""Seconds in which a unit gets to where it waits for another."""


def taken(kit: Kit, take: Callable[[Database], Any], *, commit: bool) -> End:
    """Let a second unit take a value that a first one holds, and is about to commit or to roll back."""
    kit.clean()
    kit.stored(Account(code="second"))
    first, waiting = kit.database(), threading.Event()
    first.add(Account(code="wanted"))

    def end() -> None:
        waiting.wait()
        time.sleep(BRIEF)
        if commit:
            first.finish(200)
        first.close()

    def second() -> None:
        with kit.unit() as db:
            db.add(Account(code="beside"))
            waiting.set()
            take(db)

    ends = at_once({"first": end, "second": second})
    all_well([ends["first"]])
    return ends["second"]


def codes(kit: Kit) -> set[str]:
    """Return what is stored."""
    with kit.unit(read_only=True) as db:
        return {account.code for account in db.query(Account)}


@case("races", needs=["concurrent_writers", "transactions"])
def a_value_that_another_unit_holds_and_commits_is_lost_with_all_of_the_unit(kit: Kit) -> None:
    for name, take in TAKING.items():
        end = taken(kit, take, commit=True)
        assert isinstance(end.error, (UniqueViolation, Conflict)), (name, end.error)
        assert codes(kit) == {"second", "wanted"}, name


@case("races", needs=["concurrent_writers", "transactions"])
def a_value_that_another_unit_held_and_rolled_back_may_be_had(kit: Kit) -> None:
    for name, take in TAKING.items():
        end = taken(kit, take, commit=False)
        assert end.error is None or isinstance(end.error, Conflict), (name, end.error)
        assert ("wanted" in codes(kit)) is ("beside" in codes(kit)) is (end.error is None), name


@case("races", needs=["concurrent_writers", "transactions"])
def units_that_wait_for_one_another_end_in_a_conflict(kit: Kit) -> None:
    kit.stored(Account(code="first"), Account(code="second"))
    both = threading.Barrier(2, timeout=6 * PATIENCE)

    def write(own: str, other: str) -> None:
        with kit.unit() as db:
            db.query(Account).where(Account.code == own).update(hits=Account.hits + 1)
            both.wait()
            db.query(Account).where(Account.code == other).update(hits=Account.hits + 10)

    ends = at_once({"first": partial(write, "first", "second"), "second": partial(write, "second", "first")})
    lost = [end.error for end in ends.values() if end.error is not None]
    assert lost
    assert all(isinstance(error, Conflict) for error in lost), lost
    with kit.unit(read_only=True) as db:
        assert sum(account.hits for account in db.query(Account)) == 11 * (len(ends) - len(lost))
