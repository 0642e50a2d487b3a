"""Tables and collections that something else made are mapped, read, written and left alone, on each server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from sqlalchemy import select

from newel_data import Field, Model, Models, ReferenceViolation, UniqueViolation, key
from newel_data.port import Backend
from tests.conformance.existing import EXISTING, TOGETHER, Review, legacy, made, rows, unit
from tests.conformance.existing_models import Article, Writer
from tests.core.command_line import newel
from tests.databases import SERVERS, backend_at, new_database
from tests.services import mongodb_database


class Thing(Model, table="THINGS", existing=True):
    """Whose table has another key than a model can have."""

    id: Field[str] = key(max_length=8, column="NO")


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb", "mongodb"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The name of a server, and where it is."""
    with ExitStack() as stack:
        if request.param == "mongodb":
            yield "mongodb", request.getfixturevalue("mongodb")
        else:
            start = SERVERS.get(request.param)
            yield request.param, stack.enter_context(start()) if start else ""


@pytest.fixture
def url(server: tuple[str, str], tmp_path: Path) -> Iterator[str]:
    name, where = server
    with legacy(name if name in {"sqlite", "mongodb"} else where, tmp_path, where) as url:
        yield url


@pytest.fixture
def backend(url: str) -> Iterator[Backend]:
    backend = backend_at(url, EXISTING)
    yield backend
    backend.close()


def test_rows_that_were_there_are_read_as_objects(backend: Backend) -> None:
    with unit(backend) as db:
        assert db.get(Writer, "W2").name == "Bob"
        (found,) = db.query(Article).where(Article.writer.name == "Ada").include(Article.writer)
        assert (found.id, found.title, found.writer.name) == ("O1", "Engines", "Ada")


def test_rows_are_written_and_what_the_models_do_not_know_is_kept(backend: Backend, url: str) -> None:
    with unit(backend) as db:
        db.add(Writer(id="W3", name="Eve"))
        article = db.get(Article, "O1")
        article.title = "Looms"
        db.save(article)
    first, second = rows(url, "Order")
    assert (first["Select"], first["REMARK"], second.get("REMARK")) == ("Looms", "first", None)
    added = rows(url, "WRITERS")[-1]
    assert added["Name"] == "Eve"
    assert added.get("ACTIVE", 1) == 1  # a default of the database, where it has such a thing


def test_deletes_cascade(backend: Backend, url: str) -> None:
    with unit(backend) as db:
        db.delete(db.get(Writer, "W1"))
    assert [row["Select"] for row in rows(url, "Order")] == ["Cats"]


def test_a_unique_constraint_of_another_name_is_told_by_attributes(backend: Backend) -> None:
    with pytest.raises(UniqueViolation) as caught, unit(backend) as db:
        db.add(Article(id="O3", title="Engines", writer="W1"))
    assert caught.value.fields == ("writer", "title")
    with pytest.raises(UniqueViolation) as caught, unit(backend) as db:
        db.add(Writer(id="W3", name="Ada"))
    assert caught.value.fields == ("name",)


def test_a_reference_that_leads_nowhere_is_refused(backend: Backend) -> None:
    with pytest.raises(ReferenceViolation) as caught, unit(backend) as db:
        db.add(Article(id="O3", title="x", writer="W9"))
    assert caught.value.field in {"writer", ""}  # SQLite does not say which


def test_sync_leaves_them_alone_and_verify_says_what_differs(backend: Backend, url: str) -> None:
    before = list(backend.verify())
    report = backend.sync()
    assert (report.created, report.differences) == ((), ())
    assert list(backend.verify()) == before
    told = {drift.what for drift in before}
    if url.startswith("mongodb"):
        assert told == {"the validator is another one"}
    else:
        assert "column ACTIVE is not in the models" in told
        assert any(what.startswith("check WRITERS_WRITER_NO_too_long is missing") for what in told)
    assert not [drift for drift in before if drift.kind in {"missing index", "orphan"} or "foreign key" in drift.what]
    assert not [drift.statement for drift in before if drift.statement], "what would mend it is not ours to say"


def test_a_table_of_ours_may_refer_to_one_that_was_there(url: str) -> None:
    backend = backend_at(url, TOGETHER)
    report = backend.sync()
    assert [created.partition(" ")[2] for created in report.created] == ["review", "review_article_id_idx"]
    with unit(backend, TOGETHER) as db:
        db.add(Review(article="O1", text="Good."))
    with unit(backend, TOGETHER) as db:
        (review,) = db.query(Review).where(Review.article.title == "Engines").include(Review.article)
        assert review.article.id == "O1"
        db.delete(db.get(Writer, "W1"))
    with unit(backend, TOGETHER) as db:
        assert db.query(Review).count() == 0
    backend.close()


