"""Aggregation: count, sum, min, max and average over one model, as a whole or in groups.

A backend only counts, sums and finds extremes; averages, ranges, the sum of nothing and the order of groups are made
here, alike for all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final, Literal, final

import msgspec

from newel_data.columns import Bucketed, Column
from newel_data.errors import NotPortable, OutOfRange
from newel_data.kinds import MAX_PRECISION
from newel_data.objects import Mapper
from newel_data.references import ReferenceColumn
from newel_data.schema import INT_MAX, INT_MIN, Kind, StoredField, Table
from newel_data.tree import Group, Measure

MAX_GROUPS: Final = 2

_SUMMED: Final[frozenset[Kind]] = frozenset({"int", "float", "decimal"})
_TIMES: Final[frozenset[Kind]] = frozenset({"datetime", "date", "time", "timedelta"})
_COMPARED: Final[frozenset[Kind]] = frozenset({"str", *_SUMMED, *_TIMES})
_AVERAGE: Final = Context(prec=MAX_PRECISION)


Function = Literal["count", "sum", "min", "max", "avg"]


@final
class Wanted(msgspec.Struct, frozen=True, eq=False):
    """What is to be computed: made by `count`, `sum_`, `min_`, `max_` and `avg`."""

    function: Function
    column: Any = None


@final
class Result(msgspec.Struct, frozen=True, eq=False):
    """How a value that is wanted is made of what a backend computes: which of its measures, and of what field.

    An average has two: its sum stands at `place`, its `count` there.
    """

    function: Function
    field: StoredField | None
    place: int
    count: int


def count(column: Column[Any] | None = None) -> Wanted:
    """Count rows, or the rows that have a value in a column."""
    return Wanted("count", column)


def sum_(column: Column[Any]) -> Wanted:
    """Sum an int, float or Decimal column; the sum of nothing is 0."""
    return Wanted("sum", column)


def min_(column: Column[Any]) -> Wanted:
    """Find the least value; of nothing None."""
    return Wanted("min", column)


def max_(column: Column[Any]) -> Wanted:
    """Find the greatest value; of nothing None."""
    return Wanted("max", column)


def avg(column: Column[Any]) -> Wanted:
    """Average an int, float or Decimal column: sum over count, divided in Python; of nothing None."""
    return Wanted("avg", column)


@final
class Row:
    """One row of an aggregate: its values by name, as attributes or items."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values: Final = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"this row has {', '.join(self._values)}, and no {name!r}", name=name) from None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return self._values == (other._values if isinstance(other, Row) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Row {', '.join(f'{name}={value!r}' for name, value in self._values.items())}>"

    def keys(self) -> Sequence[str]:
        """The names, so that `dict(row)` and `**row` work."""
        return tuple(self._values)


def groups_of(table: Table, positional: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Group]:
    """Return the groups by name. Raises `TypeError` or `NotPortable` for what cannot be one."""
    groups: dict[str, Group] = {}
    for name, wanted in [*((None, each) for each in positional), *named.items()]:
        group = _group(table, wanted)
        groups[name or group.field.name] = group
    return groups


def _group(table: Table, wanted: Any) -> Group:
    bucket = wanted.bucket if isinstance(wanted, Bucketed) else None
    column = column_of(table, wanted.column if isinstance(wanted, Bucketed) else wanted)
    group = column.group()
    return group if bucket is None else Group(group.field, bucket)


def column_of(table: Table, wanted: Any) -> Column[Any]:
    """Return the column of what was given; a reference stands for the id it holds."""
    column = wanted.column if isinstance(wanted, ReferenceColumn) else wanted
    if not isinstance(column, Column) or column.model is not table.model:
        raise TypeError(f"takes columns of {table.model.__name__}, not {wanted!r}")
    return column


def measures_of(table: Table, wanted: Mapping[str, Any]) -> tuple[tuple[Measure, ...], dict[str, Result]]:
    """Return what a backend has to compute, each once, and how each value that is wanted is made of it."""
    if not wanted:
        raise TypeError("aggregate() takes what to compute by name: aggregate(n=count())")
    needed: dict[Measure, int] = {}
    results: dict[str, Result] = {}
    for name, each in wanted.items():
        measures = _measures(table, each)
        places = [needed.setdefault(measure, len(needed)) for measure in measures]
        results[name] = Result(each.function, measures[0].field, places[0], places[-1])
    return tuple(needed), results


def _measures(table: Table, wanted: Any) -> tuple[Measure, ...]:
    if type(wanted) is not Wanted:
        raise TypeError(f"aggregate() takes count(), sum_(), min_(), max_() and avg(), not {wanted!r}")
    if wanted.column is None:
        return (Measure("count"),)
    column = column_of(table, wanted.column)
    column.own(wanted.function)
    field = column.field
    if wanted.function == "count":
        return (Measure("count", field),)
    allowed = _COMPARED if wanted.function in {"min", "max"} else _SUMMED
    numeric = field.type.choices is None or wanted.function in {"min", "max"}
    if field.type.kind not in allowed or column.target.length or not numeric:
        raise NotPortable(
            f"{wanted.function} of {column!r}", f"not every server has it for a {field.type.kind}", "read and compute"
        )
    if wanted.function == "avg":
        return (Measure("sum", field), Measure("count", field))
    return (Measure(wanted.function, field),)


def result_of(mapper: Mapper, result: Result, computed: Sequence[Any]) -> Any:
    """Return one value of a row, from what the backend computed."""
    value, field = computed[result.place], result.field
    if field is None or result.function == "count":
        return value
    if result.function == "sum":
        return _sum(mapper, field, value)
    if result.function == "avg":
        many = computed[result.count]
        return _average(_sum(mapper, field, value), many) if many else None
    return mapper.python(field, value)


def _average(total: Any, many: int) -> Any:
    return _AVERAGE.divide(total, Decimal(many)) if isinstance(total, Decimal) else total / many


def _sum(mapper: Mapper, field: StoredField, total: Any) -> Any:
    """Return a sum in the type of its field, in its range, exactly. The sum of nothing is 0."""
    kind, name = field.type.kind, mapper.model.__name__
    total = total or 0
    if kind == "float":
        if not math.isfinite(total):  # a sum that left the range and came back is no number any more
            raise OutOfRange(name, field.name, "the sum is beyond a float")
        return float(total) + 0.0
    if kind == "int":
        if not INT_MIN <= total <= INT_MAX:
            raise OutOfRange(name, field.name, "the sum is beyond 64 bit")
        return int(total)
    exact = Decimal(total)
    if len(exact.as_tuple().digits) > MAX_PRECISION:
        raise OutOfRange(name, field.name, f"the sum is beyond {MAX_PRECISION} digits")
    return exact.quantize(Decimal((0, (1,), -field.type.scale)), context=Context(prec=2 * MAX_PRECISION))


def in_order(rows: Sequence[Sequence[Any]], width: int) -> list[Sequence[Any]]:
    """Order rows by their first values, nulls first."""
    if not width:
        return list(rows)
    return sorted(rows, key=lambda row: [(value is not None, value) for value in row[:width]])
