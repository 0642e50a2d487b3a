"""The query tree: conditions, order, and the five things a backend is asked to do.

What a backend may rely on:

- A tree is already checked and normalised: values are port values of the field's kind, never None.
- There is no NOT: a negation was pushed down to the leaves. No leaf but `Null` matches a null, negated or not:
  `eq`, `ne`, `lt`, `not_in`, `not_contains` ... all mean "there is a value, and ...". (SQL does this by itself.)
- There are no constants: what is always true was dropped, what is never true was answered without the backend.
- `And` and `Or` have two items at least, and neither holds its own kind directly.

Each node has a `shape`, hashable and free of values, and its `values`, in the order in which a walk from left to right
meets the leaves: two trees of one shape become the same statement with other bindings. `in` and `not_in` bind one
value, a tuple whose length is no part of the shape.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal, NoReturn, final

import msgspec

from newel_data.schema import StoredField, Table

Operator = Literal[
    "eq", "ne", "lt", "le", "gt", "ge", "in", "not_in",
    "prefix", "not_prefix", "suffix", "not_suffix", "contains", "not_contains",
    "has", "has_not",
]  # fmt: skip
"""How a leaf compares. prefix, suffix and contains are of text, literal and by code point; has is of a list: one of its
items equals the value."""

OPPOSITE: dict[Operator, Operator] = {
    "eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "in": "not_in", "not_in": "in",
    "prefix": "not_prefix", "not_prefix": "prefix", "suffix": "not_suffix", "not_suffix": "suffix",
    "contains": "not_contains", "not_contains": "contains", "has": "has_not", "has_not": "has",
}  # fmt: skip


@final
class Target(msgspec.Struct, frozen=True, eq=False):
    """What a leaf looks at: a field of the table, a field one reference further, or the length of a list.

    `via` is the reference field of the queried table to go through; the row it leads to belongs to the table of
    `via.reference.target`. Where the reference is null, the target is null (a left join). The key of the other side is
    never asked for through `via`: newel_data turns that into the reference itself.
    `length`: the number of items of a list is compared, an int.
    """

    field: StoredField
    via: StoredField | None = None
    length: bool = False


class Condition(msgspec.Struct, frozen=True, eq=False):
    """A condition on rows. Combine with `&`, `|` and `~`; `and`, `or`, `not` are refused: Python would run them."""

    shape: Hashable
    values: tuple[Any, ...]

    def __and__(self, other: Condition) -> Condition:
        return all_of((self, other))

    def __or__(self, other: Condition) -> Condition:
        return any_of((self, other))

    def __invert__(self) -> Condition:
        raise NotImplementedError

    def __bool__(self) -> NoReturn:
        msg = "a condition has no truth of its own: combine with & | ~ (in parentheses), not with and, or, not, if"
        raise TypeError(msg)


@final
class Compare(Condition, frozen=True, eq=False):
    """A leaf: a target compared with one value (`values[0]`). Never matches a null."""

    target: Target
    operator: Operator

    @property
    def value(self) -> Any:
        """The value compared with: a port value; for `in` and `not_in` a tuple of them."""
        return self.values[0]

    def __invert__(self) -> Condition:
        return compare(self.target, OPPOSITE[self.operator], self.values[0])


@final
class Null(Condition, frozen=True, eq=False):
    """A leaf: the target is null, or with `negated` is not."""

    target: Target
    negated: bool

    def __invert__(self) -> Condition:
        return null(self.target, negated=not self.negated)


@final
class And(Condition, frozen=True, eq=False):
    """All of its items match."""

    items: tuple[Condition, ...]

    def __invert__(self) -> Condition:
        return any_of(tuple(~item for item in self.items))


@final
class Or(Condition, frozen=True, eq=False):
    """One of its items matches, or more."""

    items: tuple[Condition, ...]

    def __invert__(self) -> Condition:
        return all_of(tuple(~item for item in self.items))


@final
class Constant(Condition, frozen=True, eq=False):
    """Always or never true. Lives only while a query is put together; no backend sees it."""

    always: bool

    def __invert__(self) -> Condition:
        return NEVER if self.always else ALWAYS


ALWAYS = Constant("always", (), always=True)
NEVER = Constant("never", (), always=False)


def compare(target: Target, operator: Operator, value: Any) -> Compare:
    """Make a leaf from a checked, normalised value."""
    return Compare((operator, target), (value,), target, operator)


def null(target: Target, *, negated: bool = False) -> Condition:
    """Make the leaf that asks whether a target is null; of what is never null the answer is known."""
    if not target.field.nullable and (target.via is None or not target.via.nullable):
        return ALWAYS if negated else NEVER
    return Null(("not_null" if negated else "null", target), (), target, negated)


def all_of(conditions: tuple[Condition, ...]) -> Condition:
    """Combine conditions with AND: flat, without constants."""
    if len(conditions) == 1:
        return conditions[0]
    items = _flat(conditions, And, neutral=ALWAYS)
    if NEVER in items:
        return NEVER
    if len(items) < 2:
        return items[0] if items else ALWAYS
    return And(("and", *(item.shape for item in items)), _values(items), items)


def any_of(conditions: tuple[Condition, ...]) -> Condition:
    """Combine conditions with OR: flat, without constants."""
    items = _flat(conditions, Or, neutral=NEVER)
    if ALWAYS in items:
        return ALWAYS
    if len(items) < 2:
        return items[0] if items else NEVER
    return Or(("or", *(item.shape for item in items)), _values(items), items)


def _flat(conditions: tuple[Condition, ...], kind: type[And] | type[Or], neutral: Condition) -> tuple[Condition, ...]:
    flat: list[Condition] = []
    for condition in conditions:
        if isinstance(condition, kind):
            flat += condition.items
        elif condition is not neutral:
            flat.append(condition)
    return tuple(flat)


def _values(items: tuple[Condition, ...]) -> tuple[Any, ...]:
    return tuple(value for item in items for value in item.values)


@final
class Order(msgspec.Struct, frozen=True):
    """One term of an order. Nulls come first ascending and last descending, in every backend; text by code point."""

    field: StoredField
    descending: bool = False


@final
class Select(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Read rows.

    `fields` are the values of each row, in this order (`table.fields` for whole rows). `order` is empty or total: the
    key is its last term. `limit` (1 at least) and `offset` (0 at least) are None where not asked for; with either there
    is an order. `values` are those of the condition, then the limit, then the offset, as far as given; the shape tells
    whether they are.
    """

    table: Table
    fields: tuple[StoredField, ...]
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    shape: Hashable
    values: tuple[Any, ...]


