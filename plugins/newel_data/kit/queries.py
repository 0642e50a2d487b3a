"""Cases: conditions together, order, pages, counting and distinct values."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations, product
from typing import Any

from newel_data.columns import Column
from newel_data.errors import BadPageToken, NotPortable
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Account, Author, Colour, Country, Everything, Notice, Person, holding
from newel_data.kit.watching import counted
from newel_data.tree import Order

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def _grid(kit: Kit) -> list[Everything]:
    """Store rows with every combination of a few values and nulls, ties included."""
    made = [
        Everything(text=text, whole=whole, yes=yes)
        for text, whole, yes in product(["a", "b", None], [1, 2, None], [True, False])
    ]
    kit.stored(*reversed(made))
    return made


def _matching(made: list[Everything], test: Any) -> list[str]:
    return sorted(each.id for each in made if test(each))


@case("null and missing")
def conditions_combine_as_in_three_valued_logic(kit: Kit) -> None:
    made = _grid(kit)
    text, whole, yes = Everything.text, Everything.whole, Everything.yes
    a_b: list[tuple[Any, Any]] = [
        ((text == "a") & (whole == 1), lambda e: e.text == "a" and e.whole == 1),
        ((text == "a") | (whole == 1), lambda e: e.text == "a" or e.whole == 1),
        (~((text == "a") & (whole == 1)), lambda e: e.text == "b" or e.whole == 2),
        (~((text == "a") | (whole == 1)), lambda e: e.text == "b" and e.whole == 2),
        (~(~(text == "a")), lambda e: e.text == "a"),
        ((text == "a") & ((whole > 1) | whole.is_null()) & (yes == True), None),  # noqa: E712
        (text.in_(["a", "b"]) & ~text.in_(["b"]), lambda e: e.text == "a"),
        (text.in_([]), lambda _: False),
        (~text.in_([]), lambda _: True),
        ((text == "a") & text.in_([]), lambda _: False),
        ((text == "a") | ~text.in_([]), lambda _: True),
    ]
    with kit.unit(read_only=True) as db:
        for condition, test in a_b:
            expected = _matching(made, test or (lambda e: e.text == "a" and e.yes and (e.whole is None or e.whole > 1)))
            found = sorted(each.id for each in db.query(Everything).where(condition))
            assert found == expected, f"{condition!r}"
            assert db.query(Everything).where(condition).count() == len(expected)
        two = db.query(Everything).where(text == "a").where(whole == 1)
        assert two.count() == 2


@case("injection")
def a_condition_has_no_truth_of_its_own(kit: Kit) -> None:
    text: Any = Everything.text
    for wrong in (lambda: not text.is_null(), lambda: text.is_null() and text.is_null()):
        with raises(TypeError):
            wrong()
    with kit.unit(read_only=True) as db:
        for condition in (True, None, "text = 'a'", Account.code == "x"):
            with raises(TypeError):
                db.query(Everything).where(condition)  # type: ignore[arg-type]
        for term in ("text", Account.code, "text; DROP TABLE x", None):
            with raises(TypeError):
                db.query(Everything).order_by(term)  # type: ignore[arg-type]


@case("order")
def nulls_come_first_ascending_and_last_descending(kit: Kit) -> None:
    made = _grid(kit)
    terms: list[tuple[Any, str]] = [(Everything.text, "text"), (Everything.whole, "whole"), (Everything.yes, "yes")]
    with kit.unit(read_only=True) as db:
        for chosen in permutations(terms, 2):
            for directions in product((False, True), repeat=2):
                order = [c.desc() if d else c.asc() for (c, _), d in zip(chosen, directions, strict=True)]
                found = [each.id for each in db.query(Everything).order_by(*order)]
                names = [name for _, name in chosen]
                assert found == [each.id for each in _sorted(made, names, list(directions))]


@case("order")
def a_column_that_comes_again_changes_nothing(kit: Kit) -> None:
    made = _grid(kit)
    with kit.unit(read_only=True) as db:
        twice = db.query(Everything).order_by(Everything.text, Everything.text.desc())
        assert [each.id for each in twice] == [each.id for each in _sorted(made, ["text"], [False])]
        first = twice.page(size=len(made) - 1)
        assert [each.id for each in twice.page(first.next, size=9)] == [each.id for each in twice][-1:]


def _sorted(made: list[Everything], names: list[str], descending: list[bool]) -> list[Everything]:
    """Sort as the contract says: nulls first ascending; the key last, in the direction of the last term."""
    result = sorted(made, key=lambda each: each.id, reverse=descending[-1])
    for name, down in reversed(list(zip(names, descending, strict=True))):
        result.sort(key=lambda each, name=name: _nulls_first(getattr(each, name)), reverse=down)  # type: ignore[misc]
    return result


def _nulls_first(value: Any) -> tuple[bool, Any]:
    return value is not None, value


@case("order")
def without_an_order_limit_and_offset_go_by_key(kit: Kit) -> None:
    made = _grid(kit)
    ids = sorted(each.id for each in made)
    with kit.unit(read_only=True) as db:
        query = db.query(Everything)
        assert [each.id for each in query.limit(5)] == ids[:5]
        assert [each.id for each in query.limit(5).offset(3)] == ids[3:8]
        assert [each.id for each in query.offset(10)] == ids[10:]
        assert [each.id for each in query.limit(0)] == []
        assert [each.id for each in query.offset(10_000)] == []
        first = query.first()
        assert first is not None
        assert first.id == ids[0]
        assert query.where(Everything.text == "zzz").first() is None
        for wrong in (-1, "5", True, 2**64):
            with raises(ValueError):
                query.limit(wrong)  # type: ignore[arg-type]


@case("order")
def what_has_no_portable_order_is_refused(kit: Kit) -> None:
    for column in (Everything.words, Everything.extra, Notice.body, Notice.author.name):
        with raises(NotPortable):
            column.desc()


# --- pages


@case("pages")
def pages_together_are_the_whole_result(kit: Kit) -> None:
    made = _grid(kit)
    orders: list[list[Order]] = [
        [],
        [Everything.id.desc()],
        [Everything.text.asc()],
        [Everything.text.desc()],
        [Everything.text.asc(), Everything.whole.desc()],
        [Everything.whole.desc(), Everything.text.asc()],
        [Everything.whole.asc(), Everything.text.asc(), Everything.yes.desc()],
        [Everything.yes.asc(), Everything.whole.desc(), Everything.text.desc()],
    ]
    with kit.unit(read_only=True) as db:
        for order in orders:
            whole = [each.id for each in db.query(Everything).order_by(*(order or [Everything.id.asc()]))]
            assert len(whole) == len(made)
            for size in (1, 2, 5, len(made), 100):
                assert _walk(db.query(Everything).order_by(*order), size) == whole, f"{order!r} by {size}"


def _walk(query: Any, size: int) -> list[str]:
    found: list[str] = []
    token = None
    while True:
        page = query.page(token, size=size)
        assert len(page) <= size
        found += [each.id for each in page]
        token = page.next
        if token is None:
            return found


@case("pages")
def pages_keep_to_the_condition(kit: Kit) -> None:
    made = _grid(kit)
    with kit.unit(read_only=True) as db:
        query = db.query(Everything).where(Everything.yes == True).order_by(Everything.text.desc())  # noqa: E712
        assert sorted(_walk(query, 2)) == _matching(made, lambda each: each.yes)


@case("pages", needs=["transactions"])
def a_page_goes_on_where_it_ended_whatever_comes_before(kit: Kit) -> None:
    kit.stored(*(Account(code=f"t{number}") for number in (2, 4, 6, 8)))
    with kit.unit() as db:
        query = db.query(Account).order_by(Account.code)
        page = query.page(size=2)
        db.add(Account(code="t1"))
        db.add(Account(code="t5"))
        db.query(Account).where(Account.code == "t4").delete()
        assert [each.code for each in query.page(page.next, size=10)] == ["t5", "t6", "t8"]


@case("pages")
def pages_of_every_ordered_type(kit: Kit) -> None:
    values: dict[str, list[Any]] = {
        "moment": [EPOCH + timedelta(milliseconds=n) for n in range(4)],
        "exact": [Decimal(n) / 10_000 for n in (-5, -1, 0, 1)],
        "real": [-1.5, 0.0, 0.1, 1e300],
        "raw": [b"\x00", b"\x01", b"a", b"\xff"],
        "colour": list(Colour),
        "span": [timedelta(seconds=n) for n in (-1, 0, 1)],
        "clock": [(EPOCH + timedelta(hours=n)).time() for n in range(3)],
        "day": [(EPOCH + timedelta(days=n)).date() for n in range(3)],
    }
    for name, some in values.items():
        kit.clean()
        kit.stored(*(holding(name, value) for value in [*some, None, *some]))
        column = getattr(Everything, name)
        with kit.unit(read_only=True) as db:
            for term in (column.asc(), column.desc()):
                query = db.query(Everything).order_by(term)
                assert _walk(query, 2) == [each.id for each in query], name


@case("pages")
def a_case_insensitive_order_has_pages(kit: Kit) -> None:
    kit.stored(*(Person(name=name) for name in ("ada", "Bob", "CID", "dan", "Éva")))
    with kit.unit(read_only=True) as db:
        assert len(_walk(db.query(Person).order_by(Person.name.desc()), 2)) == 5


@case("pages")
def a_token_belongs_to_its_order(kit: Kit) -> None:
    _grid(kit)
    with kit.unit(read_only=True) as db:
        token = db.query(Everything).order_by(Everything.text).page(size=2).next
        assert token is not None
        others = [Everything.text.desc(), Everything.whole.asc()]
        for other in others:
            with raises(BadPageToken):
                db.query(Everything).order_by(other).page(token)
        with raises(BadPageToken):
            db.query(Account).page(token)
        for wrong in ("", "x", "!!!", token[:-4], "W10", "bnVsbA", "é"):
            with raises(BadPageToken) as caught:
                db.query(Everything).order_by(Everything.text).page(wrong)
            assert caught[0].http_status == 400


@case("pages")
def the_second_statement_runs_only_where_the_page_is_not_full(kit: Kit) -> None:
    _grid(kit)
    with counted(kit) as (db, calls):
        query = db.query(Everything).order_by(Everything.text.desc())
        token = query.page(size=2).next
        assert calls["select"] == 1
        query.page(token, size=2)
        assert calls["select"] == 2


# --- counting


@case("distinct, count, exists")
def counting_and_existing(kit: Kit) -> None:
    made = _grid(kit)
    with kit.unit(read_only=True) as db:
        query = db.query(Everything)
        assert query.count() == len(made)
        assert query.exists()
        assert query.where(Everything.text == "a").count() == 6
        assert not query.where(Everything.text == "zzz").exists()
        for wrong in (query.limit(1), query.offset(1)):
            with raises(TypeError):
                wrong.count()


@case("distinct, count, exists")
def distinct_values_in_their_order(kit: Kit) -> None:
    _grid(kit)
    with kit.unit(read_only=True) as db:
        query = db.query(Everything)
        assert query.distinct(Everything.text) == [None, "a", "b"]
        assert query.where(~Everything.whole.is_null()).distinct(Everything.whole, Everything.yes) == [
            (1, False), (1, True), (2, False), (2, True),
        ]  # fmt: skip
        assert query.where(Everything.text == "zzz").distinct(Everything.text) == []
        for column in (Everything.words, Everything.extra):
            with raises(NotPortable):
                query.distinct(column)


@case("distinct, count, exists")
def distinct_references_are_objects_with_their_id(kit: Kit) -> None:
    ada, bob = Author(name="Ada"), Author(name="Bob")
    kit.stored(ada, bob, Notice(title="x", author=ada), Notice(title="y", author=ada), Notice(title="z", author=bob))
    with kit.unit(read_only=True) as db:
        found = db.query(Notice).distinct(Notice.author)
        assert set(found) == {ada, bob}


@case("size")
def an_in_of_many_values(kit: Kit) -> None:
    kit.stored(*(Country(id=f"{n:02}", name=str(n)) for n in range(20)))
    with kit.unit(read_only=True) as db:
        many = [f"{n:02}" for n in range(5, 100)] + [f"x{n}" for n in range(1500)]
        assert db.query(Country).where(Country.id.in_(many)).count() == 15
        with raises(NotPortable):
            Country.id.in_(str(n) for n in range(20_000))


@case("order")
def a_query_is_a_value_of_its_own(kit: Kit) -> None:
    _grid(kit)
    column: Column[Any] = Everything.text
    with kit.unit(read_only=True) as db:
        base = db.query(Everything)
        narrowed = base.where(column == "a")
        assert (base.count(), narrowed.count(), base.count()) == (18, 6, 18)
