"""Races: many units at once, in threads or in processes, and what must hold afterwards.

A race is run by runners, each a thread of some process. `run` does one runner's part, `check` looks at what is stored
when all have ended. The cases run each race in eight threads; a provider's tests run them in several processes too, by
the same functions (`prepare`, then `run` in each process, then `check`).
"""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar, final

import msgspec

from newel_data.aggregates import sum_
from newel_data.database import Database
from newel_data.errors import Conflict, NotFound, ReferenceViolation, StaleWrite, UniqueViolation
from newel_data.kit.harness import Kit, case
from newel_data.kit.models import Account, Author, Notice, Person, Topic
from newel_data.kit.patience import step_aside
from newel_data.kit.together import all_well, at_once

T = TypeVar("T")

THREADS: Final = 8
ROUNDS: Final = 4
"""How often each runner does its part."""
TRIES: Final = 200
"""How often a unit that lost a race is run again, before that is a failure of its own."""


def until_done(kit: Kit, work: Callable[[Database], T], *losing: type[Exception]) -> T:
    """Run a unit until it has not lost a race: `Conflict`, and whatever else is lost in that one."""
    for _ in range(TRIES - 1):
        try:
            with kit.unit() as db:
                return work(db)
        except Exception as error:
            if not isinstance(error, (Conflict, *losing)):
                raise
            step_aside()
    with kit.unit() as db:
        return work(db)


@final
class Race(msgspec.Struct, frozen=True):
    """What is stored before, what each runner does (it knows its number), and what must hold when all have ended."""

    prepare: Callable[[Kit], None]
    run: Callable[[Kit, int], None]
    check: Callable[[Kit, int], None]


# --- unique: of all who add the same name, one does


def _prepare_nothing(kit: Kit) -> None:
    """Begin with empty tables."""


def _add_the_same(kit: Kit, number: int) -> None:
    for round_ in range(ROUNDS):
        with contextlib.suppress(UniqueViolation):
            until_done(kit, partial(_add_and_win, round_=round_))


def _add_and_win(db: Database, round_: int) -> None:
    db.add(Author(name=f"author {round_}"))
    db.add(Topic(name=f"won {round_}"))


def _each_once(kit: Kit, runners: int) -> None:
    with kit.unit(read_only=True) as db:
        assert sorted(author.name for author in db.query(Author)) == [f"author {round_}" for round_ in range(ROUNDS)]
        assert db.query(Topic).count() == ROUNDS


# --- increments: every one counts


def _prepare_counter(kit: Kit) -> None:
    kit.stored(Account(code="counter"))


def _increment(kit: Kit, number: int) -> None:
    def increment(db: Database) -> None:
        assert db.query(Account).update(hits=Account.hits + 1) == 1

    for _ in range(ROUNDS):
        until_done(kit, increment)


def _all_counted(kit: Kit, runners: int) -> None:
    with kit.unit(read_only=True) as db:
        assert db.query(Account).all()[0].hits == runners * ROUNDS


# --- version: nothing that was read is overwritten unseen


def _prepare_versioned(kit: Kit) -> None:
    kit.stored(ada := Author(name="Ada"), Notice(title="read, then written", author=ada))


def _read_then_save(kit: Kit, number: int) -> None:
    def read_then_save(db: Database) -> None:
        notice = db.query(Notice).all()[0]
        notice.views += 1
        db.save(notice)

    for _ in range(ROUNDS):
        until_done(kit, read_then_save, StaleWrite)


def _none_overwritten(kit: Kit, runners: int) -> None:
    with kit.unit(read_only=True) as db:
        notice = db.query(Notice).all()[0]
    assert (notice.views, notice.version) == (runners * ROUNDS, runners * ROUNDS + 1)


# --- upsert: one row, whoever is first


def _upsert(kit: Kit, number: int) -> None:
    def upsert(db: Database, name: str) -> None:
        db.upsert(Person(name=name), by=Person.name)

    for round_ in range(ROUNDS):
        until_done(kit, partial(upsert, name=f"person {round_}"))


def _one_row_each(kit: Kit, runners: int) -> None:
    with kit.unit(read_only=True) as db:
        found = {person.name: person.version for person in db.query(Person)}
    assert found == {f"person {round_}": runners for round_ in range(ROUNDS)}


