"""Cases: aggregation."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from newel_data.aggregates import avg, count, max_, min_, sum_
from newel_data.errors import NotPortable, OutOfRange
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Author, Colour, Everything, Notice
from newel_data.schema import INT_MAX


@case("aggregation")
def sums_and_averages_are_exact(kit: Kit) -> None:
    kit.stored(
        Everything(whole=2**53, exact=Decimal("1234567890.1234"), real=0.5),
        Everything(whole=1, exact=Decimal("0.0001"), real=0.25),
        Everything(),
    )
    with kit.unit(read_only=True) as db:
        row = db.query(Everything).aggregate(
            n=count(),
            values=count(Everything.whole),
            whole=sum_(Everything.whole),
            exact=sum_(Everything.exact),
            real=sum_(Everything.real),
            mean=avg(Everything.exact),
            middle=avg(Everything.whole),
            half=avg(Everything.real),
        )
        assert (row.n, row["values"]) == (3, 2)
        assert _shown(row.whole, row.exact, row.real) == _shown(2**53 + 1, Decimal("1234567890.1235"), 0.75)
        assert _shown(row.mean) == _shown(Decimal("617283945.06175"))
        assert _shown(row.middle, row.half) == _shown((2**53 + 1) / 2, 0.375)


def _shown(*values: Any) -> list[str]:
    return [repr(value) for value in values]


@case("aggregation")
def the_sum_of_nothing_is_zero_and_the_others_none(kit: Kit) -> None:
    for stored in ([], [Everything()]):
        kit.clean()
        kit.stored(*stored)
        with kit.unit(read_only=True) as db:
            for query in (db.query(Everything), db.query(Everything).where(Everything.text.in_([]))):
                row = query.aggregate(
                    whole=sum_(Everything.whole),
                    real=sum_(Everything.real),
                    exact=sum_(Everything.exact),
                    least=min_(Everything.text),
                    most=max_(Everything.moment),
                    mean=avg(Everything.whole),
                    n=count(Everything.text),
                )
                assert _shown(row.whole, row.real, row.exact) == ["0", "0.0", "Decimal('0.0000')"]
                assert (row.least, row.most, row.mean, row.n) == (None, None, None, 0)


@case("aggregation")
def extremes_of_every_type_that_has_them(kit: Kit) -> None:
    low, high = datetime(1969, 1, 1, tzinfo=UTC), datetime(2024, 5, 5, 1, 2, 3, 4000, tzinfo=UTC)
    values: dict[str, tuple[Any, Any]] = {
        "text": ("A", "é"),
        "whole": (-5, INT_MAX),
        "real": (-0.5, 1e300),
        "exact": (Decimal("-10.0000"), Decimal("9.0000")),
        "moment": (low, high),
        "day": (low.date(), high.date()),
        "clock": (low.time(), high.time()),
        "span": (timedelta(-1), timedelta(1)),
        "colour": (Colour.blue, Colour.red),
    }
    kit.stored(*(Everything(**{name: pair[at] for name, pair in values.items()}) for at in (1, 0)), Everything())
    with kit.unit(read_only=True) as db:
        for name, (least, most) in values.items():
            column = getattr(Everything, name)
            row = db.query(Everything).aggregate(least=min_(column), most=max_(column))
            assert _shown(row.least, row.most) == _shown(least, most), name


@case("aggregation")
def overflow_is_refused(kit: Kit) -> None:
    kit.stored(Everything(whole=INT_MAX, real=1.7e308), Everything(whole=INT_MAX, real=1.7e308))
    _overflows(kit, sum_(Everything.whole), avg(Everything.whole), sum_(Everything.real))
    kit.stored(Everything(real=-1.7e308), Everything(real=-1.7e308))  # it leaves the range and comes back: no number
    _overflows(kit, sum_(Everything.real), avg(Everything.real))


def _overflows(kit: Kit, *wanted: Any) -> None:
    for each in wanted:
        db = kit.database(read_only=True)
        with raises(OutOfRange):
            db.query(Everything).aggregate(total=each)
        db.close()


@case("aggregation")
def groups_by_reference_and_field(kit: Kit) -> None:
    ada, bob = Author(name="Ada"), Author(name="Bob")
    kit.stored(
        ada,
        bob,
        Notice(title="a", author=ada, views=1),
        Notice(title="b", author=ada, views=5, price=Decimal("1.10")),
        Notice(title="c", author=bob, views=7, price=Decimal("2.20")),
        Notice(title="d", author=bob, editor=ada, views=7),
    )
    with kit.unit(read_only=True) as db:
        rows = (
            db.query(Notice)
            .group_by(Notice.author)
            .aggregate(n=count(), views=sum_(Notice.views), price=sum_(Notice.price))
        )
        found = {row.author: (row.n, row.views, row.price) for row in rows}
        assert found == {ada: (2, 6, Decimal("1.10")), bob: (2, 14, Decimal("2.20"))}
        pairs = db.query(Notice).group_by(Notice.views, Notice.editor).aggregate(n=count())
        assert [(row.views, row.editor, row.n) for row in pairs] == [
            (1, None, 1),
            (5, None, 1),
            (7, None, 1),
            (7, ada, 1),
        ]
        some = db.query(Notice).where(Notice.author.name == "Ada").group_by(Notice.author).aggregate(n=count())
        assert [dict(row) for row in some] == [{"author": ada, "n": 2}]
        assert db.query(Notice).where(Notice.title == "zzz").group_by(Notice.views).aggregate(n=count()) == []


@case("aggregation")
def groups_by_day_month_and_year_in_utc(kit: Kit) -> None:
    west = timezone(timedelta(hours=-8))
    moments = [
        datetime(2023, 12, 31, 20, tzinfo=west),
        datetime(2024, 1, 1, 5, tzinfo=UTC),
        datetime(2024, 1, 31, 23, 59, tzinfo=UTC),
        datetime(2024, 2, 29, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        None,
    ]
    kit.stored(*(Everything(moment=moment, day=moment and moment.astimezone(UTC).date()) for moment in moments))
    expected: dict[str, list[tuple[date | None, int]]] = {
        "by_day": [
            (None, 1),
            (date(1969, 12, 31), 1),
            (date(2024, 1, 1), 2),
            (date(2024, 1, 31), 1),
            (date(2024, 2, 29), 1),
        ],
        "by_month": [(None, 1), (date(1969, 12, 1), 1), (date(2024, 1, 1), 3), (date(2024, 2, 1), 1)],
        "by_year": [(None, 1), (date(1969, 1, 1), 1), (date(2024, 1, 1), 4)],
    }
    with kit.unit(read_only=True) as db:
        for column in (Everything.moment, Everything.day):
            for name, groups in expected.items():
                rows = db.query(Everything).group_by(at=getattr(column, name)()).aggregate(n=count())
                assert [(row.at, row.n) for row in rows] == groups, name
                assert all(type(row.at) in {date, type(None)} for row in rows)


@case("aggregation")
def groups_of_every_type(kit: Kit) -> None:
    values: dict[str, Any] = {
        "text": "é",
        "whole": 5,
        "real": 0.1,
        "exact": Decimal("0.1000"),
        "yes": True,
        "raw": b"\x00",
        "moment": datetime(2024, 1, 1, tzinfo=UTC),
        "day": date(2024, 1, 1),
        "span": timedelta(1),
        "colour": Colour.red,
    }
    kit.stored(Everything(**values), Everything(**values), Everything())
    with kit.unit(read_only=True) as db:
        for name, value in values.items():
            rows = db.query(Everything).group_by(value=getattr(Everything, name)).aggregate(n=count())
            assert [(repr(row.value), row.n) for row in rows] == [("None", 1), (repr(value), 2)], name


@case("aggregation")
def what_is_not_portable_is_refused(kit: Kit) -> None:
    with kit.unit(read_only=True) as db:
        query = db.query(Everything)
        for wanted in (
            sum_(Everything.text),
            sum_(Everything.moment),
            avg(Everything.colour),
            max_(Everything.words),
            min_(Everything.yes),
            max_(Everything.extra),
            min_(Everything.uid),
            max_(Everything.raw),
            sum_(Everything.rank),
        ):
            with raises(NotPortable):
                query.aggregate(x=wanted)
        for groups in ([Everything.words], [Everything.text, Everything.whole, Everything.yes], []):
            with raises(NotPortable):
                query.group_by(*groups)
        with raises(NotPortable):
            Everything.text.by_day()
        with raises(NotPortable):
            db.query(Notice).group_by(Notice.author.name)
        with raises(TypeError):
            query.limit(1).aggregate(n=count())
