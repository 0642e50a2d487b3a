"""Cases: saving, versions, upsert and bulk work."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from decimal import Decimal

from newel_data.errors import (
    ConstraintViolation,
    Detached,
    NotFound,
    NotPortable,
    StaleWrite,
    UniqueViolation,
)
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Account, Author, Country, Notice, Person
from newel_data.model import Model


def _ada(kit: Kit) -> Author:
    ada = Author(name="Ada")
    kit.stored(ada)
    return ada


# --- get, save, delete


@case("save")
def get_says_what_is_not_there(kit: Kit) -> None:
    with kit.unit(read_only=True) as db:
        with raises(NotFound) as caught:
            db.get(Author, "nobody")
        assert caught[0].http_status == 404
        with raises(TypeError):
            db.get(Author, {"$ne": None})  # type: ignore[arg-type]


@case("save", needs=["transactions"])
def save_writes_only_what_changed(kit: Kit) -> None:
    account = Account(code="t1", hits=1, level=1)
    kit.stored(account)
    with kit.unit() as db:
        mine, theirs = db.get(Account, account.id), db.get(Account, account.id)
        theirs.hits = 5
        db.save(theirs)
        mine.level = 7
        db.save(mine)
        found = db.get(Account, account.id)
        assert (found.hits, found.level) == (5, 7)


@case("save")
def saving_what_was_never_loaded_or_added_is_refused(kit: Kit) -> None:
    with kit.unit() as db:
        for write in (db.save, db.delete):
            with raises(Detached):
                write(Author(name="Ada"))


@case("save")
def saving_or_deleting_what_is_gone_is_stale(kit: Kit) -> None:
    for write in ("save", "delete"):
        kit.clean()
        author = _ada(kit)
        with kit.unit() as db:
            db.query(Author).delete()
        author.name = "Eve"
        db = kit.database()
        with raises(StaleWrite) as caught:
            getattr(db, write)(author)
        assert caught[0].http_status == 409
        db.close()


@case("save")
def the_id_of_a_stored_object_does_not_change(kit: Kit) -> None:
    country = Country(id="fr", name="France")
    kit.stored(country)
    country.id = "de"
    with kit.unit() as db, raises(NotPortable):
        db.save(country)


@case("save")
def objects_are_equal_by_model_and_id(kit: Kit) -> None:
    ada = _ada(kit)
    with kit.unit(read_only=True) as db:
        found = db.get(Author, ada.id)
        assert found == ada
        assert found is not ada
        assert {found, ada} == {ada}
        assert found != Country(id=ada.id[:2], name="x")


# --- version


@case("version")
def a_stale_save_or_delete_is_refused(kit: Kit) -> None:
    for write in ("save", "delete"):
        kit.clean()
        notice = Notice(title="x", author=_ada(kit))
        kit.stored(notice)
        assert notice.version == 1
        with kit.unit() as db:
            theirs = db.get(Notice, notice.id)
            theirs.title = "theirs"
            db.save(theirs)
            assert theirs.version == 2
        notice.title = "mine"
        db = kit.database()
        with raises(StaleWrite):
            getattr(db, write)(notice)
        db.close()


@case("version")
def a_form_may_carry_the_version_it_was_shown_with(kit: Kit) -> None:
    notice = Notice(title="x", author=_ada(kit))
    kit.stored(notice)
    with kit.unit() as db:
        db.query(Notice).update(views=1)
    for late in (True, False):
        db = kit.database()
        shown = db.get(Notice, notice.id)
        assert shown.version == 2
        shown.title = "from the form"
        if late:
            shown.version = 1
            with raises(StaleWrite):
                db.save(shown)
        else:
            db.save(shown)
        db.finish(409)
        db.close()


@case("version", needs=["transactions"])
def bulk_updates_count_it_up(kit: Kit) -> None:
    ada = _ada(kit)
    kit.stored(Notice(title="x", author=ada), Notice(title="y", author=ada))
    with kit.unit() as db:
        assert db.query(Notice).update(body="b") == 2
        assert {each.version for each in db.query(Notice)} == {2}


@case("version")
def saving_without_a_change_writes_nothing(kit: Kit) -> None:
    notice = Notice(title="x", author=_ada(kit))
    kit.stored(notice)
    with kit.unit() as db:
        db.save(notice)
        assert db.get(Notice, notice.id).version == notice.version == 1


# --- upsert


@case("upsert", needs=["transactions"])
def upsert_inserts_or_overwrites(kit: Kit) -> None:
    with kit.unit() as db:
        first = db.upsert(Account(code="t1", hits=1), by=(Account.code,))
        second = db.upsert(Account(code="t1", hits=2, email="a@b"), by=Account.code)
        assert second.id == first.id
        found = db.get(Account, first.id)
        assert (found.hits, found.email) == (2, "a@b")
        assert db.query(Account).count() == 1


@case("upsert", needs=["transactions"])
def upsert_by_several_fields_counts_up_the_version(kit: Kit) -> None:
    ada = _ada(kit)
    with kit.unit() as db:
        first = db.upsert(Notice(title="x", author=ada), by=(Notice.title, Notice.author))
        again = db.upsert(Notice(title="x", author=ada, body="b", tags=["n"]), by=(Notice.author, Notice.title))
        assert (again.id, again.version, again.body, again.tags) == (first.id, 2, "b", ["n"])
        assert db.get(Notice, first.id).version == 2
        again.body = "c"
        db.save(again)
        assert again.version == 3


@case("upsert", needs=["transactions"])
def upsert_by_the_key(kit: Kit) -> None:
    with kit.unit() as db:
        db.upsert(Country(id="fr", name="France"), by=Country.id)
        db.upsert(Country(id="fr", name="Gaul"), by=Country.id)
        assert db.get(Country, "fr").name == "Gaul"


@case("upsert", needs=["transactions"])
def upsert_returns_values_of_their_types(kit: Kit) -> None:
    with kit.unit() as db:
        for ratio in (1.0, 2.0, 0.5):
            made = db.upsert(Account(code="t1", ratio=ratio, balance=Decimal(3)), by=Account.code)
            found = db.get(Account, made.id)
            for each in (made, found):
                assert (repr(each.ratio), repr(each.balance)) == (repr(ratio), "Decimal('3.00')")


@case("upsert", needs=["transactions"])
def upsert_without_case(kit: Kit) -> None:
    with kit.unit() as db:
        first = db.upsert(Person(name="Ada"), by=Person.name)
        again = db.upsert(Person(name="ADA"), by=Person.name)
        assert (again.id, again.name) == (first.id, "ADA")
        assert db.get(Person, first.id).name == "ADA"


@case("upsert", needs=["transactions"])
def upsert_with_a_null_inserts(kit: Kit) -> None:
    with kit.unit() as db:
        db.upsert(Account(code="t1"), by=Account.email)
        db.upsert(Account(code="t2"), by=Account.email)
        assert db.query(Account).count() == 2


@case("upsert")
def upsert_is_held_to_the_other_unique_sets(kit: Kit) -> None:
    kit.stored(Account(code="t1", email="a@b"), Account(code="t2", email="c@d"))
    for obj in (Account(code="t1", email="c@d"), Account(code="t3", email="c@d")):
        db = kit.database()
        with raises(UniqueViolation) as caught:
            db.upsert(obj, by=Account.code)
        assert caught[0].fields == ("email",)
        db.close()


@case("upsert")
def upsert_by_what_is_not_unique_is_refused(kit: Kit) -> None:
    with kit.unit() as db, raises(NotPortable):
        db.upsert(Account(code="t1"), by=Account.hits)


# --- bulk


@case("bulk", needs=["transactions"])
def many_objects_are_added_in_one_unit(kit: Kit) -> None:
    with kit.unit() as db:
        db.add_all(Account(code=f"t{number:04}", hits=number) for number in range(1201))
    with kit.unit() as db:
        assert db.query(Account).count() == 1201
        assert db.query(Account).where(Account.hits < 600).update(level=2) == 600
        assert db.query(Account).where(Account.hits.in_(range(0, 1201, 2))).delete() == 601
        assert db.query(Account).where(Account.level == 2).count() == 300
        assert sum(1 for _ in db.query(Account).stream(size=100)) == 600


@case("bulk", needs=["transactions"])
def add_all_is_all_or_nothing(kit: Kit) -> None:
    db = kit.database()
    with raises(ConstraintViolation):
        db.add_all([Account(code="t1"), Account(code="")])
    assert db.query(Account).count() == 0
    with raises(UniqueViolation):
        db.add_all([Account(code="t1"), Account(code="t1")])
    assert db.query(Account).count() == 0
    db.close()


@case("bulk", needs=["transactions"])
def add_all_takes_several_models_in_their_order(kit: Kit) -> None:
    ada = Author(name="Ada")
    everyone: list[Model] = [ada, Notice(title="x", author=ada), Author(name="Bob")]
    with kit.unit() as db:
        db.add_all(everyone)
        assert db.query(Author).count() == 2


@case("bulk", needs=["transactions"])
def updates_are_counted_by_rows_matched(kit: Kit) -> None:
    kit.stored(Account(code="t1", level=2), Account(code="t2", level=3))
    with kit.unit() as db:
        assert db.query(Account).update(level=2) == 2
        assert db.query(Account).where(Account.level == 9).update(level=2) == 0
        assert db.query(Account).where(Account.code.in_([])).update(level=2) == 0
        assert db.query(Account).where(Account.code.in_([])).delete() == 0


@case("bulk")
def an_update_computes_from_the_row_as_it_was(kit: Kit) -> None:
    kit.stored(Account(code="t1", hits=5, level=2, ratio=2.0))
    with kit.unit() as db:
        db.query(Account).update(hits=Account.level * 3, level=Account.hits - 1, ratio=Account.ratio * 1.5)
        found = db.query(Account).all()[0]
        assert (found.hits, found.level, found.ratio) == (6, 4, 3.0)
