"""Generated data, queries, models and sequences of units, run on two backends that must answer alike.

Needs hypothesis. A test draws a value of one of the strategies, and compares what two kits answer to it:

```python
@given(questions())
def test_questions(question):
    assert answers(kit, question) == answers(reference, question)
```
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from newel_data.aggregates import avg, count, max_, min_, sum_
from newel_data.encoding import EXACT, timedelta_of
from newel_data.kit.harness import Kit
from newel_data.kit.models import Colour, Everything, Rank
from newel_data.schema import INT_MAX, INT_MIN
from newel_data.tree import Condition, Order

LETTERS: Final = "aAbBzZ01 _%\\*.'\"\n\t\u00e9\u00c9\u0301\u00df\u0130\u0131\u1100\u1161\u2028\ufb01\uffff\U0001f600"
"""Characters that a pattern, a quote, a collation, a normal form or UTF-16 would treat in a way of its own."""

_texts: Final = st.text(LETTERS, max_size=6)
_exact: Final = st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False, places=4)
_great: Final = st.integers(-(10**34) + 1, 10**34 - 1).map(lambda units: Decimal(units).scaleb(-10, EXACT))
_zones: Final = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_moments: Final = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=_zones)  # noqa: DTZ001
_ends: Final = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
_prices: Final = st.decimals(-99, 99, allow_nan=False, allow_infinity=False, places=2)

VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": _texts,
    "whole": st.integers(INT_MIN, INT_MAX) | st.integers(-3, 3),
    "real": st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 0.5, -1.5]),
    "exact": _exact | st.sampled_from([Decimal(0), Decimal("-0.0001"), Decimal("1E+3")]),
    "great": _great | st.sampled_from([Decimal(0), Decimal("1E+23")]),
    "yes": st.booleans(),
    "raw": st.binary(max_size=6),
    "moment": _moments | _ends,
    "day": st.dates(),
    "clock": st.times(),
    "span": st.integers(INT_MIN, INT_MAX).map(timedelta_of) | st.integers(-2, 2).map(timedelta_of),
    "uid": st.uuids(),
    "colour": st.sampled_from(Colour),
    "rank": st.sampled_from(Rank),
    "words": st.lists(_texts, max_size=3),
    "numbers": st.lists(st.integers(-2, 2), max_size=3),
    "prices": st.lists(_prices, max_size=3),
    "moments": st.lists(_moments, max_size=2),
}
"""What each field of `Everything` may hold."""

ITEMS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "words": _texts,
    "numbers": st.integers(-2, 2),
    "prices": _prices,
    "moments": _moments,
}
"""What stands in each list."""

SCALARS: Final = tuple(name for name in VALUES if name not in ITEMS)


class Question(msgspec.Struct, frozen=True):
    """Rows, and what is asked of them: a condition, an order, a limit, an offset, and a size of pages.

    The condition is a recipe (`condition` makes it), so that a failing example can be read.
    """

    rows: list[dict[str, Any]]
    recipe: Any
    order: list[tuple[str, bool]]
    limit: int | None
    offset: int | None
    size: int
    groups: list[tuple[str, str]]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw rows and a question; the literals are often values of the rows."""
    row = st.fixed_dictionaries({}, optional=dict(VALUES))
    rows = draw(st.lists(row, max_size=8))
    return Question(
        rows=rows,
        recipe=draw(st.none() | _recipes(rows)),
        order=draw(st.lists(st.tuples(st.sampled_from(SCALARS), st.booleans()), max_size=3)),
        limit=draw(st.none() | st.integers(0, 5)),
        offset=draw(st.none() | st.integers(0, 5)),
        size=draw(st.integers(1, 4)),
        groups=draw(st.lists(_groups(), min_size=1, max_size=2, unique_by=lambda group: group[0])),
    )


def _groups() -> st.SearchStrategy[tuple[str, str]]:
    """Draw what is grouped by: a field, or the day, month or year of one."""
    buckets = st.tuples(st.sampled_from(["moment", "day"]), st.sampled_from(["by_day", "by_month", "by_year"]))
    return st.tuples(st.sampled_from(SCALARS), st.just("")) | buckets


def _recipes(rows: list[dict[str, Any]]) -> st.SearchStrategy[Any]:
    leaves = st.sampled_from(sorted(VALUES)).flatmap(lambda name: _leaves(name, rows))
    return st.recursive(
        leaves,
        lambda inner: st.tuples(st.sampled_from(["and", "or"]), inner, inner) | st.tuples(st.just("not"), inner),
        max_leaves=4,
    )