# --- references: no child of a parent that is gone


def _prepare_parents(kit: Kit) -> None:
    kit.stored(*(Author(id=f"parent {round_}", name=f"parent {round_}") for round_ in range(ROUNDS)))


def _add_or_delete(kit: Kit, number: int) -> None:
    def add(db: Database, key: str) -> None:
        db.add(Notice(title=f"of {number}", author=key))

    def remove(db: Database, key: str) -> None:
        db.delete(db.get(Author, key))

    for round_ in range(ROUNDS):
        work = remove if number % 4 == 3 else add
        try:
            until_done(kit, partial(work, key=f"parent {round_}"))
        except (ReferenceViolation, NotFound, StaleWrite):
            continue


def _no_orphans(kit: Kit, runners: int) -> None:
    with kit.unit(read_only=True) as db:
        assert (db.query(Author).count(), db.query(Notice).count()) == (0, 0)


# --- units: all of one or nothing


PURSES: Final = 4
MONEY: Final = 100


def prepare_purses(kit: Kit) -> None:
    """Store some purses with money in them; the sum stays what it is."""
    kit.stored(*(Account(code=f"purse {number}", hits=MONEY) for number in range(PURSES)))


def transfer(db: Database, giver: int, taker: int) -> None:
    """Move money from one purse to another, and write that down."""
    for number, amount in ((giver, -1), (taker, 1)):
        assert db.query(Account).where(Account.code == f"purse {number}").update(hits=Account.hits + amount) == 1
    db.add(Topic(name=f"{giver} gave to {taker}"))


def total(kit: Kit) -> int:
    """Return how much money there is, as one statement sees it."""
    with kit.unit(read_only=True) as db:
        return int(db.query(Account).aggregate(total=sum_(Account.hits)).total)


def _transfer(kit: Kit, number: int) -> None:
    for round_ in range(ROUNDS):
        giver = (number + round_) % PURSES
        until_done(kit, partial(transfer, giver=giver, taker=(giver + 1 + number % 3) % PURSES))
        assert total(kit) == PURSES * MONEY


def _sum_is_kept(kit: Kit, runners: int) -> None:
    assert total(kit) == PURSES * MONEY
    with kit.unit(read_only=True) as db:
        assert db.query(Topic).count() == runners * ROUNDS


RACES: Final = {
    "unique": Race(_prepare_nothing, _add_the_same, _each_once),
    "increments": Race(_prepare_counter, _increment, _all_counted),
    "version": Race(_prepare_versioned, _read_then_save, _none_overwritten),
    "upsert": Race(_prepare_nothing, _upsert, _one_row_each),
    "references": Race(_prepare_parents, _add_or_delete, _no_orphans),
    "units": Race(prepare_purses, _transfer, _sum_is_kept),
}


def run_in_threads(kit: Kit, race: Race, runners: range) -> None:
    """Run the parts of these runners, each in a thread."""
    all_well(at_once({number: partial(race.run, kit, number) for number in runners}).values())


def _run(kit: Kit, race: Race) -> None:
    race.prepare(kit)
    run_in_threads(kit, race, range(THREADS))
    race.check(kit, THREADS)


@case("races", needs=["concurrent_units", "transactions", "unique"])
def of_eight_threads_that_add_the_same_one_does(kit: Kit) -> None:
    _run(kit, RACES["unique"])


@case("races", needs=["concurrent_units", "unique"])
def increments_of_eight_threads_are_all_counted(kit: Kit) -> None:
    _run(kit, RACES["increments"])


@case("races", needs=["concurrent_units", "references", "transactions", "unique"])
def saves_of_eight_threads_overwrite_nothing_unseen(kit: Kit) -> None:
    _run(kit, RACES["version"])


@case("races", needs=["concurrent_units", "transactions", "unique"])
def upserts_of_eight_threads_make_one_row(kit: Kit) -> None:
    _run(kit, RACES["upsert"])


@case("races", needs=["concurrent_units", "references", "transactions", "unique"])
def eight_threads_that_add_and_delete_leave_no_orphan(kit: Kit) -> None:
    _run(kit, RACES["references"])


@case("races", needs=["concurrent_units", "transactions", "unique"])
def units_of_eight_threads_are_seen_whole_or_not_at_all(kit: Kit) -> None:
    _run(kit, RACES["units"])