def test_one_that_is_not_there_is_told_and_not_created(server: tuple[str, str], tmp_path: Path) -> None:
    name, where = server
    with ExitStack() as stack:
        if name == "mongodb":
            url = stack.enter_context(mongodb_database(where))
        else:
            url = f"sqlite:///{tmp_path / 'empty.db'}" if name == "sqlite" else new_database(where)
        backend = stack.enter_context(closing(backend_at(url, EXISTING)))
        for _ in range(2):
            report = backend.sync()
            assert report.created == ()
            assert [difference.table for difference in report.differences] == ["WRITERS", "Order"]
            assert "is to be made by what looks after it" in report.differences[0].what


def test_native_twins_have_the_attributes_of_the_models(backend: Backend, url: str) -> None:
    with unit(backend) as db:
        if url.startswith("mongodb"):
            assert db.native["Order"].find_one({"Written By": "W1"})["Select"] == "Engines"
            return
        article = db.mapped(Article)
        found = db.native.scalars(select(article).where(article.writer_id == "W1")).one()
        assert (found.id, found.title, found.writer.name) == ("O1", "Engines", "Ada")
        found.title = "Looms"
        assert db.get(Article, "O1").title == "Looms"


@pytest.mark.parametrize("statement, told", [
    (
        'CREATE TABLE "THINGS" ("NO" VARCHAR(8) NOT NULL, "LINE" INTEGER NOT NULL, PRIMARY KEY ("NO", "LINE"))',
        "primary key of the table is 'NO, LINE', and the models say 'NO'",
    ),
    ('CREATE TABLE "THINGS" ("NO" INTEGER NOT NULL PRIMARY KEY)', "column NO is 'INTEGER NOT NULL'"),
])  # fmt: skip
def test_a_key_that_cannot_be_mapped_is_told(
    server: tuple[str, str], tmp_path: Path, statement: str, told: str
) -> None:
    name, where = server
    if name == "mongodb":
        return  # a collection has one key, of any type: verify tells what is in it
    url = made(f"sqlite:///{tmp_path / 'keys.db'}" if name == "sqlite" else new_database(where), statement)
    with closing(backend_at(url, Models([Thing]))) as backend:
        found = "\n".join(drift.what for drift in backend.verify()).replace("INTEGER(11)", "INTEGER")
        assert told in found


def test_a_key_of_another_type_is_told_on_mongodb(mongodb: str) -> None:
    with mongodb_database(mongodb) as url:
        with MongoClient[dict[str, Any]](url) as client:
            client.get_default_database()["THINGS"].insert_one({"_id": 7})
        with closing(backend_at(url, Models([Thing]))) as backend:
            assert [drift.what for drift in backend.verify() if drift.kind == "stray type"] == ["_id breaks its rules"]


def test_a_view_gives_a_counter_a_key_that_can_be_mapped(server: tuple[str, str], tmp_path: Path) -> None:
    name, where = server
    if name == "mongodb":
        return  # views of MongoDB are collections to read
    text = "CHAR(8)" if name == "mariadb" else "TEXT"
    url = made(
        f"sqlite:///{tmp_path / 'views.db'}" if name == "sqlite" else new_database(where),
        "CREATE TABLE counted (no INTEGER NOT NULL PRIMARY KEY)",
        "INSERT INTO counted VALUES (7), (8)",
        f'CREATE VIEW "THINGS" AS SELECT CAST(no AS {text}) AS "NO" FROM counted',
    )
    things = Models([Thing])
    with closing(backend_at(url, things)) as backend:
        assert (backend.sync().created, backend.sync().differences) == ((), ())
        assert "missing table" not in {drift.kind for drift in backend.verify()}
        with unit(backend, things) as db:
            assert [thing.id for thing in db.query(Thing).order_by(Thing.id)] == ["7", "8"]
            assert db.get(Thing, "8").id == "8"


def test_the_commands_leave_them_alone_and_say_what_differs(tmp_path: Path) -> None:
    with legacy("sqlite", tmp_path, "") as url:
        (tmp_path / "newel.toml").write_text(
            f'[app]\nhosts = ["localhost"]\n[use]\ndatabase = "sql"\n[sql]\nurl = "{url}"\n'
            '[data]\nmodels = ["tests.conformance.existing_models"]\n'
        )
        db = partial(newel, "--app", tmp_path, "--profile", "production", "db")
        synced = db("sync")
        assert (synced.exit_code, synced.output) == (0, "everything is there\n")
        verified = db("verify")
        assert verified.exit_code == 1
        assert "difference: Order: column REMARK is not in the models\n" in verified.output