def _leaves(name: str, rows: list[dict[str, Any]]) -> st.SearchStrategy[Any]:
    known = [row[name] for row in rows if name in row]
    values = VALUES[name] | st.sampled_from(known) if known else VALUES[name]
    leaf = st.tuples(st.sampled_from(["eq", "ne"]), st.just(name), values) | st.just(("null", name))
    if name in ITEMS:
        lengths = st.tuples(st.sampled_from(["length_eq", "length_lt", "length_ge"]), st.just(name), st.integers(0, 3))
        some = st.tuples(st.just("in"), st.just(name), st.lists(values, max_size=2))
        return leaf | st.tuples(st.just("has"), st.just(name), ITEMS[name]) | lengths | some
    leaf |= st.tuples(st.sampled_from(["lt", "le", "gt", "ge"]), st.just(name), values)
    leaf |= st.tuples(st.just("in"), st.just(name), st.lists(values, max_size=3))
    if name == "text":
        leaf |= st.tuples(
            st.sampled_from(["prefix", "suffix", "contains"]), st.just(name), st.text(LETTERS, max_size=2)
        )
    return leaf


def condition(recipe: Any) -> Condition:
    """Make the condition of a recipe."""
    kind, *rest = recipe
    if kind == "and":
        return condition(rest[0]) & condition(rest[1])
    if kind == "or":
        return condition(rest[0]) | condition(rest[1])
    if kind == "not":
        return ~condition(rest[0])
    return _leaf(kind, getattr(Everything, rest[0]), *rest[1:])


def _leaf(kind: str, column: Any, value: Any = None) -> Condition:
    made: Condition
    if kind == "null":
        made = column.is_null()
    elif kind.startswith("length_"):
        made = getattr(column.length(), f"__{kind.removeprefix('length_')}__")(value)
    elif kind in {"prefix", "suffix", "contains", "has"}:
        made = getattr(column, "contains" if kind == "has" else kind)(value)
    else:
        made = getattr(column, f"__{kind}__")(value) if kind != "in" else column.in_(value)
    return made


def answers(kit: Kit, question: Question) -> list[Any]:
    """Store the rows of a question, ask it in every way, and return all answers, comparably."""
    kit.clean()
    kit.stored(*(Everything(id=f"{number:02}", **row) for number, row in enumerate(question.rows)))
    with kit.unit(read_only=True) as db:
        query = db.query(Everything)
        if question.recipe is not None:
            query = query.where(condition(question.recipe))
        terms = [_term(*term) for term in question.order]
        ordered = query.order_by(*terms) if terms else query
        cut = ordered if question.limit is None else ordered.limit(question.limit)
        cut = cut if question.offset is None else cut.offset(question.offset)
        columns = [getattr(Everything, name) for name, _ in question.groups]
        groups = {name: _group(name, bucket) for name, bucket in question.groups}
        return [
            sorted(map(shown, query.all())),
            [each.id for each in cut] if terms or cut is not ordered else None,
            query.count(),
            query.exists(),
            _walked(ordered, question.size),
            [repr(value) for value in query.distinct(*columns)],
            [repr(dict(row)) for row in query.group_by(**groups).aggregate(n=count(), least=min_(Everything.text))],
            repr(
                dict(query.aggregate(most=max_(Everything.moment), exact=sum_(Everything.exact), n=count(columns[0])))
            ),
            repr(
                dict(
                    query.aggregate(mean=avg(Everything.exact), few=min_(Everything.span), many=max_(Everything.great))
                )
            ),
        ]


def _term(name: str, descending: bool) -> Order:
    column = getattr(Everything, name)
    term: Order = column.desc() if descending else column.asc()
    return term


def _whole(query: Any, **wanted: Any) -> str:
    return repr(dict(query.aggregate(**wanted)))


def _group(name: str, bucket: str) -> Any:
    column = getattr(Everything, name)
    return getattr(column, bucket)() if bucket else column


def shown(obj: Any) -> str:
    """Return every value of an object, references as their ids, so that types are compared as well."""
    return repr({name: getattr(value, "id", value) for name, value in sorted(vars(obj).items())})


def _walked(query: Any, size: int) -> list[str]:
    found: list[str] = []
    page = query.page(size=size)
    found += [each.id for each in page]
    while page.next is not None:
        page = query.page(page.next, size=size)
        found += [each.id for each in page]
    return found
