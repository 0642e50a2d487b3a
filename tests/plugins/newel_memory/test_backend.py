from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from newel_data import Conflict, ConstraintViolation, Database, DatabaseUnavailable, Models, NotPortable
from newel_data.kit.models import MODELS, Account, Author, Notice
from newel_memory import MemoryBackend
from tests.forks import in_fork

SET = Models(MODELS)


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend(SET, lock_timeout=0.05)


@pytest.fixture
def writer(backend: MemoryBackend) -> Iterator[Database]:
    """A unit that is writing."""
    db = Database(backend, SET)
    db.add(Account(code="c1"))
    yield db
    db.close()


def test_a_second_writer_gives_up_with_a_conflict(backend: MemoryBackend, writer: Database) -> None:
    second = Database(backend, SET)
    with pytest.raises(Conflict, match=r"0\.05 seconds"):
        second.add(Account(code="c2"))
    second.close()


def test_a_reader_never_waits_for_the_writer(backend: MemoryBackend, writer: Database) -> None:
    reader = Database(backend, SET, read_only=True)
    assert reader.query(Account).count() == 0
    reader.close()


@pytest.mark.parametrize("end", ["finish", "close"])
def test_the_writer_lets_the_next_one_write_when_it_ends(backend: MemoryBackend, writer: Database, end: str) -> None:
    writer.finish() if end == "finish" else writer.close()
    second = Database(backend, SET)
    second.add(Account(code="c2"))
    second.finish()
    second.close()


def test_a_writer_waits_for_another_to_end(writer: Database, backend: MemoryBackend) -> None:
    patient = MemoryBackend(SET, lock_timeout=10)
    first, second = Database(patient, SET), Database(patient, SET)
    first.add(Account(code="c1", hits=1))

    def count_up() -> None:
        second.query(Account).update(hits=Account.hits + 1)
        second.finish()

    waiting = threading.Thread(target=count_up)
    waiting.start()
    first.finish()
    waiting.join()
    reader = Database(patient, SET, read_only=True)
    assert [account.hits for account in reader.query(Account)] == [2]
    for db in (first, second, reader):
        db.close()


def test_a_writer_builds_on_the_last_commit_even_if_it_read_before(backend: MemoryBackend) -> None:
    first, second = Database(backend, SET), Database(backend, SET)
    assert first.query(Author).count() == 0
    second.add(Author(name="Ada"))
    second.finish()
    first.add(Author(name="Bob"))
    first.finish()
    reader = Database(backend, SET, read_only=True)
    assert sorted(author.name for author in reader.query(Author)) == ["Ada", "Bob"]
    for db in (first, second, reader):
        db.close()


def test_objects_of_one_unit_are_not_those_of_the_store(backend: MemoryBackend) -> None:
    db = Database(backend, SET)
    author = db.add(Author(name="Ada"))
    notice = db.add(Notice(title="x", author=author, tags=["a"]))
    notice.tags.append("b")
    author.name = "changed and not saved"
    assert db.get(Notice, notice.id).tags == ["a"]
    assert db.get(Author, author.id).name == "Ada"
    db.close()


def test_a_second_process_is_refused(backend: MemoryBackend) -> None:
    backend.begin(read_only=True).rollback()

    def begin() -> None:
        with pytest.raises(DatabaseUnavailable, match=f"process {os.getppid()}"):
            backend.begin(read_only=True)

    in_fork(begin)


def test_the_process_that_begins_first_may_be_a_forked_one(backend: MemoryBackend) -> None:
    child = in_fork(lambda: backend.begin(read_only=True).rollback())
    with pytest.raises(DatabaseUnavailable, match=f"process {child}"):
        backend.begin(read_only=True)


def test_a_row_may_be_as_large_as_configured() -> None:
    db = Database(MemoryBackend(SET, document_limit=1000), SET)
    author = db.add(Author(name="Ada"))
    with pytest.raises(ConstraintViolation, match="1000 bytes"):
        db.add(Notice(title="x", author=author, body="x" * 1000))
    db.add(Notice(title="x", author=author, body="x" * 500))
    db.close()


def test_there_is_nothing_native(backend: MemoryBackend) -> None:
    db = Database(backend, SET)
    with pytest.raises(NotPortable, match=r"db\.native in memory"):
        _ = db.native
    with pytest.raises(NotPortable, match=r"db\.mapped\(Author\)"):
        db.mapped(Author)
    db.close()


def test_there_is_nothing_to_look_after(backend: MemoryBackend) -> None:
    assert backend.sync().created == ()
    assert backend.verify() == ()
    backend.check()
    backend.close()
