from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newel import App
from newel.errors import BootError
from newel_data import (
    Conflict,
    Database,
    DatabaseUnavailable,
    Field,
    Model,
    Models,
    Ref,
    ReferenceViolation,
    TransactionsUnavailable,
    UniqueViolation,
    field,
    ref,
)
from newel_mongo import MongoBackend
from tests.databases import HASTY, IN_TIME
from tests.forks import in_fork
from tests.plugins.newel_mongo.board import Author, Award, Notice, database, opened, stored
from tests.services import LOOPBACK, NO_MONGODB, own_port, started_mongodb


def names(backend: MongoBackend) -> list[str]:
    db = database(backend, read_only=True)
    found = [author.name for author in db.query(Author).order_by(Author.name)]
    db.close()
    return found


# --- races


def test_of_a_deleted_parent_and_an_inserted_child_one_conflicts(backend: MongoBackend) -> None:
    ada = Author(name="Ada")
    stored(backend, ada)
    deleting, inserting = database(backend), database(backend)
    assert inserting.query(Notice).count() == deleting.query(Notice).count() == 0
    deleting.delete(ada)
    with pytest.raises(Conflict):
        inserting.add(Notice(title="x", author=ada.id))
    deleting.finish()
    deleting.close()
    inserting.close()
    assert names(backend) == []


def test_a_child_inserted_first_makes_the_delete_conflict(backend: MongoBackend) -> None:
    ada = Author(name="Ada")
    stored(backend, ada)
    deleting, inserting = database(backend), database(backend)
    inserting.add(Notice(title="x", author=ada.id))
    with pytest.raises(Conflict):
        deleting.delete(ada)
    inserting.finish()
    inserting.close()
    deleting.close()
    assert names(backend) == ["Ada"]


def test_a_weak_reference_does_not_write_the_parent(backend: MongoBackend) -> None:
    ada, bob = Author(name="Ada"), Author(name="Bob")
    stored(backend, ada, bob)
    units = [database(backend), database(backend)]
    for db, author in zip(units, (ada, bob), strict=True):
        db.add(Notice(title="x", author=author.id, fan=ada.id if author is bob else bob.id))
    for db in units:
        db.finish()
        db.close()
    db = database(backend)
    with pytest.raises(ReferenceViolation):
        db.add(Notice(title="y", author=ada.id, fan="nobody"))
    db.close()


def test_a_lost_race_for_a_unique_value_is_a_conflict_and_later_a_violation(backend: MongoBackend) -> None:
    first, second = database(backend), database(backend)
    first.add(Author(name="Ada"))
    with pytest.raises(Conflict):
        second.add(Author(name="Ada"))
    second.close()
    first.finish()
    first.close()
    third = database(backend)
    with pytest.raises(UniqueViolation):
        third.add(Author(name="Ada"))
    third.close()


# --- servers


def test_a_server_that_is_not_there_is_unavailable_in_time(port: int) -> None:
    backend = opened(f"mongodb://{LOOPBACK}:{port}/board", timeout=0.3)
    db, before = database(backend, read_only=True), time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        db.query(Author).all()
    with pytest.raises(DatabaseUnavailable):
        backend.check()
    assert time.monotonic() - before < IN_TIME
    db.close()
    backend.close()


def test_a_server_that_comes_back_is_used_again(tmp_path: Path, port: int) -> None:
    backend = opened(f"mongodb://{LOOPBACK}:{port}/board?replicaSet=rs0", timeout=HASTY)
    for _ in range(2):
        with started_mongodb(tmp_path, port, "rs0") as url:
            if url is None:
                pytest.skip(NO_MONGODB)
            backend.sync()
            db = database(backend)
            db.upsert(Author(name="Ada"), by=Author.name)
            db.finish()
            db.close()
            assert names(backend) == ["Ada"]
        with pytest.raises(DatabaseUnavailable):
            names(backend)
    backend.close()


def test_a_fork_has_a_client_of_its_own(backend: MongoBackend) -> None:
    stored(backend, Author(name="Ada"))

    def look() -> None:
        assert names(backend) == ["Ada"]

    in_fork(look)
    assert names(backend) == ["Ada"]


# --- without transactions


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with own_port() as port, started_mongodb(tmp_path_factory.mktemp("standalone"), port) as url:
        if url is None:
            pytest.skip(NO_MONGODB)
        yield f"{url}board"


class Page(Model):
    name: Field[str] = field(max_length=20, unique=True)


class Link(Model):
    page: Ref[Page] = ref(on_delete="restrict")


PAGES = Models([Page, Link])


def test_a_standalone_server_is_refused_with_the_remedy(standalone: str) -> None:
    backend = opened(standalone)
    for use in (backend.check, backend.sync, lambda: names(backend)):
        with pytest.raises(TransactionsUnavailable, match=r"--replSet .* single_document_only"):
            use()
    backend.close()


def test_a_unit_without_transactions_writes_one_document(standalone: str) -> None:
    backend = opened(standalone, PAGES, single_document_only=True)
    backend.sync()
    home = Page(name="home")
    stored(backend, home)
    stored(backend, Link(page=home))
    db = database(backend)
    db.add(Page(name="other"))
    with pytest.raises(TransactionsUnavailable, match="writes one row"):
        db.add(Page(name="third"))
    db.close()
    writes: list[Callable[[Database], object]] = [
        lambda db: db.query(Page).delete(),
        lambda db: db.add_all([Page(name="a"), Page(name="b")]),
    ]
    for write in writes:
        db = database(backend)
        with pytest.raises((TransactionsUnavailable, ReferenceViolation)):
            write(db)
        db.close()
    db = database(backend)
    with pytest.raises(ReferenceViolation):
        db.delete(home)
    db.close()
    backend.close()


def test_models_whose_deletes_write_more_are_refused_without_transactions() -> None:
    with pytest.raises(BootError) as caught:
        opened("mongodb://127.0.0.1/board", single_document_only=True)
    assert [problem.what.split()[0] for problem in caught.value.problems] == ["Notice.author", "Notice.fan"]


def test_boot_tells_what_needs_transactions_before_a_server_is_asked() -> None:
    settings = {
        "app": {"hosts": ["localhost"]},
        "use": {"database": "mongo"},
        "mongo": {"url": f"mongodb://{LOOPBACK}:1/board", "single_document_only": True},
        "data": {"models": ["tests.plugins.newel_mongo.board"]},
    }
    with pytest.raises(BootError) as caught:
        App(settings).generation  # noqa: B018  -- it boots when it is first looked at
    assert "Notice.author has on_delete='cascade'" in str(caught.value)
    assert "use a replica set, or declare" in str(caught.value)


def test_restrict_needs_no_second_document() -> None:
    assert opened("mongodb://127.0.0.1/board", PAGES, single_document_only=True).foreign_keys is False


def test_a_restricted_parent_stays(backend: MongoBackend) -> None:
    ada = Author(name="Ada")
    stored(backend, ada, Award(author=ada, year=1950))
    db = database(backend)
    with pytest.raises(ReferenceViolation):
        db.delete(ada)
    db.close()
