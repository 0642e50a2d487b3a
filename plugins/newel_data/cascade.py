"""Deleting rows that others refer to, step by step, where the database does not or not alike.

What is to go is found first: the rows themselves, and all that cascades from them. Then what forbids it: a row that
refers to any of them with `restrict`, be it to go itself or not. Then references are set to None, counting up versions,
and rows are removed, those that refer before those referred to. A database whose own foreign keys cascade then finds
nothing left to do: MariaDB follows them through fifteen levels only, SQLite through a thousand, and neither counts what
went that way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, final

from newel_data.errors import ReferenceViolation
from newel_data.including import chunks
from newel_data.schema import OnDelete, StoredField, Table
from newel_data.tree import Change, Condition, Order, compare, delete, select, update
from newel_data.unit import UnitOfWork

Keys = dict[str, None]
"""The keys of rows, in the order in which they were found."""

Batch = tuple[Table, list[str]]
"""Rows of one table that can be removed together."""


def is_walked(work: UnitOfWork, table: Table) -> bool:
    """Tell whether a delete of this table's rows is walked here, and not left to the database's own foreign keys."""
    if not work.models.referring[table.model]:
        return False
    return not work.backend.foreign_keys or work.models.walks(table)


def doomed_with(work: UnitOfWork, table: Table, keys: Sequence[str]) -> Iterator[Batch]:
    """Yield the rows of these keys, and what cascades from them, in the order in which they are to be removed.

    What holds None instead of a reference to one of them does so by then. Raises `ReferenceViolation` where a row
    refers to one of them with `restrict`.
    """
    doomed = Doomed(work, table, keys)
    for each, found in doomed.rows.items():
        _refuse_restricted(work, each, list(found))
    for each, found in doomed.rows.items():
        _set_null(work, each, list(found), doomed.rows)
    return doomed.in_order()


def remove_keys(work: UnitOfWork, table: Table, keys: Sequence[str]) -> int:
    """Remove rows by their keys; return how many matched."""
    return sum(work.delete(delete(table, compare(target_of(table, table.key), "in", tuple(c)))) for c in chunks(keys))


def target_of(table: Table, field: StoredField) -> Any:
    """Return the target of a field, the same one each time."""
    return table.model.__declaration__.targets[field]


@final
class Doomed:
    """The rows that a delete removes, and which of them refers to which."""

    __slots__ = ("_foreign_keys", "_referring", "rows")

    def __init__(self, work: UnitOfWork, table: Table, keys: Sequence[str]) -> None:
        self.rows: Final[dict[Table, Keys]] = {table: dict.fromkeys(keys)}
        self._foreign_keys: Final = work.backend.foreign_keys
        self._referring: Final = TopologicalSorter[tuple[Table, str]]({(table, key): () for key in keys})
        waiting: list[Batch] = [(table, list(keys))]
        for each, found in waiting:
            for other, field, where in _references(work, each, found, "cascade"):
                rows = work.select(select(other, fields=(other.key, field), where=where))
                if new := self._take(each, other, rows):
                    waiting.append((other, new))

    def _take(self, table: Table, other: Table, rows: Sequence[Sequence[Any]]) -> list[str]:
        """Take down which rows refer to those of a table; return those that were not known to go."""
        known = self.rows.setdefault(other, {})
        for key, referred in rows:
            if (other, key) != (table, referred):
                self._referring.add((table, referred), (other, key))
        new = [key for key, _ in rows if key not in known]
        known.update(dict.fromkeys(new))
        return new

    def in_order(self) -> Iterator[Batch]:
        """Yield all rows, those that refer before those referred to; rows in a circle, and what they refer to, last."""
        if not self._foreign_keys:  # nobody minds the order, and a table at a time takes least
            yield from ((table, list(keys)) for table, keys in reversed(self.rows.items()))
            return
        left = {table: dict(keys) for table, keys in self.rows.items()}
        with suppress(CycleError):
            self._referring.prepare()
        while ready := self._referring.get_ready():
            yield from _batches(ready)
            for table, key in ready:
                del left[table][key]
            self._referring.done(*ready)
        yield from ((table, list(keys)) for table, keys in left.items() if keys)


def _batches(rows: Sequence[tuple[Table, str]]) -> Iterator[Batch]:
    batches: dict[Table, list[str]] = {}
    for table, key in rows:
        batches.setdefault(table, []).append(key)
    yield from batches.items()


def _refuse_restricted(work: UnitOfWork, table: Table, keys: Sequence[str]) -> None:
    for other, field, where in _references(work, table, keys, "restrict"):
        if work.select(select(other, fields=(other.key,), where=where, order=(Order(other.key),), limit=1)):
            error = ReferenceViolation(other.model.__name__, field.name, deleting=True)
            work.fail(error)
            raise error


def _set_null(work: UnitOfWork, table: Table, keys: Sequence[str], doomed: dict[Table, Keys]) -> None:
    """Let rows that stay hold None; those that go keep their version, by which a delete may yet look for them."""
    for other, field, where in _references(work, table, keys, "set_null"):
        changes = (Change(field, "set", None), *bump(other))
        if (going := doomed.get(other)) is None:
            work.update(update(other, changes, where))
            continue
        rows = work.select(select(other, fields=(other.key,), where=where))
        for chunk in chunks([row[0] for row in rows if row[0] not in going]):
            work.update(update(other, changes, compare(target_of(other, other.key), "in", tuple(chunk))))


def bump(table: Table) -> tuple[Change, ...]:
    """Return the change that counts up the version of changed rows, if they have one."""
    return () if table.version is None else (Change(table.version, "add", 1, table.version),)


def _references(
    work: UnitOfWork, table: Table, keys: Sequence[str], on_delete: OnDelete
) -> Iterator[tuple[Table, StoredField, Condition]]:
    """Yield each reference of that kind to the table, with the condition that finds the rows that hold these keys."""
    for other, field in work.models.referring[table.model]:
        if field.reference is not None and field.reference.on_delete == on_delete:
            for chunk in chunks(keys):
                yield other, field, compare(target_of(other, field), "in", tuple(chunk))
