"""Queries: put together step by step, each step a new query, and run by the last one.

`db.query(Notice).where(Notice.title == "x").order_by(Notice.posted.desc()).limit(20).all()`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar, final, overload

from newel_data import refusals
from newel_data.aggregates import (
    MAX_GROUPS,
    Result,
    Row,
    Wanted,
    column_of,
    groups_of,
    in_order,
    measures_of,
    result_of,
)
from newel_data.bulk import delete_rows, update_rows
from newel_data.columns import Column
from newel_data.conditions import check_owned, check_size
from newel_data.errors import NotPortable
from newel_data.including import include
from newel_data.objects import Mapper
from newel_data.pages import Slice, segments, token_of, values_of
from newel_data.references import ReferenceColumn
from newel_data.refusals import refuse
from newel_data.schema import INT_MAX, StoredField, Table
from newel_data.tree import ALWAYS, NEVER, Condition, Group, Order, Select, aggregate, all_of, select
from newel_data.unit import UnitOfWork
from newel_data.values import shortly

M = TypeVar("M", bound=Any)
T = TypeVar("T")

STREAM_SIZE: Final = 500
"""How many rows a stream reads at a time unless told."""


MOST: Final = 2**31 - 2
"""The greatest number of rows that is asked for. A greater one means all of them, and is the same."""


@final
class Query(Generic[M]):
    """A query of one model. Never changed: each step returns another one."""

    __slots__ = ("_includes", "_limit", "_offset", "_order", "_table", "_where", "_work")

    def __init__(
        self,
        work: UnitOfWork,
        table: Table,
        where: Condition = ALWAYS,
        order: tuple[Order, ...] = (),
        limit: int | None = None,
        offset: int | None = None,
        includes: tuple[StoredField, ...] = (),
    ) -> None:
        self._work: Final = work
        self._table: Final = table
        self._where: Final = where
        self._order: Final = order
        self._limit: Final = limit
        self._offset: Final = offset
        self._includes: Final = includes

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            refuse("Query", name, refusals.QUERY, Query)

    def __repr__(self) -> str:
        return f"<Query of {self._table.model.__name__}>"

    # --- steps

    def where(self, *conditions: Condition) -> Query[M]:
        """Keep the rows that match all of these conditions, and those of earlier steps."""
        for condition in conditions:
            check_owned(self._table, condition)
        where = all_of(conditions if self._where is ALWAYS else (self._where, *conditions))
        check_size(self._table, where)
        return Query(self._work, self._table, where, self._order, self._limit, self._offset, self._includes)

    def order_by(self, *terms: Order | Column[Any]) -> Query[M]:
        """Order by these, the first one first; replaces an earlier order. The key is added last.

        A column that comes again changes nothing, in either direction: where it is equal, it is equal.
        """
        order: dict[str, Order] = {}
        for term in map(self._term, terms):
            order.setdefault(term.field.column, term)
        kept = tuple(order.values())
        return Query(self._work, self._table, self._where, kept, self._limit, self._offset, self._includes)

    def limit(self, count: int) -> Query[M]:
        """Take so many rows at most."""
        return Query(
            self._work, self._table, self._where, self._order, _natural("limit", count), self._offset, self._includes
        )

    def offset(self, count: int) -> Query[M]:
        """Leave out so many rows first. A page by token finds its place without counting: `page()`."""
        offset = _natural("offset", count)
        return Query(self._work, self._table, self._where, self._order, self._limit, offset, self._includes)

    def include(self, *references: Any) -> Query[M]:
        """Load what these references lead to as well, in one query each: `include(Notice.author)`."""
        fields = tuple([self._reference(reference) for reference in references])
        includes = tuple(dict.fromkeys((*self._includes, *fields)))
        return Query(self._work, self._table, self._where, self._order, self._limit, self._offset, includes)

    # --- reading

    def all(self) -> list[M]:
        """Return all objects."""
        if self._where is NEVER or self._limit == 0:
            return []
        rows = self._work.select(self._tree(self._where, self._order, self._limit, self._offset))
        return self._objects(rows)

    def __iter__(self) -> Iterator[M]:
        return iter(self.all())

    def first(self) -> M | None:
        """Return the first object, or None."""
        found: list[M] = self.limit(1 if self._limit is None else min(1, self._limit)).all()
        return found[0] if found else None

    def exists(self) -> bool:
        """Tell whether there is a row that matches."""
        self._refuse_steps("exists()", includes=False)
        if self._where is NEVER:
            return False
        order = (Order(self._table.key),)
        return bool(self._work.select(self._tree(self._where, order, 1, None, (self._table.key,))))

    def count(self) -> int:
        """Count the rows that match."""
        self._refuse_steps("count()", includes=False)
        return int(self.aggregate(n=Wanted("count")).n)

    def stream(self, size: int = STREAM_SIZE) -> Iterator[M]:
        """Yield the objects from a cursor, reading about `size` rows at a time; for results that do not fit in memory.

        In a unit that may write it must be read to its end before the response is sent, and nothing may be written
        meanwhile.
        """
        return self._streamed(_natural("stream", size, least=1))

    def _streamed(self, size: int) -> Iterator[M]:
        if self._where is NEVER or self._limit == 0:
            return
        for rows in self._work.stream(self._tree(self._where, self._order, self._limit, self._offset), size):
            yield from self._objects(rows)

    def page(self, after: str | None = None, size: int = 20) -> Slice[M]:
        """Return `size` objects after a token, and the token of what comes after them.

        Raises `BadPageToken` for a token that is none, or was made by a query of another order.
        """
        if self._limit is not None or (self._offset is not None and after is not None):
            raise TypeError(
                "page() sets the limit by size=, and a token the place: use it without limit() and offset()"
            )
        size = _natural("page", size, least=1)
        order = self._total(self._order or (Order(self._table.key),))
        values = values_of(self._table, order, after) if after is not None else None
        rows: list[Any] = []
        for segment in segments(self._table, order, values):
            where = self._where if segment is None else all_of((self._where, segment))
            if where is not NEVER and len(rows) <= size:
                rows += self._work.select(self._tree(where, order, size + 1 - len(rows), self._offset))
        following = token_of(self._table, order, rows[size - 1]) if len(rows) > size else None
        return Slice(self._objects(rows[:size]), following)

    # --- aggregating

    def aggregate(self, **wanted: Any) -> Row:
        """Compute over all rows that match: `aggregate(n=count(), latest=max_(Notice.posted))`."""
        self._refuse_steps("aggregate()")
        return self._aggregated({}, wanted)[0]

    def group_by(self, *columns: Any, **named: Any) -> Grouped:
        """Group by up to two columns, or by `.by_day()`, `.by_month()`, `.by_year()` of one."""
        self._refuse_steps("group_by()")
        groups = groups_of(self._table, columns, named)
        if len(groups) < len(columns) + len(named):
            raise TypeError("group_by() got two groups of one name: name them, group_by(day=..., month=...)")
        if not 1 <= len(groups) <= MAX_GROUPS:
            raise NotPortable(f"grouping by {len(groups)} columns", f"the contract has 1 to {MAX_GROUPS}", "db.native")
        return Grouped(self, groups)

    @overload
    def distinct(self, column: Column[T], /) -> list[T]: ...
    @overload
    def distinct(self, *columns: Any) -> list[Any]: ...
    def distinct(self, *columns: Any) -> list[Any]:
        """Return the distinct values of a column, or the distinct tuples of several, in their order, nulls first."""
        self._refuse_steps("distinct()")
        if not columns:
            raise TypeError("distinct() takes the columns whose values are asked for")
        groups = tuple([column_of(self._table, column).group() for column in columns])
        if self._where is NEVER:
            return []
        rows = in_order(self._work.aggregate(aggregate(self._table, groups, (), self._condition())), len(groups))
        values = [tuple([self._group_value(g, v) for g, v in zip(groups, row, strict=True)]) for row in rows]
        return [value[0] for value in values] if len(groups) == 1 else list(values)

    # --- writing

    def update(self, **changes: Any) -> int:
        """Change all rows that match; return how many: `update(views=Notice.views + 1)`."""
        self._refuse_steps("update()")
        return update_rows(self._work, self._table, self._where, changes)

    def delete(self) -> int:
        """Delete all rows that match, and what cascades from them; return how many matched."""
        self._refuse_steps("delete()")
        return delete_rows(self._work, self._table, self._where)

    # --- inner parts

    @property
    def _mapper(self) -> Mapper:
        return self._work.models.mapper(self._table)

    def _tree(
        self,
        where: Condition,
        order: tuple[Order, ...],
        limit: int | None,
        offset: int | None,
        fields: tuple[StoredField, ...] | None = None,
    ) -> Select:
        if order:
            order = self._total(order)
        elif limit is not None or offset is not None:
            order = (Order(self._table.key),)
        condition = None if where is ALWAYS else where
        return select(self._table, fields=fields, where=condition, order=order, limit=limit, offset=offset)

    def _total(self, order: tuple[Order, ...]) -> tuple[Order, ...]:
        """Make an order total: the key comes last, in the direction of the last term."""
        key = self._table.key
        for term in order:
            if term.field is key:
                return order
        return (*order, Order(key, order[-1].descending))

    def _objects(self, rows: Any) -> list[M]:
        objects: list[M] = self._mapper.load(rows, self._work.token)
        if self._includes and objects:
            include(self._work, self._table, objects, self._includes)
        return objects

    def _condition(self) -> Condition | None:
        return None if self._where is ALWAYS else self._where

    def _term(self, term: Any) -> Order:
        if isinstance(term, Column):
            term = term.asc()
        if not isinstance(term, Order) or term.field not in self._table.fields:
            raise TypeError(
                f"order_by() takes columns of {self._table.model.__name__}, or .asc(), .desc(): not {term!r}"
            )
        return term

    def _reference(self, reference: Any) -> StoredField:
        if isinstance(reference, ReferenceColumn) and reference.model is self._table.model and reference.via is None:
            return reference.stored
        names = ", ".join(f"{self._table.model.__name__}.{field.name}" for field in self._table.references)
        raise TypeError(f"include() takes references of this model ({names or 'it has none'}), not {reference!r}")

    def _refuse_steps(self, what: str, *, includes: bool = True) -> None:
        """Refuse steps that would not mean anything, or not the same everywhere."""
        if self._limit is None and self._offset is None and not (self._order or self._includes):
            return
        taken = [
            name
            for name, is_set in (
                ("limit()", self._limit is not None),
                ("offset()", self._offset is not None),
                ("order_by()", bool(self._order) and includes),
                ("include()", bool(self._includes) and includes),
            )
            if is_set
        ]
        if taken:
            raise TypeError(f"{what} concerns all rows that match: use it without {', '.join(taken)}")

    def _group_value(self, group: Group, value: Any) -> Any:
        if group.bucket is None and group.field.reference is not None and value is not None:
            return group.field.reference.target.__declaration__.only_id(value)
        return value if group.bucket is not None else self._mapper.python(group.field, value)

    def _aggregated(self, groups: dict[str, Group], wanted: dict[str, Any]) -> list[Row]:
        measures, results = measures_of(self._table, wanted)
        if twice := sorted(groups.keys() & wanted):
            raise TypeError(f"aggregate({twice[0]}=...) has the name of a group: give it another one")
        if self._where is NEVER:
            rows: Any = [] if groups else [tuple(0 if each.function == "count" else None for each in measures)]
        else:
            tree = aggregate(self._table, tuple(groups.values()), measures, self._condition())
            rows = in_order(self._work.aggregate(tree), len(groups))
        return [self._row(groups, results, row) for row in rows]

    def _row(self, groups: dict[str, Group], results: dict[str, Result], row: Any) -> Row:
        values = {name: self._group_value(group, row[i]) for i, (name, group) in enumerate(groups.items())}
        mapper, computed = self._mapper, row[len(groups) :] if groups else row
        for name, result in results.items():
            values[name] = result_of(mapper, result, computed)
        return Row(values)


@final
class Grouped:
    """A query with groups, to be aggregated."""

    __slots__ = ("_groups", "_query")

    def __init__(self, query: Query[Any], groups: dict[str, Group]) -> None:
        self._query: Final = query
        self._groups: Final = groups

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            refuse("Grouped", name, refusals.QUERY, Grouped)

    def aggregate(self, **wanted: Any) -> list[Row]:
        """Compute for each group: rows that hold the groups' values and what was asked for, in the groups' order."""
        return self._query._aggregated(self._groups, wanted)


def _natural(what: str, count: int, *, least: int = 0) -> int:
    """Return a number of rows: servers overflow where they add them, long before that many could be stored."""
    if type(count) is not int or not least <= count <= INT_MAX:
        raise ValueError(f"{what}({shortly(count)}) takes a number of rows, from {least} up, of 64 bit")
    return min(count, MOST)
