"""`db.native` and `db.mapped`: SQLAlchemy inside of the unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.exc import StaleDataError

from newel_data import NotPortable, ReadOnly, StaleWrite, UniqueViolation, UnitFailed
from newel_sql import SqlBackend
from tests.plugins.newel_sql.board import Author, Notice, database, stored


@pytest.fixture
def ada(backend: SqlBackend) -> Author:
    ada = Author(name="Ada")
    stored(backend, ada)
    return ada


def count(backend: SqlBackend) -> int:
    db = database(backend, read_only=True)
    found = db.query(Author).count()
    db.close()
    return found


def test_both_sides_see_what_the_other_wrote(backend: SqlBackend, ada: Author) -> None:
    db = database(backend)
    notices, session = db.mapped(Notice), db.native
    mine = notices(title="x", author_id=ada.id, tags=("a", "b"), price=Decimal("1.50"))
    session.add(mine)
    found = db.query(Notice).all()[0]
    assert (found.title, found.tags, found.price, found.version) == ("x", ["a", "b"], Decimal("1.50"), 1)
    db.query(Notice).update(title="y")
    assert (mine.title, mine.version, mine.posted) == ("y", 2, found.posted)
    db.finish()
    db.close()


def test_a_stream_sees_what_the_session_holds(backend: SqlBackend) -> None:
    db = database(backend)
    db.native.add(db.mapped(Author)(name="Ada"))
    assert [author.name for author in db.query(Author).stream(size=1)] == ["Ada"]
    db.close()


def test_the_unit_commits_and_rolls_back_what_the_session_wrote(backend: SqlBackend) -> None:
    for finishes in (False, True):
        db = database(backend)
        db.native.add(db.mapped(Author)(name="Ada"))
        if finishes:
            db.finish()
        db.close()
        assert count(backend) == int(finishes)


ENDINGS: dict[str, Callable[[Session], Any]] = {
    "begin": lambda session: session.begin(),
    "begin_nested": lambda session: session.begin_nested(),
    "commit": lambda session: session.commit(),
    "rollback": lambda session: session.rollback(),
    "close": lambda session: session.close(),
    "reset": lambda session: session.reset(),
    "invalidate": lambda session: session.invalidate(),
    "connection().begin": lambda session: session.connection().begin(),
    "connection().begin_nested": lambda session: session.connection().begin_nested(),
    "connection().commit": lambda session: session.connection().commit(),
    "connection().rollback": lambda session: session.connection().rollback(),
    "connection().close": lambda session: session.connection().close(),
    "connection().invalidate": lambda session: session.connection().invalidate(),
}


@pytest.mark.parametrize("what", ENDINGS)
def test_the_session_does_not_end_the_unit(backend: SqlBackend, what: str) -> None:
    db = database(backend)
    session = db.native
    session.add(db.mapped(Author)(name="Ada"))
    with pytest.raises(NotPortable, match=re.escape(what)):
        ENDINGS[what](session)
    db.finish()
    db.close()
    assert count(backend) == 1


def test_the_sessions_own_transaction_commits_nothing(backend: SqlBackend) -> None:
    db = database(backend)
    db.native.add(db.mapped(Author)(name="Ada"))
    db.native.get_transaction().commit()
    assert count(backend) == 0
    db.finish()
    db.close()
    assert count(backend) == 1


@pytest.mark.parametrize("statement", ["COMMIT", "rollback;", "SAVEPOINT x", " begin immediate"])
def test_statements_that_end_transactions_are_refused_and_fail_the_unit(backend: SqlBackend, statement: str) -> None:
    db = database(backend)
    db.add(Author(name="Ada"))
    with pytest.raises(NotPortable, match="execute"):
        db.native.execute(text(statement))
    with pytest.raises(UnitFailed):
        db.finish(200)
    db.close()
    assert count(backend) == 0


def test_a_rollback_of_what_the_session_flushed_fails_the_unit(backend: SqlBackend) -> None:
    db = database(backend)
    db.native.add(db.mapped(Author)(name="Ada"))
    db.native.flush()
    db.native.get_transaction().rollback()
    with pytest.raises(UnitFailed, match=r"rollback of db\.native"):
        db.finish(200)
    db.close()
    assert count(backend) == 0


def test_one_session_a_unit_and_one_twin_a_model(backend: SqlBackend) -> None:
    db, other = database(backend, read_only=True), database(backend, read_only=True)
    assert db.native is db.native
    assert db.native is not other.native
    assert db.mapped(Notice) is other.mapped(Notice)
    db.close()
    other.close()


def test_relationships_lead_to_twins(backend: SqlBackend, ada: Author) -> None:
    stored(backend, Notice(title="x", author=ada))
    db = database(backend, read_only=True)
    notices = db.mapped(Notice)
    found = db.native.query(notices).options(selectinload(notices.author)).one()
    assert (found.author.name, found.author_id, found.editor) == ("Ada", ada.id, None)
    db.close()


def test_companions_are_folded_on_every_write(backend: SqlBackend) -> None:
    db = database(backend)
    twin = db.mapped(Author)(name="Ada", nick="ADA")
    db.native.add(twin)
    assert db.query(Author).where(Author.nick == "ada").count() == 1
    twin.nick = "Bob"
    assert db.query(Author).where(Author.nick == "BOB").count() == 1
    db.close()


def test_versions_are_counted_and_kept_on_both_sides(backend: SqlBackend, ada: Author) -> None:
    notice = Notice(title="x", author=ada)
    stored(backend, notice)
    db = database(backend)
    twin = db.native.get(db.mapped(Notice), notice.id)
    twin.title = "y"
    assert db.get(Notice, notice.id).version == 2
    notice.title = "z"
    with pytest.raises(StaleWrite):
        db.save(notice)
    db.close()


def test_a_stale_twin_is_told_by_the_session(backend: SqlBackend, ada: Author) -> None:
    notice = Notice(title="x", author=ada)
    stored(backend, notice)
    db = database(backend)
    session = db.native
    twin = session.get(db.mapped(Notice), notice.id)
    twin.title = "y"
    with session.no_autoflush:
        session.execute(text('UPDATE "order" SET version = 7'))
    with pytest.raises(StaleDataError):
        session.flush()
    db.close()


def test_what_the_session_breaks_is_told_in_the_contracts_words(backend: SqlBackend, ada: Author) -> None:
    def again() -> Any:
        db = database(backend)
        db.native.add(db.mapped(Author)(name="Ada"))
        return db

    db = again()
    with pytest.raises(UniqueViolation) as caught:
        db.query(Author).count()
    assert caught.value.fields == ("name",)
    db.close()
    db = again()
    with pytest.raises(UniqueViolation):
        db.finish()
    db.close()
    assert count(backend) == 1


def test_a_unit_that_only_reads_reads_natively(backend: SqlBackend, ada: Author) -> None:
    db = database(backend, read_only=True)
    assert db.native.execute(text("SELECT name FROM author")).scalar_one() == "Ada"
    db.native.add(db.mapped(Author)(name="Bob"))
    with pytest.raises(ReadOnly):
        db.query(Author).all()
    db.close()


def test_a_twin_takes_the_fields_of_its_model_alone(backend: SqlBackend) -> None:
    db = database(backend, read_only=True)
    with pytest.raises(TypeError, match="nmae"):
        db.mapped(Author)(nmae="Ada")
    db.close()