ChangeOperator = Literal["set", "add", "subtract", "multiply"]


@final
class Change(msgspec.Struct, frozen=True, eq=False):
    """One assignment of an update: `field = value`, or `field = source (operator) value`.

    `value` may be None for "set". `source` is an int or float field of the same row, as it was before the update; where
    it is null, so is the result. A result beyond 64 bit, or an infinite one, raises `OutOfRange`; one beyond the
    field's own bounds `ConstraintViolation`.
    """

    field: StoredField
    operator: ChangeOperator
    value: Any
    source: StoredField | None = None


@final
class Update(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Change rows. `values` are those of the changes, in order, then those of the condition. No target has a `via`."""

    table: Table
    changes: tuple[Change, ...]
    where: Condition | None = None
    shape: Hashable
    values: tuple[Any, ...]


@final
class Delete(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Remove rows. No target has a `via`."""

    table: Table
    where: Condition | None = None
    shape: Hashable
    values: tuple[Any, ...]


Bucket = Literal["day", "month", "year"]


@final
class Group(msgspec.Struct, frozen=True):
    """What rows are grouped by: a field's value, or the first day of its day, month or year in UTC (a `date`)."""

    field: StoredField
    bucket: Bucket | None = None


@final
class Measure(msgspec.Struct, frozen=True):
    """What is computed of a group. Nulls are left out; `count` without a field counts rows.

    `sum` is of an int, float or decimal field and is exact for the first and last: beyond 64 bit (34 digits) it raises
    `OutOfRange`, or returns the exact number and newel_data raises. The sum of nothing may be None. An average never
    comes here: newel_data asks for sum and count.
    """

    function: Literal["count", "sum", "min", "max"]
    field: StoredField | None = None


@final
class Aggregate(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Group and compute. A row holds the groups' values, then the measures', in any order of rows.

    Without groups there is exactly one row. Groups without measures are the distinct values. Null is a group.
    """

    table: Table
    groups: tuple[Group, ...]
    measures: tuple[Measure, ...]
    where: Condition | None = None
    shape: Hashable
    values: tuple[Any, ...]


@final
class Upsert(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Insert a row, or overwrite the one that has the same values in the fields `by`.

    `by` is the key, or the fields of one unique index; where one of them is null the row is inserted. `overwrite` are
    the fields that an existing row takes from `row`; its key stays. `bump` is the version field, to be raised by one in
    an existing row. A collision in any other unique index raises `UniqueViolation`. `row` is whole.
    """

    table: Table
    row: tuple[Any, ...]
    by: tuple[StoredField, ...]
    overwrite: tuple[StoredField, ...]
    bump: StoredField | None = None
    shape: Hashable


def select(
    table: Table,
    *,
    fields: tuple[StoredField, ...] | None = None,
    where: Condition | None = None,
    order: tuple[Order, ...] = (),
    limit: int | None = None,
    offset: int | None = None,
) -> Select:
    """Make a `Select` with its shape and values."""
    values = where.values if where is not None else ()
    if limit is not None:
        values = (*values, limit)
    if offset is not None:
        values = (*values, offset)
    condition = where.shape if where is not None else None
    shape = ("select", table, fields, condition, order, limit is not None, offset is not None)
    return Select(
        table=table, fields=fields or table.fields, where=where, order=order, limit=limit, offset=offset,
        shape=shape, values=values,
    )  # fmt: skip


def update(table: Table, changes: tuple[Change, ...], where: Condition | None = None) -> Update:
    """Make an `Update` with its shape and values."""
    values = tuple(change.value for change in changes)
    assigned = tuple((change.field, change.operator, change.source) for change in changes)
    shape = ("update", table, assigned, where.shape if where is not None else None)
    return Update(
        table=table, changes=changes, where=where, shape=shape,
        values=values + where.values if where is not None else values,
    )  # fmt: skip


def delete(table: Table, where: Condition | None = None) -> Delete:
    """Make a `Delete` with its shape and values."""
    if where is None:
        return Delete(table=table, shape=("delete", table, None), values=())
    return Delete(table=table, where=where, shape=("delete", table, where.shape), values=where.values)


def aggregate(
    table: Table, groups: tuple[Group, ...], measures: tuple[Measure, ...], where: Condition | None = None
) -> Aggregate:
    """Make an `Aggregate` with its shape and values."""
    condition, values = (where.shape, where.values) if where is not None else (None, ())
    shape = ("aggregate", table, groups, measures, condition)
    return Aggregate(table=table, groups=groups, measures=measures, where=where, shape=shape, values=values)


def upsert(
    table: Table,
    row: tuple[Any, ...],
    by: tuple[StoredField, ...],
    overwrite: tuple[StoredField, ...],
    bump: StoredField | None = None,
) -> Upsert:
    """Make an `Upsert` with its shape."""
    shape = ("upsert", table, by, overwrite)
    return Upsert(table=table, row=row, by=by, overwrite=overwrite, bump=bump, shape=shape)
