"""Cases: what nobody means to ask for, and somebody asks: ends of ranges, endless numbers, forged tokens, deep JSON."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from newel_data.aggregates import avg, count, max_, min_, sum_
from newel_data.conditions import MAX_COMPARISONS
from newel_data.errors import BadPageToken, ConstraintViolation, DataError, NotPortable, OutOfRange, WrongType
from newel_data.kit.harness import Kit, case, raises
from newel_data.kit.models import Author, Everything, Maker, Notice, Sale, Ware, holding
from newel_data.schema import INT_MAX
from newel_data.tree import all_of, any_of
from newel_data.values import JSON_DEPTH

ENDLESS: Final = 10**5000
"""More digits than Python is willing to write."""


# --- values


class MyDate(date):
    """As libraries have one of their own."""


class MyTime(time):
    """As libraries have one of their own."""


class MySpan(timedelta):
    """As libraries have one of their own."""


class MyUUID(UUID):
    """As drivers have one of their own."""


class MyText(str):
    """As libraries of templates have one of their own."""

    __slots__ = ()


@case("date, time, timedelta, bool, bytes, UUID, enum", needs=["transactions"])
def values_of_derived_classes_are_stored_as_what_they_derive_from(kit: Kit) -> None:
    values: dict[str, Any] = {
        "day": MyDate(2024, 1, 1), "clock": MyTime(1, 2), "span": MySpan(1), "uid": MyUUID(int=5), "text": MyText("x")
    }  # fmt: skip
    with kit.unit() as db:
        for name, value in values.items():
            obj = db.add(holding(name, value))
            assert type(getattr(obj, name)) is type(value).__base__
            assert db.query(Everything).where(getattr(Everything, name) == value).all() == [obj]


@case("datetimes")
def the_last_moment_of_all_is_compared_as_any_other(kit: Kit) -> None:
    last = datetime.max.replace(tzinfo=UTC)
    kit.stored(holding("moment", datetime(2024, 1, 1, tzinfo=UTC)), holding("moment", last), holding("moment", None))
    moment = Everything.moment
    conditions = [moment < last, moment <= last, moment > last, moment >= last, moment == last, moment != last]
    with kit.unit(read_only=True) as db:
        assert [db.query(Everything).where(each).count() for each in conditions] == [2, 2, 0, 0, 0, 2]


@case("integers")
def numbers_of_thousands_of_digits_are_refused_as_others(kit: Kit) -> None:
    everything: Any = Everything
    with kit.unit() as db:
        for name, error in (
            ("whole", OutOfRange),
            ("real", OutOfRange),
            ("exact", ConstraintViolation),
            ("text", WrongType),
        ):
            with raises(error):
                db.add(holding(name, ENDLESS))
            with raises(error):
                _ = getattr(everything, name) == ENDLESS
        assert db.query(Everything).count() == 0


@case("Json", needs=["transactions"])
def json_is_as_deep_as_can_be_read_again(kit: Kit) -> None:
    def nested(levels: int) -> Any:
        return [] if levels == 1 else [nested(levels - 1)]

    endless: list[Any] = []
    endless.append(endless)
    with kit.unit() as db:
        deep = db.add(Everything(extra=nested(JSON_DEPTH)))
        assert db.get(Everything, deep.id).extra == deep.extra
        for wrong in (nested(JSON_DEPTH + 1), endless):
            with raises(ConstraintViolation):
                db.add(Everything(extra=wrong))


@case("Json", needs=["transactions"])
def none_is_a_value_of_json_however_it_is_written(kit: Kit) -> None:
    maker = Maker(id="m", name="Maker")
    ware = Ware(id="w", name="Ware", maker=maker)
    kit.stored(maker, ware)
    with kit.unit() as db:
        sale = db.add(Sale(ware=ware, terms=None))
        other = db.add(Sale(ware=ware))
        assert db.query(Sale).where(Sale.id == other.id).update(terms=None) == 1
        assert (db.get(Sale, sale.id).terms, db.get(Sale, other.id).terms) == (None, None)


@case("size", needs=["document_limit"])
def an_update_is_held_to_the_size_of_a_row(kit: Kit) -> None:
    limit = kit.backend.document_limit
    assert limit is not None
    db = kit.database()
    with raises(ConstraintViolation):
        db.query(Notice).update(body="x" * (limit + 1))
    db.close()


# --- numbers of rows, and pages


@case("pages", needs=["transactions"])
def numbers_of_rows_may_be_greater_than_any_server_counts(kit: Kit) -> None:
    kit.stored(*(Author(name=name) for name in "abc"))
    with kit.unit(read_only=True) as db:
        query = db.query(Author)
        for much in (2**31 - 1, 2**31, INT_MAX):
            assert len(query.limit(much).all()) == 3
            assert len(query.offset(1).limit(much).all()) == 2
            assert query.offset(much).limit(much).all() == []
            assert len(query.page(size=much)) == 3
            assert len(list(query.stream(size=much))) == 3


@case("pages")
def what_is_no_number_of_rows_is_refused(kit: Kit) -> None:
    with kit.unit(read_only=True) as db:
        query: Any = db.query(Author)
        asked: list[Callable[[Any], object]] = [query.limit, query.offset, query.stream, lambda n: query.page(size=n)]
        for ask in asked:
            for wrong in (-1, 1.5, "2", True, None, INT_MAX + 1):
                with raises(ValueError):
                    ask(wrong)
        for ask in asked[2:]:
            with raises(ValueError):
                ask(0)


def _forged(token: str, value: Any) -> str:
    """Return a token with another first value, and a checksum that is right."""
    parts = json.loads(base64.urlsafe_b64decode(f"{token}=="))
    parts[1] = value
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@case("pages", needs=["transactions"])
def a_forged_token_is_bad_and_nothing_worse(kit: Kit) -> None:
    kit.stored(Everything(), Everything())
    unordered = {"id", "words", "numbers", "prices", "moments", "extra"}
    forged = [5, -1, 1.5, True, "x", "", [], {}, [1], {"$ne": 1}, 2**70, "1e999999999", "nan", "\0", "2024-01-01T00:00"]
    with kit.unit(read_only=True) as db:
        for name in vars(Everything()).keys() - unordered:
            query = db.query(Everything).order_by(getattr(Everything, name))
            token = query.page(size=1).next
            assert token is not None
            for value in forged:
                with contextlib.suppress(BadPageToken):  # some are values of the field
                    query.page(_forged(token, value))
        for text in ("[" * 5000 + "]" * 5000, '["\\ud800"]', "[NaN]"):
            with raises(BadPageToken):
                db.query(Author).page(base64.urlsafe_b64encode(text.encode()).decode())


@case("size")
def a_condition_of_many_comparisons_is_answered_or_refused(kit: Kit) -> None:
    kit.stored(holding("whole", 5))
    for combine in (any_of, lambda items: ~all_of(tuple(~each for each in items))):
        with kit.unit(read_only=True) as db:
            many = combine(tuple(Everything.whole == number for number in range(MAX_COMPARISONS)))
            assert db.query(Everything).where(many).count() == 1
            with raises(NotPortable):
                db.query(Everything).where(many).where(Everything.whole == 5)


# --- aggregates


@case("aggregation")
def nothing_is_computed_across_a_reference(kit: Kit) -> None:
    with kit.unit(read_only=True) as db:
        for function in (count, sum_, min_, max_, avg):
            with raises(NotPortable):
                db.query(Notice).aggregate(n=function(Notice.author.name))


@case("aggregation")
def two_values_of_one_name_are_refused(kit: Kit) -> None:
    with kit.unit(read_only=True) as db:
        query = db.query(Notice)
        with raises(TypeError):
            query.group_by(Notice.posted.by_day(), Notice.posted.by_month())
        with raises(TypeError):
            query.group_by(Notice.author).aggregate(author=count())
        assert query.group_by(day=Notice.posted.by_day(), month=Notice.posted.by_month()).aggregate(n=count()) == []


# --- writing


@case("floats", needs=["transactions"])
def a_product_that_is_zero_has_no_sign(kit: Kit) -> None:
    kit.stored(Everything(real=0.0))
    with kit.unit() as db:
        assert db.query(Everything).update(real=Everything.real * -1.0) == 1
        assert repr(db.query(Everything).all()[0].real) == "0.0"


@case("version", needs=["transactions"])
def a_version_that_is_no_number_never_reaches_the_server(kit: Kit) -> None:
    author = Author(name="Ada")
    notice: Any = Notice(title="x", author=author)
    kit.stored(author, notice)
    with kit.unit() as db:
        for wrong in ("1", {"$ne": None}, None, 1.0, True, ENDLESS):
            notice.version = wrong
            for write in (db.save, db.delete):
                with raises(DataError):
                    write(notice)
        notice.version = 1
        db.delete(notice)


@case("upsert")
def upsert_by_a_column_across_a_reference_is_refused(kit: Kit) -> None:
    with kit.unit() as db, raises(TypeError):
        db.upsert(Ware(id="w", name="Ware", maker="m"), by=(Ware.maker.name, Ware.maker))


@case("refused when asked for")
def what_is_no_model_is_refused_as_that(kit: Kit) -> None:
    with kit.unit() as db:
        database: Any = db
        for wrong in ("Author", None, int, object(), [Author]):
            for ask in (database.query, database.add, database.save, lambda x: database.get(x, "id")):
                with raises(TypeError):
                    ask(wrong)
