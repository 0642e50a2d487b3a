"""What MongoDB answers when it is about to go, or has to be asked again: by its own fail points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from pymongo import MongoClient

from newel_data import Conflict, Database, DatabaseUnavailable
from newel_data.kit.losses import state, works
from newel_data.kit.models import Account
from tests.persistence.stores import Store

pytestmark = [pytest.mark.faults, pytest.mark.parametrize("store", ["mongodb"], indirect=True)]

TRANSIENT: Final = ["TransientTransactionError"]

NOT_KNOWN: Final[dict[str, dict[str, Any]]] = {
    "no answer": {"closeConnection": True},
    "no longer the primary": {"errorCode": 10107},
    "shutting down": {"errorCode": 91},
    "time is over": {"errorCode": 50},
    "not by a majority in time": {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},
}
"""Answers to a commit that leave open whether it was made; PyMongo asks again, as long as there is time."""


@contextmanager
def failing(url: str, command: str, times: int | None = None, **data: Any) -> Iterator[None]:
    """Let commands fail, so many or all."""
    with MongoClient[Any](url) as client:
        point = {"configureFailPoint": "failCommand", "data": {"failCommands": [command], **data}}
        client.admin.command({**point, "mode": {"times": times} if times else "alwaysOn"})
        try:
            yield
        finally:
            client.admin.command({**point, "mode": "off"})


@pytest.mark.parametrize("data", NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_a_commit_of_which_nobody_knows_is_unavailable_and_not_to_be_run_again(
    store: Store, data: dict[str, Any]
) -> None:
    with store.kit() as (kit, url):
        db = kit.database()
        db.add_all([Account(code="first"), Account(code="second")])
        with failing(url, "commitTransaction", **data), pytest.raises(DatabaseUnavailable):
            db.finish(200)
        db.close()
        assert state(kit) in ({}, {"first": 0, "second": 0})
        works(kit)


def test_a_commit_whose_first_answer_was_lost_is_asked_for_again(store: Store) -> None:
    with store.kit() as (kit, url):
        db = kit.database()
        db.add(Account(code="first"))
        with failing(url, "commitTransaction", 1, closeConnection=True):
            db.finish(200)
        db.close()
        assert state(kit) == {"first": 0}


def test_a_commit_that_lost_a_race_is_a_conflict_and_stored_nothing(store: Store) -> None:
    with store.kit() as (kit, url):
        db = kit.database()
        db.add(Account(code="first"))
        with (
            failing(url, "commitTransaction", 1, errorCode=251, errorLabels=TRANSIENT),
            pytest.raises(Conflict),
        ):
            db.finish(200)
        db.close()
        assert state(kit) == {}


OPERATIONS: Final[dict[str, Callable[[Database, Account], Any]]] = {
    "insert": lambda db, account: db.add(Account(code="later")),
    "update": lambda db, account: db.query(Account).update(hits=1),
    "delete": lambda db, account: db.delete(account),
    "findAndModify": lambda db, account: db.upsert(Account(code="first", hits=2), by=Account.code),
    "find": lambda db, account: db.query(Account).all(),
    "aggregate": lambda db, account: db.query(Account).count(),
}


@pytest.mark.parametrize("command", OPERATIONS)
def test_a_transient_error_within_a_unit_is_a_conflict(store: Store, command: str) -> None:
    with store.kit() as (kit, url):
        kit.stored(first := Account(code="first"))
        for code in (112, 10107, 91, 246, 251):
            db = kit.database()
            db.query(Account).where(Account.code == "first").update(hits=7)
            with failing(url, command, 1, errorCode=code, errorLabels=TRANSIENT), pytest.raises(Conflict):
                OPERATIONS[command](db, first)
            db.close()
            assert state(kit) == {"first": 0}, code


def test_a_read_is_asked_for_again_where_it_is_all_there_is(store: Store) -> None:
    with store.kit() as (kit, url):
        kit.stored(Account(code="first"))
        for data in ({"closeConnection": True}, {"errorCode": 91}):
            with failing(url, "find", 1, **data):
                assert state(kit) == {"first": 0}
