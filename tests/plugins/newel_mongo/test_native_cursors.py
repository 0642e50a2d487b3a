"""A cursor of db.native asks the server when it is read: what fails then fails the unit, by its own name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from newel_data import UnitFailed
from newel_mongo import MongoBackend
from tests.plugins.newel_mongo.board import Author, database, stored

WRONG = {"$wrong": 1}


@pytest.fixture
def authors(backend: MongoBackend) -> list[Author]:
    authors = [Author(name=name) for name in "abc"]
    stored(backend, *authors)
    return authors


READINGS: dict[str, Callable[[Any], object]] = {
    "iterated": lambda native: list(native.author.find(WRONG)),
    "ordered": lambda native: list(native.author.find(WRONG).sort("name").limit(2)),
    "indexed": lambda native: native.author.find(WRONG)[0],
    "listed": lambda native: native.author.find(WRONG).to_list(),
    "aggregated": lambda native: native.author.aggregate([WRONG]),
}


@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)
def test_a_failure_fails_the_unit_although_it_is_caught(backend: MongoBackend, read: Callable[[Any], object]) -> None:
    db = database(backend)
    db.add(Author(name="Ada"))
    with pytest.raises(OperationFailure):
        read(db.native)
    with pytest.raises(UnitFailed, match="OperationFailure"):
        db.add(Author(name="Bob"))
    with pytest.raises(UnitFailed, match="OperationFailure"):
        db.finish(200)
    db.close()
    again = database(backend, read_only=True)
    assert again.query(Author).count() == 0
    again.close()


def test_a_cursor_is_read_as_pymongos(backend: MongoBackend, authors: list[Author]) -> None:
    db = database(backend)
    collection = db.native["author"]
    with collection.find().sort("name", -1).skip(1).limit(2) as cursor:
        assert [found["name"] for found in cursor] == ["b", "a"]
        assert not cursor.alive
    assert collection.find().sort("name")[1]["name"] == "b"
    assert [found["name"] for found in collection.find().sort("name")[1:]] == ["b", "c"]
    assert [found["n"] for found in collection.aggregate([{"$count": "n"}])] == [len(authors)]
    assert next(collection.find({"name": "c"}))["name"] == "c"
    db.close()
