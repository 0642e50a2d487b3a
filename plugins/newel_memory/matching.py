"""Conditions, orders and groups, carried out on rows in memory: the plainest reading of what the port promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from newel_data.encoding import EXACT
from newel_data.models import Models
from newel_data.schema import Table
from newel_data.tree import And, Bucket, Compare, Condition, Group, Measure, Null, Operator, Or, Order, Target
from newel_memory.store import Row, Rows, State, place

Test = Callable[[Row], bool]
Value = Callable[[Row], Any]

_OPERATORS: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    "eq": lambda value, other: value == other,
    "ne": lambda value, other: value != other,
    "lt": lambda value, other: value < other,
    "le": lambda value, other: value <= other,
    "gt": lambda value, other: value > other,
    "ge": lambda value, other: value >= other,
    "in": lambda value, other: value in other,
    "not_in": lambda value, other: value not in other,
    "prefix": lambda value, other: value.startswith(other),
    "not_prefix": lambda value, other: not value.startswith(other),
    "suffix": lambda value, other: value.endswith(other),
    "not_suffix": lambda value, other: not value.endswith(other),
    "contains": lambda value, other: other in value,
    "not_contains": lambda value, other: other not in value,
    "has": lambda value, other: other in value,
    "has_not": lambda value, other: other not in value,
}


def matching(models: Models, state: State, table: Table, where: Condition | None) -> list[Row]:
    """Return the rows of a table that match a condition."""
    rows = state[table]
    if where is None:
        return list(rows.by_key.values())
    test = _test(models, state, table, where)
    return [row for row in _candidates(rows, where) if test(row)]


def _candidates(rows: Rows, where: Condition) -> Iterable[Row]:
    """Return the rows to look at: few where the condition names their keys."""
    leaves = where.items if isinstance(where, And) else (where,)
    for leaf in leaves:
        if isinstance(leaf, Compare) and _names_keys(rows.table, leaf):
            keys = leaf.value if leaf.operator == "in" else (leaf.value,)
            return [rows.by_key[key] for key in keys if key in rows.by_key]
    return rows.by_key.values()


def _names_keys(table: Table, leaf: Compare) -> bool:
    return leaf.target.via is None and leaf.target.field is table.key and leaf.operator in {"eq", "in"}


def _test(models: Models, state: State, table: Table, where: Condition) -> Test:
    if isinstance(where, And):
        tests = [_test(models, state, table, item) for item in where.items]
        return lambda row: all(test(row) for test in tests)
    if isinstance(where, Or):
        tests = [_test(models, state, table, item) for item in where.items]
        return lambda row: any(test(row) for test in tests)
    if isinstance(where, Null):
        of, negated = _value(models, state, table, where.target), where.negated
        return lambda row: (of(row) is None) != negated
    if isinstance(where, Compare):
        return _compare(_value(models, state, table, where.target), _OPERATORS[where.operator], where.value)
    raise TypeError(f"no backend sees {where!r}")


def _compare(of: Value, operator: Callable[[Any, Any], bool], other: Any) -> Test:
    def test(row: Row) -> bool:
        value = of(row)
        return value is not None and operator(value, other)

    return test


def _value(models: Models, state: State, table: Table, target: Target) -> Value:
    """Return the function that takes what a leaf looks at out of a row."""
    of = _own(table, target) if target.via is None else _across(models, state, table, target)
    if not target.length:
        return of
    return lambda row: None if (value := of(row)) is None else len(value)


def _own(table: Table, target: Target) -> Value:
    at = place(table, target.field)
    return lambda row: row[at]


def _across(models: Models, state: State, table: Table, target: Target) -> Value:
    if target.via is None or target.via.reference is None:
        raise TypeError(f"{target!r} leads nowhere")
    other = models.table(target.via.reference.target)
    here, there, rows = place(table, target.via), place(other, target.field), state[other].by_key
    return lambda row: None if (found := rows.get(row[here])) is None else found[there]


def ordered(table: Table, rows: list[Row], order: Sequence[Order]) -> list[Row]:
    """Order rows: nulls first ascending, last descending."""
    for term in reversed(order):
        at = place(table, term.field)
        rows = sorted(rows, key=lambda row, at=at: (row[at] is not None, row[at]), reverse=term.descending)  # type: ignore[misc]
    return rows


# --- aggregation


def grouped(table: Table, rows: Iterable[Row], groups: Sequence[Group]) -> dict[Row, list[Row]]:
    """Return the rows by the values of their groups; without groups there is one, which may be empty."""
    found: dict[Row, list[Row]] = {} if groups else {(): []}
    places: list[tuple[int, Bucket | None]] = [(place(table, group.field), group.bucket) for group in groups]
    for row in rows:
        found.setdefault(tuple([_bucket(row[at], bucket) for at, bucket in places]), []).append(row)
    return found


def _bucket(value: Any, bucket: Bucket | None) -> Any:
    if value is None or bucket is None:
        return value
    day = date(value.year, value.month, value.day)
    return day if bucket == "day" else day.replace(day=1) if bucket == "month" else day.replace(month=1, day=1)


def measured(table: Table, rows: Sequence[Row], measure: Measure) -> Any:
    """Compute one measure of a group."""
    if measure.field is None:
        return len(rows)
    at = place(table, measure.field)
    values = [row[at] for row in rows if row[at] is not None]
    if measure.function == "count":
        return len(values)
    if measure.function == "sum":
        return _sum(values)
    if not values:
        return None
    return min(values) if measure.function == "min" else max(values)


def _sum(values: Sequence[Any]) -> Any:
    """Sum without rounding: the context that a thread happens to have would round decimals."""
    total: Any = 0
    for value in values:
        total = EXACT.add(total, value) if isinstance(value, Decimal) else total + value
    return total
