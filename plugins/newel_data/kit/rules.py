"""Cases: unique sets, checks, and names that come from outside."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from decimal import Decimal
from typing import Any

from newel_data.aggregates import count, max_
from newel_data.database import Database
from newel_data.errors import (
    Conflict,
    ConstraintViolation,
    ReferenceViolation,
    UniqueViolation,
)
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Account, Author, Country, Maker, Notice, Ware
from newel_data.kit.together import at_once
from newel_data.model import Model
from newel_data.tree import Change, update


def _ada(kit: Kit) -> Author:
    ada = Author(name="Ada")
    kit.stored(ada)
    return ada


# --- unique


@case("unique")
def a_unique_set_of_several_fields(kit: Kit) -> None:
    ada, bob = Author(name="Ada"), Author(name="Bob")
    kit.stored(ada, bob, Notice(title="x", author=ada), Notice(title="x", author=bob), Notice(title="y", author=ada))
    db = kit.database()
    with raises(UniqueViolation) as caught:
        db.add(Notice(title="x", author=ada))
    assert caught[0].fields == ("author", "title")
    db.close()


@case("unique")
def nulls_are_distinct(kit: Kit) -> None:
    kit.stored(Account(code="t1"), Account(code="t2"), Account(code="t3", email="a@b"))
    db = kit.database()
    with raises(UniqueViolation) as caught:
        db.add(Account(code="t4", email="a@b"))
    assert caught[0].fields == ("email",)
    db.close()


@case("unique")
def the_key_is_unique(kit: Kit) -> None:
    kit.stored(Country(id="fr", name="France"))
    db = kit.database()
    with raises(UniqueViolation) as caught:
        db.add(Country(id="fr", name="Other"))
    assert caught[0].fields == ("id",)
    db.close()


@case("unique", needs=["transactions"])
def saving_and_updating_are_held_to_it(kit: Kit) -> None:
    kit.stored(Author(name="Ada"), Author(name="Bob"))

    def save(db: Database) -> None:
        bob = db.query(Author).where(Author.name == "Bob").all()[0]
        bob.name = "Ada"
        db.save(bob)

    def update_one(db: Database) -> None:
        db.query(Author).where(Author.name == "Bob").update(name="Ada")

    def update_both(db: Database) -> None:
        db.query(Author).update(name="Cid")

    for write in (save, update_one, update_both):
        db = kit.database()
        with raises(UniqueViolation):
            write(db)
        db.close()


@case("unique", needs=["transactions"])
def what_was_deleted_may_come_again(kit: Kit) -> None:
    ada = _ada(kit)
    with kit.unit() as db:
        db.delete(ada)
        db.add(Author(name="Ada"))


@case("unique", needs=["concurrent_units"])
def of_concurrent_writers_one_wins(kit: Kit) -> None:
    def write() -> None:
        with kit.unit() as db:
            db.add(Author(name="Ada"))

    (lost,) = [end.error for end in at_once({"first": write, "second": write}).values() if end.error is not None]
    assert isinstance(lost, UniqueViolation | Conflict), lost
    with kit.unit(read_only=True) as db:
        assert db.query(Author).count() == 1


# --- checks


@case("checks")
def broken_rules_name_the_field_and_the_rule(kit: Kit) -> None:
    broken: list[tuple[Model, str, str]] = [
        (Account(code="t"), "code", "too_short"),
        (Account(code="t" * 21), "code", "too_long"),
        (Account(code="t1", level=0), "level", "too_small"),
        (Account(code="t1", level=10), "level", "too_large"),
        (Account(code="t1", kind="gold"), "kind", "choice"),
        (Account(code="t1", balance=Decimal("-100.01")), "balance", "too_small"),
        (Account(code=None), "code", "missing"),  # type: ignore[arg-type]
        (Account(code="t1", hits=None), "hits", "missing"),  # type: ignore[arg-type]
        (Account(code="t1", hits="1"), "hits", "type"),  # type: ignore[arg-type]
        (Notice(title="x", author=None), "author", "missing"),  # type: ignore[arg-type]
        (Notice(title="x", author=Country(id="fr", name="France")), "author", "type"),  # type: ignore[arg-type]
    ]
    with kit.unit() as db:
        for obj, field, code in broken:
            with raises(ConstraintViolation) as caught:
                db.add(obj)
            assert (caught[0].field, caught[0].code) == (field, code)


@case("checks", needs=["database_checks"])
def the_database_checks_as_well(kit: Kit) -> None:
    table = kit.models.table(Account)
    names = [field.name for field in table.fields]
    good = kit.models.mapper(table).row(vars(Account(code="good")))
    broken: dict[str, Any] = {"level": 10, "kind": "gold", "balance": Decimal("-100.01"), "code": "t", "hits": None}
    for name, value in broken.items():
        row = list(good)
        row[names.index(name)] = value
        unit = kit.backend.begin(read_only=False)
        with raises(ConstraintViolation):
            unit.insert(table, [tuple(row)])
        unit.rollback()
        field = table.fields[names.index(name)]
        kit.clean()
        kit.stored(Account(code="good"))
        unit = kit.backend.begin(read_only=False)
        with raises(ConstraintViolation):
            unit.update(update(table, (Change(field, "set", value),)))
        unit.rollback()


@case("checks", needs=["database_checks"])
def arithmetic_is_held_to_the_range(kit: Kit) -> None:
    kit.stored(Account(code="t1", level=9))
    db = kit.database()
    with raises(ConstraintViolation):
        db.query(Account).update(level=Account.level + 1)
    db.close()


@case("injection")
def unknown_names_are_refused_with_the_nearest(kit: Kit) -> None:
    with kit.unit() as db:
        with raises(TypeError) as caught:
            db.query(Account).update(leval=1)
        assert "'level'" in str(caught[0])
        with raises(TypeError) as caught:
            Account(cod="x", code="t1")  # type: ignore[call-arg]
        assert "'code'" in str(caught[0])
        account = db.add(Account(code="t1"))
        account.levle = 5  # type: ignore[attr-defined]
        with raises(AttributeError) as strays:
            db.save(account)
        assert "'level'" in str(strays[0])


# --- names


def _wares(kit: Kit) -> None:
    ada, bob = Maker(id="A", name="Ada"), Maker(id="B", name="Bob")
    wares = [Ware(id=f"W{n}", name=f"ware {n % 3}", maker=(ada, bob)[n // 3], stock=n) for n in range(6)]
    kit.stored(ada, bob, *wares)


@case("names")
def names_that_something_else_gave_are_read(kit: Kit) -> None:
    _wares(kit)
    with kit.unit(read_only=True) as db:
        made_by_bob = db.query(Ware).where(Ware.maker.name == "Bob", Ware.stock > 3).order_by(Ware.name.desc())
        assert [(ware.id, ware.maker.name) for ware in made_by_bob.include(Ware.maker)] == [
            ("W5", "Bob"),
            ("W4", "Bob"),
        ]
        first = db.query(Ware).order_by(Ware.stock.desc(), Ware.name).page(size=4)
        second = db.query(Ware).order_by(Ware.stock.desc(), Ware.name).page(after=first.next, size=4)
        assert [ware.stock for page in (first, second) for ware in page] == [5, 4, 3, 2, 1, 0]
        sums = db.query(Ware).group_by(Ware.stock, Ware.maker).aggregate(n=count(), most=max_(Ware.stock))
        assert sorted((row.maker.id, row.n, row.most) for row in sums) == [(k, 1, n) for n, k in enumerate("AAABBB")]
        assert sorted(db.query(Ware).distinct(Ware.name)) == ["ware 0", "ware 1", "ware 2"]


@case("names", needs=["transactions"])
def names_that_something_else_gave_are_written(kit: Kit) -> None:
    _wares(kit)
    with kit.unit() as db:
        ware = db.get(Ware, "W0")
        ware.price = Decimal("1.50")
        db.save(ware)
        assert db.query(Ware).where(Ware.maker.name == "Ada").update(stock=Ware.stock + 10) == 3
        again = db.upsert(Ware(id="X", name="ware 0", maker="A", stock=7), by=(Ware.maker, Ware.name))
        assert (again.id, again.stock, again.version) == ("W0", 7, 4)
        db.delete(db.get(Maker, "B"))
    with kit.unit(read_only=True) as db:
        assert [(ware.id, ware.stock) for ware in db.query(Ware).order_by(Ware.id)] == [
            ("W0", 7),
            ("W1", 11),
            ("W2", 12),
        ]


@case("names")
def errors_name_attributes_and_not_what_they_are_stored_as(kit: Kit) -> None:
    _wares(kit)
    with raises(UniqueViolation) as caught, kit.unit() as db:
        db.add(Ware(id="X", name="ware 0", maker="A"))
    assert caught[0].fields == ("maker", "name")
    with raises(UniqueViolation) as caught, kit.unit() as db:
        db.add(Maker(id="A", name="Eve"))
    assert caught[0].fields == ("id",)
    with raises(ReferenceViolation), kit.unit() as db:
        db.add(Ware(id="X", name="x", maker="Z"))
