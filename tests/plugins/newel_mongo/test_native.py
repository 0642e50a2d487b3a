from __future__ import annotations

import pytest

from newel_data import NotPortable, ReadOnly
from newel_mongo import MongoBackend
from tests.plugins.newel_mongo.board import Author, database, stored


def test_native_reads_and_writes_in_the_unit(backend: MongoBackend) -> None:
    db = database(backend)
    db.add(Author(name="Ada"))
    assert db.native["author"].find_one({"name": "Ada"})["nick"] is None
    db.native.author.update_one({"name": "Ada"}, {"$set": {"nick": "ada"}})
    assert [author.nick for author in db.query(Author)] == ["ada"]
    assert [found["name"] for found in db.native.author.find()] == ["Ada"]
    db.close()
    again = database(backend, read_only=True)
    assert again.query(Author).count() == 0
    again.close()


def test_what_native_writes_is_committed_with_the_unit(backend: MongoBackend) -> None:
    db = database(backend)
    db.native.get_collection("author").insert_one({"_id": "1", "name": "Ada", "nick": None, "born": None})
    db.finish()
    db.close()
    again = database(backend, read_only=True)
    assert again.get(Author, "1").name == "Ada"
    again.close()


def test_native_only_reads_where_the_unit_does(backend: MongoBackend) -> None:
    stored(backend, Author(name="Ada"))
    db = database(backend, read_only=True)
    authors = db.native["author"]
    assert authors.count_documents({}) == 1
    assert [found["name"] for found in authors.aggregate([{"$match": {}}])] == ["Ada"]
    for write in (
        lambda: authors.insert_one({}),
        lambda: authors.with_options().delete_many({}),
        lambda: authors.aggregate([{"$out": "other"}]),
        authors.drop,
        lambda: db.native.command("ping"),
    ):
        with pytest.raises(ReadOnly):
            write()
    db.close()


def test_names_of_databases_and_collections_are_theirs(backend: MongoBackend) -> None:
    db = database(backend)
    assert db.native.name == backend.connections.config.url.database
    assert db.native.with_options()["author"]["old"].name == "author.old"
    assert "author" in repr(db.native.author)
    db.close()


def test_there_are_no_mapped_classes(backend: MongoBackend) -> None:
    db = database(backend)
    with pytest.raises(NotPortable, match=r"db\.native"):
        db.mapped(Author)
    db.close()
