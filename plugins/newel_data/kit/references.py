"""Cases: references, what a delete does to them, reading across them, and including them."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newel_data.database import Database
from newel_data.errors import NotLoaded, NotPortable, ReferenceViolation, UnitFailed, WrongType
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Author, Award, Comment, Country, Notice, Person, Topic
from newel_data.kit.watching import counted


def _board(kit: Kit) -> tuple[Author, Author, list[Notice]]:
    """Store two authors and four notices: of Ada edited by Bob, of Ada, of Bob edited by Ada, of Bob."""
    ada, bob = Author(name="Ada"), Author(name="Bob")
    notices = [
        Notice(title="a", author=ada, editor=bob),
        Notice(title="b", author=ada),
        Notice(title="c", author=bob, editor=ada),
        Notice(title="d", author=bob),
    ]
    kit.stored(ada, bob, *notices)
    return ada, bob, notices


def _titles(found: list[Notice]) -> list[str]:
    return sorted(each.title for each in found)


# --- what must be there


@case("references", needs=["transactions"])
def a_reference_to_nothing_is_refused(kit: Kit) -> None:
    ada, _, notices = _board(kit)
    nobody = Author(name="Nobody")
    changed = notices[0]
    changed.author = nobody
    writes: list[Callable[[Database], object]] = [
        lambda db: db.add(Notice(title="x", author=nobody)),
        lambda db: db.add(Notice(title="x", author="no-such-id")),
        lambda db: db.add(Notice(title="x", author=ada, editor=nobody)),
        lambda db: db.query(Notice).update(author=nobody),
        lambda db: db.save(changed),
        lambda db: db.upsert(Notice(title="x", author=nobody), by=(Notice.author, Notice.title)),
    ]
    for write in writes:
        db = kit.database()
        with raises(ReferenceViolation):
            write(db)
            db.finish(200)
        db.close()


@case("references", needs=["transactions"])
def an_object_or_an_id_can_be_assigned(kit: Kit) -> None:
    ada, bob, _ = _board(kit)
    with kit.unit() as db:
        notice = db.add(Notice(title="x", author=ada.id, editor=None))
        assert notice.author == ada
        notice.author = bob
        notice.editor = ada.id
        db.save(notice)
        found = db.get(Notice, notice.id)
        assert (found.author.id, found.editor) == (bob.id, ada)
        assert db.query(Notice).where(Notice.title == "x").update(author=ada, editor=None) == 1
        found = db.get(Notice, notice.id)
        assert (found.author, found.editor) == (ada, None)


@case("references", needs=["transactions"])
def a_row_may_refer_to_itself_and_to_others_added_with_it(kit: Kit) -> None:
    root = Topic(name="root")
    root.above = root
    leaf = Topic(name="leaf", above=(middle := Topic(name="middle", above=root)))
    with kit.unit() as db:
        db.add_all([leaf, middle, root])
        assert db.get(Topic, leaf.id).above == middle


@case("references")
def rows_that_refer_to_one_another_in_a_circle_are_refused(kit: Kit) -> None:
    one, two = Topic(name="one"), Topic(name="two")
    one.above, two.above = two, one
    db = kit.database()
    with raises(ReferenceViolation):
        db.add_all([Author(name="Ada"), one, two])
    with raises(UnitFailed):
        db.finish(200)
    db.close()
    with kit.unit(read_only=True) as db:
        assert (db.query(Author).count(), db.query(Topic).count()) == (0, 0)


# --- what a delete does


@case("references", needs=["transactions"])
def restrict_refuses_the_delete(kit: Kit) -> None:
    ada, _, _ = _board(kit)
    kit.stored(Award(author=ada, year=1943))
    writes: list[Callable[[Database], object]] = [
        lambda db: db.delete(ada),
        lambda db: db.query(Author).where(Author.name == "Ada").delete(),
    ]
    for write in writes:
        db = kit.database()
        with raises(ReferenceViolation):
            write(db)
            db.finish(200)
        db.close()
    with kit.unit() as db:
        db.query(Award).delete()
        db.delete(ada)


@case("references", needs=["transactions"])
def cascade_removes_what_refers_however_deep(kit: Kit) -> None:
    ada, bob, notices = _board(kit)
    kit.stored(*(Comment(notice=notice, text="x") for notice in notices))
    with kit.unit() as db:
        db.delete(ada)
        assert _titles(db.query(Notice).all()) == ["c", "d"]
        assert db.query(Comment).count() == 2
        assert db.query(Author).all() == [bob]


@case("references", needs=["transactions"])
def set_null_counts_up_the_version(kit: Kit) -> None:
    _, bob, notices = _board(kit)
    with kit.unit() as db:
        db.query(Notice).where(Notice.title.in_(["c", "d"])).delete()
        db.delete(bob)
        first = db.get(Notice, notices[0].id)
        assert (first.editor, first.version) == (None, 2)
        assert db.get(Notice, notices[1].id).version == 1


@case("references", needs=["transactions"])
def a_bulk_delete_cascades_too(kit: Kit) -> None:
    _, _, notices = _board(kit)
    kit.stored(*(Comment(notice=notice, text="x") for notice in notices))
    with kit.unit() as db:
        assert db.query(Author).delete() == 2
        assert (db.query(Notice).count(), db.query(Comment).count()) == (0, 0)


# --- reading a reference


@case("reading a reference")
def a_reference_that_was_not_included_holds_its_id_only(kit: Kit) -> None:
    ada, _, notices = _board(kit)
    with kit.unit(read_only=True) as db:
        found = db.get(Notice, notices[0].id)
        assert isinstance(found.author, Author)
        assert found.author.id == ada.id
        assert found.author == ada
        with raises(NotLoaded) as caught:
            _ = found.author.name
        assert "include" in str(caught[0])
        assert db.get(Notice, notices[1].id).editor is None


@case("include")
def included_references_are_loaded_by_one_query_each(kit: Kit) -> None:
    _board(kit)
    with counted(kit) as (db, calls):
        found = db.query(Notice).include(Notice.author, Notice.editor).order_by(Notice.title).all()
        assert [each.author.name for each in found] == ["Ada", "Ada", "Bob", "Bob"]
        assert [each.editor and each.editor.name for each in found] == ["Bob", None, "Ada", None]
        assert calls["select"] <= 3


@case("include")
def equal_keys_in_one_result_are_one_object(kit: Kit) -> None:
    _board(kit)
    with kit.unit(read_only=True) as db:
        found = db.query(Notice).include(Notice.author, Notice.editor).order_by(Notice.title).all()
        assert found[0].author is found[1].author
        assert found[0].editor is found[2].author
        tree = db.query(Person).include(Person.superior).all()
        assert tree == []


@case("include")
def an_included_object_can_be_saved(kit: Kit) -> None:
    _board(kit)
    with kit.unit() as db:
        found = db.query(Notice).include(Notice.author).all()[0]
        found.author.name = "Eve"
        db.save(found.author)
        assert db.query(Author).where(Author.name == "Eve").count() == 1


@case("include")
def streams_and_pages_include_too(kit: Kit) -> None:
    _board(kit)
    with kit.unit(read_only=True) as db:
        query = db.query(Notice).include(Notice.author).order_by(Notice.title)
        assert [each.author.name for each in query.stream(size=2)] == ["Ada", "Ada", "Bob", "Bob"]
        assert [each.author.name for each in query.page(size=3)] == ["Ada", "Ada", "Bob"]


@case("include")
def what_is_no_reference_of_the_model_is_refused(kit: Kit) -> None:
    with kit.unit(read_only=True) as db:
        for wrong in (Comment.notice, Notice.title, Comment.notice.author, "author"):
            with raises(TypeError):
                db.query(Notice).include(wrong)


# --- filters across references


@case("filters across references")
def one_step_is_followed(kit: Kit) -> None:
    ada, _, _ = _board(kit)
    expected = [
        (Notice.author.name == "Ada", ["a", "b"]),
        (~(Notice.author.name == "Ada"), ["c", "d"]),
        (Notice.author.id == ada.id, ["a", "b"]),
        (Notice.editor.name == "Ada", ["c"]),
        (Notice.editor.name != "Ada", ["a"]),
        (~(Notice.editor.name == "Ada"), ["a"]),
        (Notice.editor.id.is_null(), ["b", "d"]),
        (Notice.editor.name.is_null(), ["b", "d"]),
        (~Notice.editor.name.is_null(), ["a", "c"]),
        (Notice.editor.born.is_null(), ["a", "b", "c", "d"]),
        ((Notice.author.name == "Ada") & (Notice.editor.name == "Bob"), ["a"]),
        ((Notice.author.name == "Bob") | (Notice.title == "a"), ["a", "c", "d"]),
        (Notice.author.name.in_(["Ada", "Eve"]) & (Notice.title > "a"), ["b"]),
        (Notice.author.name.prefix("B"), ["c", "d"]),
    ]
    with kit.unit() as db:
        for condition, titles in expected:
            assert _titles(db.query(Notice).where(condition).all()) == titles
            assert db.query(Notice).where(condition).count() == len(titles)
        last = db.query(Notice).where(Notice.author.name == "Ada").order_by(Notice.title.desc()).first()
        assert last is not None
        assert last.title == "b"


@case("filters across references", needs=["transactions"])
def updates_and_deletes_follow_one_step_too(kit: Kit) -> None:
    _board(kit)
    with kit.unit() as db:
        assert db.query(Notice).where(Notice.author.name == "Ada").update(body="x") == 2
        assert db.query(Notice).where(Notice.editor.name == "Ada").delete() == 1
        assert _titles(db.query(Notice).where(Notice.body == "x").all()) == ["a", "b"]


@case("filters across references")
def two_steps_are_refused_and_said_how_to_do(kit: Kit) -> None:
    _board(kit)
    with raises(NotPortable) as caught:
        _ = Comment.notice.author.name
    assert "two steps" in str(caught[0])
    with kit.unit(read_only=True) as db:
        assert db.query(Comment).where(Comment.notice.author.id == "x").count() == 0


@case("filters across references")
def a_reference_itself_is_not_compared(kit: Kit) -> None:
    ada, _, _ = _board(kit)
    author: Any = Notice.author
    with raises(TypeError):
        _ = author == ada
    with raises(WrongType):
        _ = Notice.author.id == ada
    with kit.unit(read_only=True) as db, raises(TypeError):
        db.query(Country).where(Notice.title == "x")
