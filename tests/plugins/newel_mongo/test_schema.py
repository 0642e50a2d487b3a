"""`newel db sync` and `newel db verify` on MongoDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pymongo import MongoClient
from pymongo.errors import WriteError

from newel_data import ConstraintViolation, Field, Model, Models, UniqueViolation, field
from newel_data.port import Drift
from newel_data.tree import Change, update
from newel_mongo import MongoBackend
from tests.plugins.newel_mongo.board import MODELS, Author, Notice, opened, stored


@pytest.fixture
def raw(url: str) -> Iterator[Any]:
    """The database as another program sees it."""
    with MongoClient[dict[str, Any]](url) as client:
        yield client.get_default_database()


def kinds(found: Any) -> list[tuple[str, str]]:
    return [(each.kind, each.table) for each in found]


def test_sync_creates_what_is_missing_once(url: str) -> None:
    backend = opened(url)
    planned = backend.sync(dry_run=True).created
    assert kinds(backend.verify()) == [("missing table", table.name) for table in MODELS.tables]
    assert backend.sync().created == planned
    assert planned[:3] == ("collection author", "index author_name_key", "index author_nick_key")
    assert backend.sync() == backend.sync(dry_run=True)
    assert backend.sync().created == ()
    assert backend.verify() == []


class Token(Model):
    """A field of every type that may be null, and is unique where it is not."""

    text: Field[str | None] = field(max_length=20, unique=True, default=None)
    whole: Field[int | None] = field(unique=True, default=None)
    real: Field[float | None] = field(unique=True, default=None)
    exact: Field[Decimal | None] = field(precision=9, scale=2, unique=True, default=None)
    flag: Field[bool | None] = field(unique=True, default=None)
    raw: Field[bytes | None] = field(max_length=20, unique=True, default=None)
    moment: Field[datetime | None] = field(unique=True, default=None)
    day: Field[date | None] = field(unique=True, default=None)
    clock: Field[time | None] = field(unique=True, default=None)
    span: Field[timedelta | None] = field(unique=True, default=None)
    code: Field[UUID | None] = field(unique=True, default=None)


def test_what_is_unique_and_may_be_null_is_of_any_type(url: str) -> None:
    with closing(opened(url, Models([Token]))) as backend:
        assert len(backend.sync().created) == 12
        assert backend.verify() == []
        stored(backend, Token(), Token(), Token(code=UUID(int=0)), Token(code=UUID(int=1)))
        with pytest.raises(UniqueViolation):
            stored(backend, Token(code=UUID(int=1)))


def test_a_missing_index_is_created(backend: MongoBackend, raw: Any) -> None:
    raw.notice.drop_index("notice_title_idx")
    assert kinds(backend.verify()) == [("missing index", "notice")]
    assert backend.sync().created == ("index notice_title_idx",)


def test_a_unique_index_that_documents_forbid_is_told(backend: MongoBackend, raw: Any) -> None:
    raw.author.drop_index("author_name_key")
    row = {"name": "Ada", "nick": None, "born": None}
    raw.author.insert_many([{"_id": "1", **row}, {"_id": "2", **row}])
    report = backend.sync()
    assert report.created == ()
    assert [difference.table for difference in report.differences] == ["author"]
    assert "same values" in report.differences[0].what


def test_what_differs_is_told_with_the_statement_and_left_as_it_is(backend: MongoBackend, raw: Any) -> None:
    raw.command("collMod", "award", validator={"year": {"$gt": 0}})
    raw.notice.drop_index("notice_title_idx")
    raw.notice.create_index("title", name="notice_title_idx", unique=True)
    differences = backend.sync().differences
    assert [(each.table, each.statement.split("(")[0]) for each in differences] == [
        ("notice", "db.getCollection"),
        ("award", "db.runCommand"),
    ]
    assert raw.notice.index_information()["notice_title_idx"]["unique"]
    assert kinds(backend.verify()) == [("difference", "notice"), ("difference", "award")]


def test_orphans_and_strays_are_found(backend: MongoBackend, raw: Any) -> None:
    stored(backend, Author(name="Ada"))
    now = datetime.now(UTC)
    notice = {"title": "x", "author_id": "nobody", "fan_id": None, "price": None, "posted": now, "views": 0}
    raw.notice.insert_one({"_id": "1", **notice, "version": 1})
    raw.get_collection("author").with_options().update_one({"name": "Ada"}, {"$set": {"name": "Ada"}})
    raw.command("insert", "author", documents=[{"_id": "2", "name": 5}], bypassDocumentValidation=True)
    found = {(each.kind, each.table, each.keys) for each in backend.verify()}
    assert ("orphan", "notice", ("1",)) in found
    assert ("stray type", "author", ("2",)) in found
    assert all(isinstance(each, Drift) for each in backend.verify())


def test_the_database_keeps_the_rules_for_everybody(backend: MongoBackend, raw: Any) -> None:
    good = {"name": "Ada", "nick": None, "born": None}
    raw.author.insert_one({"_id": "1", **good})
    for broken in (
        {"name": "x" * 81}, {"name": None}, {"nick": 1}, {"born": "1815-12-10"}, {"born": datetime(1799, 1, 1)},  # noqa: DTZ001
    ):  # fmt: skip
        with pytest.raises(WriteError):
            raw.author.insert_one({"_id": "2", **good, **broken})


def test_a_refused_document_names_field_and_rule(backend: MongoBackend) -> None:
    ada = Author(name="Ada")
    stored(backend, ada, Notice(title="x", author=ada))
    table = MODELS.table(Notice)
    title = next(each for each in table.fields if each.name == "title")
    for value, code in (("x" * 121, "too_long"), (None, "missing")):
        unit = backend.begin(read_only=False)
        with pytest.raises(ConstraintViolation) as caught:
            unit.update(update(table, (Change(title, "set", value),)))
        unit.rollback()
        assert (caught.value.field, caught.value.code) == ("title", code)
