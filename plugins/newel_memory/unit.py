"""A unit of work in memory: reads from the last commit, writes to copies, and puts them in place by one assignment."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NoReturn, Protocol, final

from newel_data.errors import Conflict, NotPortable, OutOfRange
from newel_data.models import Models
from newel_data.schema import INT_MAX, INT_MIN, Table
from newel_data.tree import Aggregate, Change, Delete, Select, Update, Upsert
from newel_memory.matching import grouped, matching, measured, ordered
from newel_memory.store import Row, Rows, State, check_references, check_row, place


class Store(Protocol):
    """What a unit needs of its backend: the last commit, and the right to write the next one."""

    models: Models
    state: State

    def take_writer(self) -> None:
        """Become the one writer."""
        ...

    def give_writer(self) -> None:
        """Let another one write."""
        ...


_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
}


@final
class MemoryUnit:
    """One unit of work."""

    __slots__ = ("_copied", "_moved", "_removed", "_state", "_store", "_writing")

    def __init__(self, store: Any, state: State) -> None:
        self._store: Final[Store] = store
        self._state = state
        self._copied: set[Table] = set()
        self._removed: dict[Table, set[str]] = {}
        self._writing = False
        self._moved = False

    # --- reading

    def select(self, select: Select) -> list[Row]:
        """Return all rows."""
        table = select.table
        rows = ordered(table, matching(self._store.models, self._state, table, select.where), select.order)
        if select.offset is not None:
            rows = rows[select.offset :]
        if select.limit is not None:
            rows = rows[: select.limit]
        if select.fields == table.fields:
            return rows
        places = [place(table, field) for field in select.fields]
        return [tuple([row[at] for at in places]) for row in rows]

    def stream(self, select: Select, size: int) -> Iterator[Sequence[Row]]:
        """Yield the rows as they are now, `size` at a time."""
        rows = self.select(select)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def aggregate(self, aggregate: Aggregate) -> list[Row]:
        """Return one row for each group."""
        table = aggregate.table
        rows = matching(self._store.models, self._state, table, aggregate.where)
        return [
            (*values, *(measured(table, members, measure) for measure in aggregate.measures))
            for values, members in grouped(table, rows, aggregate.groups).items()
        ]

    # --- writing

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert whole rows."""
        stored = self._writable(table)
        for row in rows:
            self._insert(stored, row)

    def update(self, update: Update) -> int:
        """Change rows; return how many matched."""
        stored = self._writable(update.table)
        found = matching(self._store.models, self._state, update.table, update.where)
        for row in found:
            self._replace(stored, row, _changed(update.table, row, update.changes))
        return len(found)

    def delete(self, delete: Delete) -> int:
        """Remove rows; return how many matched."""
        stored = self._writable(delete.table)
        found = matching(self._store.models, self._state, delete.table, delete.where)
        removed = self._removed.setdefault(delete.table, set())
        for row in found:
            stored.drop(row[0])
            removed.add(row[0])
        return len(found)

    def upsert(self, upsert: Upsert) -> Row:
        """Insert a row or overwrite one; return it."""
        table, stored = upsert.table, self._writable(upsert.table)
        before = _existing(stored, upsert)
        if before is None:
            self._insert(stored, upsert.row)
            return upsert.row
        changes = [Change(field, "set", upsert.row[place(table, field)]) for field in upsert.overwrite]
        if upsert.bump is not None:
            changes.append(Change(upsert.bump, "add", 1, upsert.bump))
        after = _changed(table, before, changes)
        self._replace(stored, before, after)
        return after

    # --- ending

    def commit(self) -> None:
        """Put what was written in place of the last commit. Raises `Conflict` where that left a reference dangling."""
        if self._writing:
            if self._moved:
                self._refuse_orphans()
            self._store.state = self._state
        self._release()

    def rollback(self) -> None:
        """Forget what was written."""
        self._release()

    def native(self, failed: Callable[[BaseException], object]) -> NoReturn:
        """Memory has no driver."""
        raise NotPortable("db.native in memory", "there is no driver under it", "the portable queries, or a database")

    def mapped(self, table: Table) -> NoReturn:
        """Memory has no mapped classes."""
        raise NotPortable(f"db.mapped({table.model.__name__}) in memory", "there is no driver", "the portable queries")

    # --- inner parts

    def _writable(self, table: Table) -> Rows:
        """Return the rows of a table to be changed; the first write makes this the writer, on the last commit."""
        if not self._writing:
            self._store.take_writer()
            self._writing = True
            self._moved = self._state is not self._store.state
            self._state = dict(self._store.state)
        if table not in self._copied:
            self._copied.add(table)
            self._state[table] = self._state[table].copy()
        return self._state[table]

    def _refuse_orphans(self) -> None:
        """Refuse to leave a row that refers to one that was removed.

        What refers is looked for before it is removed: where somebody else committed in between, not everything was
        found.
        """
        for table, keys in self._removed.items():
            gone = keys - self._state[table].by_key.keys()
            for other, field in self._store.models.referring[table.model]:
                at = place(other, field)
                if any(row[at] in gone for row in self._state[other].by_key.values()):
                    raise Conflict("another unit of work added what refers to a removed row: run it again")

    def _insert(self, stored: Rows, row: Row) -> None:
        table = stored.table
        check_row(table, row)
        check_references(self._store.models, self._state, table, row, table.references)
        stored.add(row)

    def _replace(self, stored: Rows, before: Row, after: Row) -> None:
        table = stored.table
        check_row(table, after)
        changed = [field for field in table.references if before[place(table, field)] != after[place(table, field)]]
        check_references(self._store.models, self._state, table, after, changed)
        stored.drop(before[0])
        stored.add(after)

    def _release(self) -> None:
        if self._writing:
            self._writing = False
            self._store.give_writer()


def _existing(stored: Rows, upsert: Upsert) -> Row | None:
    """Return the row that an upsert overwrites, if there is one."""
    values = tuple([upsert.row[place(stored.table, field)] for field in upsert.by])
    if upsert.by == (stored.table.key,):
        return stored.by_key.get(values[0])
    keys = next(keys for index, keys in stored.uniques.items() if index.fields == upsert.by)
    key = keys.get(values)
    return None if key is None else stored.by_key[key]


def _changed(table: Table, row: Row, changes: Sequence[Change]) -> Row:
    """Return a row with its changes, each computed from the row as it was."""
    after = list(row)
    for change in changes:
        after[place(table, change.field)] = _assigned(table, row, change)
    return tuple(after)


def _assigned(table: Table, row: Row, change: Change) -> Any:
    if change.operator == "set" or change.source is None:
        return change.value
    before = row[place(table, change.source)]
    if before is None:
        return None
    result = _ARITHMETIC[change.operator](before, change.value) + 0  # which takes the sign of a zero
    in_range = INT_MIN <= result <= INT_MAX if change.field.type.kind == "int" else math.isfinite(result)
    if not in_range:
        raise OutOfRange(table.model.__name__, change.field.name, f"{result} is beyond what is portable")
    return result
