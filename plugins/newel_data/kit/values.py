"""Cases: values of every type are stored, compared and ordered alike, and come back as they were."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final
from uuid import UUID

from newel_data.errors import ConstraintViolation, NotPortable, OutOfRange, WrongType
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Account, Colour, Country, Everything, Rank, holding
from newel_data.schema import INT_MAX, INT_MIN

ASCENDING: Final[dict[str, list[Any]]] = {
    "text": ["", " ", " a", "A", "Z", "a", "a ", "a  ", "aa", "b", "z", "~", "ß", "é", "ﬁ", "\U0001f600"],
    "whole": [INT_MIN, -(2**53) - 1, -1, 0, 1, 2**31, 2**53 + 1, INT_MAX - 1, INT_MAX],
    "real": [-1.7976931348623157e308, -1.5, -5e-324, 0.0, 5e-324, 0.1, 0.30000000000000004, 1e16, 1.7e308],
    "exact": [Decimal(x) for x in ("-9999999999999999.9999", "-1.0000", "-0.0001", "0.0000", "0.0001", "0.1000",
                                   "1234567890.1235", "1234567890.7165", "9999999999999999.9999")],
    "great": [Decimal(x) for x in ("-123456789012345678901234.0123456789", "-2.0000000000", "10.0000000000",
                                   "123456789012345678901234.0123456788", "123456789012345678901234.0123456789")],
    "yes": [False, True],
    "raw": [b"", b"\x00", b"\x00\x01", b"\x01", b"a", b"aa", b"b", b"\xff", b"\xff\x00"],
    "moment": [datetime(1, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
               datetime(2024, 2, 29, 12, 0, 0, 1000, tzinfo=UTC),
               datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)],
    "day": [date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)],
    "clock": [time(0), time(0, 0, 0, 1), time(12, 30), time(23, 59, 59, 999999)],
    "span": [timedelta(microseconds=INT_MIN), timedelta(days=-1), timedelta(microseconds=-1), timedelta(0),
             timedelta(microseconds=1), timedelta(days=800, seconds=3), timedelta(microseconds=INT_MAX)],
    "uid": [UUID(int=0), UUID(int=1), UUID("7fffffff-0000-0000-0000-000000000000"), UUID(int=2**128 - 1)],
    "colour": [Colour.blue, Colour.green, Colour.red],
    "rank": [Rank.low, Rank.high],
}  # fmt: skip
"""Values of each ordered type, ascending; several of each lie beyond what some server would do by itself."""

WHOLE: Final[dict[str, list[Any]]] = {
    "words": [[], [""], ["sale"], ["Sale"], ["a", "b"], ["b", "a"], ["ü", "\u2028", '"', "\\", "/", "\U0001f600"]],
    "numbers": [[], [0], [1], [INT_MIN, INT_MAX], [2**53 + 1]],
    "prices": [[], [Decimal("1.10")], [Decimal("-0.01"), Decimal("99999999.99")]],
    "moments": [[], [datetime(2024, 1, 1, tzinfo=UTC)]],
    "extra": [0, 1.5, True, "", "null", [], {}, {"a": "é", "b": [1, None, {"$ne": "x.y"}]}, [[1.0, 1]], INT_MAX],
}
"""Values that are stored and compared whole."""


def _everything(kit: Kit, name: str, values: list[Any]) -> list[Everything]:
    made = [holding(name, value) for value in values]
    kit.stored(*made)
    return made


def _same(left: Any, right: Any) -> bool:
    return bool(type(left) is type(right) and left == right and repr(left) == repr(right))


@case("after add")
def every_value_comes_back_equal_and_of_its_type(kit: Kit) -> None:
    for name, values in {**ASCENDING, **WHOLE}.items():
        kit.clean()
        made = _everything(kit, name, [*values, None])
        with kit.unit(read_only=True) as db:
            for obj, value in zip(made, [*values, None], strict=True):
                found = getattr(db.get(Everything, obj.id), name)
                assert _same(found, value), f"{name}: {value!r} came back as {found!r}"
                assert _same(getattr(obj, name), value), f"{name}: after add, {value!r} is {getattr(obj, name)!r}"


@case("after add")
def values_can_be_changed_to_any_other(kit: Kit) -> None:
    obj = Everything()
    kit.stored(obj)
    for name, values in {**ASCENDING, **WHOLE}.items():
        for value in (values[0], values[-1], None):
            setattr(obj, name, value)
            with kit.unit() as db:
                db.save(obj)
            with kit.unit() as db:
                assert _same(getattr(db.get(Everything, obj.id), name), value)
                db.query(Everything).update(**{name: values[0]})
                assert _same(getattr(db.get(Everything, obj.id), name), values[0])
                obj = db.get(Everything, obj.id)


@case("date, time, timedelta, bool, bytes, UUID, enum")
def equality_finds_exactly_the_equal_ones(kit: Kit) -> None:
    for name, values in ASCENDING.items():
        kit.clean()
        _everything(kit, name, [*values, None])
        column = getattr(Everything, name)
        with kit.unit(read_only=True) as db:
            query = db.query(Everything)
            for value in values:
                found = [getattr(each, name) for each in query.where(column == value).all()]
                assert found == [value], f"{name} == {value!r} found {found!r}"
                assert query.where(column != value).count() == len(values) - 1, f"{name} != {value!r}"
            some = values[::2]
            assert query.where(column.in_(some)).count() == len(some)
            assert query.where(~column.in_(some)).count() == len(values) - len(some)


@case("date, time, timedelta, bool, bytes, UUID, enum")
def order_and_ranges_hold_for_every_type(kit: Kit) -> None:
    for name, values in ASCENDING.items():
        kit.clean()
        _everything(kit, name, [*values[1::2], None, *values[::2]])
        column = getattr(Everything, name)
        with kit.unit(read_only=True) as db:
            query = db.query(Everything)
            ascending = [getattr(each, name) for each in query.order_by(column.asc()).all()]
            assert ascending == [None, *values], f"{name} ascending: {ascending!r}"
            descending = [getattr(each, name) for each in query.order_by(column.desc()).all()]
            assert descending == [*reversed(values), None], f"{name} descending: {descending!r}"
            for place, value in enumerate(values):
                counts = [
                    query.where(condition).count()
                    for condition in (column < value, column <= value, column > value, column >= value)
                ]
                above = len(values) - place
                assert counts == [place, place + 1, above - 1, above], f"{name} against {value!r}: {counts}"


# --- null


@case("null and missing")
def null_is_found_by_is_null_alone(kit: Kit) -> None:
    for name, values in {**ASCENDING, **WHOLE}.items():
        kit.clean()
        _everything(kit, name, [values[-1], None])
        column = getattr(Everything, name)
        with kit.unit(read_only=True) as db:
            assert [getattr(each, name) for each in db.query(Everything).where(column.is_null())] == [None]
            assert [getattr(each, name) for each in db.query(Everything).where(~column.is_null())] == [values[-1]]


@case("null and missing")
def comparing_with_none_is_refused(kit: Kit) -> None:
    for name in ASCENDING:
        column = getattr(Everything, name)
        operators: list[Callable[[Any, Any], Any]] = [eq, ne, lt, le, gt, ge]
        for operator in operators:
            with raises(WrongType):
                operator(column, None)
        with raises(WrongType):
            column.in_([None])


@case("null and missing")
def no_comparison_matches_null_negated_or_not(kit: Kit) -> None:
    kit.stored(Everything(text=None, whole=None, words=None))
    text, whole, words = Everything.text, Everything.whole, Everything.words
    conditions = [
        text == "a", text < "a", text.contains("a"), text.prefix(""), text.in_(["a"]),
        whole > 0, words.contains("a"), words.length() == 0, words.length() < 3, words == [],
    ]  # fmt: skip
    with kit.unit(read_only=True) as db:
        for condition in conditions:
            assert db.query(Everything).where(condition).count() == 0
            assert db.query(Everything).where(~condition).count() == 0
        both = (text == "a") & (whole > 0)
        assert db.query(Everything).where(~both).count() == 0
        assert db.query(Everything).where(both | text.is_null()).count() == 1
        assert db.query(Everything).where(~(both | text.is_null())).count() == 0


# --- numbers


@case("integers")
def integers_beyond_64_bit_are_refused_before_io(kit: Kit) -> None:
    with kit.unit() as db:
        for number in (INT_MAX + 1, INT_MIN - 1, 10**30):
            with raises(OutOfRange):
                db.add(Everything(whole=number))
            with raises(OutOfRange):
                db.query(Everything).where(Everything.whole < number)
            with raises(OutOfRange):
                db.query(Everything).update(whole=number)


@case("integers")
def arithmetic_beyond_64_bit_is_refused(kit: Kit) -> None:
    kit.stored(Everything(whole=INT_MAX - 1))
    for change in (Everything.whole + 2, Everything.whole * 2, Everything.whole * -2):
        db = kit.database()
        with raises(OutOfRange):
            db.query(Everything).update(whole=change)
        db.close()
    with kit.unit() as db:
        db.query(Everything).update(whole=Everything.whole + 1)
        assert db.query(Everything).all()[0].whole == INT_MAX


@case("integers", needs=["transactions"])
def arithmetic_is_exact(kit: Kit) -> None:
    kit.stored(Everything(whole=2**53, real=0.1), Everything(whole=None, real=None))
    with kit.unit() as db:
        assert db.query(Everything).update(whole=Everything.whole + 1, real=Everything.real * 3) == 2
        found = db.query(Everything).where(~Everything.whole.is_null()).all()[0]
        assert (found.whole, found.real) == (2**53 + 1, 0.1 * 3)
        assert db.query(Everything).where(Everything.whole.is_null(), Everything.real.is_null()).count() == 1


@case("decimals", needs=["transactions"])
def decimals_are_quantised_and_refused_where_inexact(kit: Kit) -> None:
    with kit.unit() as db:
        obj = db.add(Everything(exact=Decimal("1.5")))
        assert repr(obj.exact) == "Decimal('1.5000')"
        for value in (Decimal("0.00001"), Decimal(10) ** 16, Decimal("NaN"), Decimal("Infinity")):
            with raises(ConstraintViolation):
                db.add(Everything(exact=value))
        for wrong in (1.5, "1.5", True):
            with raises(WrongType):
                db.add(Everything(exact=wrong))  # type: ignore[arg-type]
        assert repr(db.add(Everything(exact=Decimal("-0.0000"))).exact) == "Decimal('0.0000')"


@case("decimals")
def arithmetic_on_decimals_is_refused(kit: Kit) -> None:
    with raises(NotPortable):
        Account.balance + 1  # type: ignore[operator]


@case("floats", needs=["transactions"])
def floats_are_finite(kit: Kit) -> None:
    with kit.unit() as db:
        for value in (float("nan"), float("inf"), float("-inf")):
            with raises(ConstraintViolation):
                db.add(Everything(real=value))
            with raises(ConstraintViolation):
                db.query(Everything).where(Everything.real == value)
        assert repr(db.add(Everything(real=-0.0)).real) == "0.0"
        assert repr(db.add(Everything(real=3)).real) == "3.0"


@case("floats")
def float_arithmetic_beyond_finite_is_refused(kit: Kit) -> None:
    kit.stored(Everything(real=1.7e308))
    db = kit.database()
    with raises(OutOfRange):
        db.query(Everything).update(real=Everything.real * 10)
    db.close()


# --- datetimes


@case("datetimes")
def datetimes_are_aware_utc_and_in_milliseconds(kit: Kit) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    with kit.unit() as db:
        obj = db.add(Everything(moment=datetime(2024, 1, 1, 5, 30, 0, 123999, tzinfo=east)))
        assert repr(obj.moment) == repr(datetime(2024, 1, 1, 0, 0, 0, 123000, tzinfo=UTC))
        assert db.get(Everything, obj.id).moment == obj.moment
        with raises(WrongType):
            db.add(Everything(moment=datetime(2024, 1, 1)))  # noqa: DTZ001
        with raises(WrongType):
            db.query(Everything).where(Everything.moment < datetime(2024, 1, 1))  # noqa: DTZ001


@case("datetimes")
def a_finer_literal_is_rounded_so_that_the_comparison_stays_true(kit: Kit) -> None:
    at = datetime(2024, 1, 1, 0, 0, 0, 5000, tzinfo=UTC)
    _everything(kit, "moment", [at - timedelta(milliseconds=1), at, at + timedelta(milliseconds=1), None])
    between = at + timedelta(microseconds=500)
    moment = Everything.moment
    expected = [
        (moment < between, 2), (moment <= between, 2), (moment > between, 1), (moment >= between, 1),
        (moment == between, 0), (moment != between, 3), (moment.in_([between, at]), 1), (~(moment < between), 1),
        (~(moment == between), 3), (~(moment != between), 0),
        (moment.in_([between]), 0), (~moment.in_([between]), 3),
    ]  # fmt: skip
    with kit.unit(read_only=True) as db:
        assert [db.query(Everything).where(condition).count() for condition, _ in expected] == [n for _, n in expected]


@case("date, time, timedelta, bool, bytes, UUID, enum")
def values_of_another_type_are_refused_everywhere(kit: Kit) -> None:
    wrong: dict[str, list[Any]] = {
        "text": [1, b"a"], "whole": ["1", True, 1.0], "real": ["1", True], "yes": [0, 1], "raw": ["a"],
        "moment": ["2024-01-01", date(2024, 1, 1)], "day": [datetime(2024, 1, 1, tzinfo=UTC)],
        "clock": [time(1, tzinfo=UTC)], "span": [1], "uid": ["x"], "colour": ["red", Rank.low], "rank": [1],
    }  # fmt: skip
    with kit.unit() as db:
        for name, values in wrong.items():
            for value in [*values, {"$ne": None}, ["x"], object()]:
                with raises(WrongType):
                    db.add(holding(name, value))
                with raises(WrongType):
                    _ = getattr(Everything, name) == value
                with raises(WrongType):
                    db.query(Everything).update(**{name: value})
        assert db.query(Everything).count() == 0


# --- lists and JSON


@case("lists of scalars")
def a_list_contains_by_typed_equality(kit: Kit) -> None:
    for name, values in WHOLE.items():
        if name == "extra":
            continue
        kit.clean()
        _everything(kit, name, [*values, None])
        column = getattr(Everything, name)
        with kit.unit(read_only=True) as db:
            query = db.query(Everything)
            for item in [item for value in values for item in value]:
                expected = sum(item in value for value in values)
                assert query.where(column.contains(item)).count() == expected, f"{name} contains {item!r}"
                assert query.where(~column.contains(item)).count() == len(values) - expected
            for value in values:
                assert query.where(column == value).count() == 1, f"{name} == {value!r}"
                assert query.where(column != value).count() == len(values) - 1
                lengths = [len(other) for other in values]
                assert query.where(column.length() == len(value)).count() == lengths.count(len(value))
                assert query.where(column.length() > len(value)).count() == sum(n > len(value) for n in lengths)


@case("lists of scalars")
def items_of_another_type_are_refused(kit: Kit) -> None:
    with raises(WrongType):
        Everything.numbers.contains("1")  # type: ignore[arg-type]
    with kit.unit() as db:
        for wrong in ([None], [True], ["x"], "x", {"a": 1}):
            with raises(WrongType):
                db.add(Everything(numbers=wrong))  # type: ignore[arg-type]


@case("lists of scalars", needs=["transactions"])
def a_list_of_an_object_is_its_own(kit: Kit) -> None:
    with kit.unit() as db:
        obj = db.add(Everything(words=["a"]))
        assert obj.words is not None
        obj.words.append("b")
        db.save(obj)
        assert db.get(Everything, obj.id).words == ["a", "b"]


@case("Json")
def json_that_is_no_json_is_refused(kit: Kit) -> None:
    wrong: list[Any] = [{1: "x"}, (1, 2), {"a": {1, 2}}, [datetime(2024, 1, 1, tzinfo=UTC)], [b"x"], [Decimal(1)]]
    with kit.unit() as db:
        for value in wrong:
            with raises(WrongType):
                db.add(Everything(extra=value))
        with raises(ConstraintViolation):
            db.add(Everything(extra=[float("nan")]))
        with raises(OutOfRange):
            db.add(Everything(extra=[2**64]))


@case("Json", needs=["transactions"])
def a_change_inside_of_json_is_saved(kit: Kit) -> None:
    with kit.unit() as db:
        obj = db.add(Everything(extra={"a": [1]}))
        obj.extra["a"].append(2)  # type: ignore[index, call-overload, union-attr]
        db.save(obj)
        assert db.get(Everything, obj.id).extra == {"a": [1, 2]}


# --- identifiers, size


@case("identifiers")
def identifiers_are_made_at_construction_and_sort_as_they_were_made(kit: Kit) -> None:
    made = [Everything() for _ in range(200)]
    assert [each.id for each in made] == sorted({each.id for each in made})
    for each in made:
        assert UUID(each.id).version == 7
        assert each.id == each.id.lower()
        assert len(each.id) == 36
    kit.stored(*made[:3])
    with kit.unit(read_only=True) as db:
        assert [each.id for each in db.query(Everything).order_by(Everything.id)] == [each.id for each in made[:3]]


@case("identifiers")
def a_natural_key_is_a_text(kit: Kit) -> None:
    kit.stored(Country(id="fr", name="France"), Country(id="FR", name="Other"))
    with kit.unit(read_only=True) as db:
        assert db.get(Country, "fr").name == "France"
        assert db.get(Country, "FR").name == "Other"
    with kit.unit() as db, raises(ConstraintViolation):
        db.add(Country(id="fra", name="France"))


@case("size", needs=["document_limit"])
def a_row_beyond_the_limit_is_refused_before_the_write(kit: Kit) -> None:
    limit = kit.backend.document_limit or 0
    with kit.unit() as db:
        with raises(ConstraintViolation):
            db.add(Everything(extra="x" * limit))
        assert db.query(Everything).count() == 0
