"""Generated data, queries, models and sequences of units, run on two backends that must answer alike.

Needs hypothesis. A test draws a value of one of the strategies, and compares what two kits answer to it:

```python
@given(questions())
def test_questions(question):
    assert answers(kit, question) == answers(reference, question)
```
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from newel_data.aggregates import count, max_, min_, sum_
from newel_data.encoding import timedelta_of
from newel_data.kit.harness import Kit
from newel_data.kit.models import Colour, Everything, Rank
from newel_data.schema import INT_MAX, INT_MIN
from newel_data.tree import Condition, Order

LETTERS: Final = "aAbBzZ01 _%\\*.'\"éÉß\u0130\u2028\U0001f600"
"""Characters that a pattern, a quote or a collation would treat in a way of its own."""

_texts: Final = st.text(LETTERS, max_size=6)
_exact: Final = st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False, places=4)
_moments: Final = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": _texts,
    "whole": st.integers(INT_MIN, INT_MAX) | st.integers(-3, 3),
    "real": st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 0.5, -1.5]),
    "exact": _exact | st.sampled_from([Decimal(0), Decimal("-0.0001")]),
    "yes": st.booleans(),
    "raw": st.binary(max_size=6),
    "moment": _moments,
    "day": st.dates(),
    "clock": st.times(),
    "span": st.integers(INT_MIN, INT_MAX).map(timedelta_of) | st.integers(-2, 2).map(timedelta_of),
    "uid": st.uuids(),
    "colour": st.sampled_from(Colour),
    "rank": st.sampled_from(Rank),
    "words": st.lists(_texts, max_size=3),
    "numbers": st.lists(st.integers(-2, 2), max_size=3),
}
"""What each field of `Everything` may hold."""

SCALARS: Final = tuple(name for name in VALUES if name not in {"words", "numbers"})
ORDERED: Final = SCALARS


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
    group: str


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw rows and a question; the literals are often values of the rows."""
    row = st.fixed_dictionaries({}, optional=dict(VALUES))
    rows = draw(st.lists(row, max_size=8))
    return Question(
        rows=rows,
        recipe=draw(st.none() | _recipes(rows)),
        order=draw(st.lists(st.tuples(st.sampled_from(ORDERED), st.booleans()), max_size=2)),
        limit=draw(st.none() | st.integers(1, 5)),
        offset=draw(st.none() | st.integers(0, 5)),
        size=draw(st.integers(1, 4)),
        group=draw(st.sampled_from(SCALARS)),
    )


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
    if name in {"words", "numbers"}:
        item = _texts if name == "words" else st.integers(-2, 2)
        return (
            leaf
            | st.tuples(st.just("has"), st.just(name), item)
            | st.tuples(st.just("length"), st.just(name), st.integers(0, 3))
        )
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
    elif kind == "length":
        made = column.length() >= value
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
        terms = [
            getattr(Everything, name).desc() if down else getattr(Everything, name).asc()
            for name, down in question.order
        ]
        ordered = query.order_by(*terms) if terms else query
        cut = ordered if question.limit is None else ordered.limit(question.limit)
        cut = cut if question.offset is None else cut.offset(question.offset)
        column = getattr(Everything, question.group)
        return [
            sorted(map(shown, query.all())),
            [each.id for each in cut] if terms or cut is not ordered else None,
            query.count(),
            query.exists(),
            _walked(ordered, question.size),
            [repr(value) for value in query.distinct(column)],
            [repr(dict(row)) for row in query.group_by(by=column).aggregate(n=count(), least=min_(Everything.text))],
            repr(dict(query.aggregate(most=max_(Everything.moment), exact=sum_(Everything.exact), n=count(column)))),
        ]


def _term(name: str, descending: bool) -> Order:
    column = getattr(Everything, name)
    term: Order = column.desc() if descending else column.asc()
    return term


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
