"""Deleting rows that others refer to, step by step, where the database does not or not alike.

What is to go is found first: the rows themselves, and all that cascades from them. Then what forbids it: a row that
refers to any of them with `restrict`, be it to go itself or not. Then references are set to None, counting up versions,
and rows are removed, those that refer before those referred to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from newel_data.errors import ReferenceViolation
from newel_data.including import chunks
from newel_data.schema import OnDelete, StoredField, Table
from newel_data.tree import Change, Condition, Order, compare, delete, select, update
from newel_data.unit import UnitOfWork

Keys = dict[str, None]
"""The keys of rows, in the order in which they were found."""


def is_walked(work: UnitOfWork, table: Table) -> bool:
    """Tell whether a delete of this table's rows is walked here, and not left to the database's own foreign keys."""
    if not work.models.referring[table.model]:
        return False
    return not work.backend.foreign_keys or work.models.walks(table)


def clear_way(work: UnitOfWork, table: Table, keys: Sequence[str]) -> None:
    """Remove or change everything that refers to rows of these keys, so that they can be removed themselves.

    Raises `ReferenceViolation` where a row refers to one of them, or to one that would go with them, with `restrict`.
    """
    doomed = _doomed(work, table, keys)
    for each, found in doomed.items():
        _refuse_restricted(work, each, list(found))
    for each, found in doomed.items():
        _set_null(work, each, list(found))
    for key in keys:
        doomed[table].pop(key)
    for each, found in reversed(doomed.items()):
        remove(work, each, list(found))


def remove(work: UnitOfWork, table: Table, keys: Sequence[str]) -> int:
    """Remove rows by their keys; return how many matched."""
    return sum(work.delete(delete(table, compare(target_of(table, table.key), "in", tuple(c)))) for c in chunks(keys))


def target_of(table: Table, field: StoredField) -> Any:
    """Return the target of a field, the same one each time."""
    return table.model.__declaration__.targets[field]


def _doomed(work: UnitOfWork, table: Table, keys: Sequence[str]) -> dict[Table, Keys]:
    """Return the keys of all rows that would be removed, by table; what refers comes after what is referred to."""
    doomed: dict[Table, Keys] = {table: dict.fromkeys(keys)}
    waiting = [(table, list(keys))]
    for each, found in waiting:
        for other, where in _references(work, each, found, "cascade"):
            known = doomed.setdefault(other, {})
            rows = work.select(select(other, fields=(other.key,), where=where))
            new = [row[0] for row in rows if row[0] not in known]
            if new:
                known.update(dict.fromkeys(new))
                waiting.append((other, new))
    return doomed


def _refuse_restricted(work: UnitOfWork, table: Table, keys: Sequence[str]) -> None:
    for other, field, where in _references_with_field(work, table, keys, "restrict"):
        if work.select(select(other, fields=(other.key,), where=where, order=(Order(other.key),), limit=1)):
            error = ReferenceViolation(other.model.__name__, field.name, deleting=True)
            work.fail(error)
            raise error


def _set_null(work: UnitOfWork, table: Table, keys: Sequence[str]) -> None:
    for other, field, where in _references_with_field(work, table, keys, "set_null"):
        work.update(update(other, (Change(field, "set", None), *bump(other)), where))


def bump(table: Table) -> tuple[Change, ...]:
    """Return the change that counts up the version of changed rows, if they have one."""
    return () if table.version is None else (Change(table.version, "add", 1, table.version),)


def _references(
    work: UnitOfWork, table: Table, keys: Sequence[str], on_delete: OnDelete
) -> Iterator[tuple[Table, Condition]]:
    for other, _, where in _references_with_field(work, table, keys, on_delete):
        yield other, where


def _references_with_field(
    work: UnitOfWork, table: Table, keys: Sequence[str], on_delete: OnDelete
) -> Iterator[tuple[Table, StoredField, Condition]]:
    """Yield each reference of that kind to the table, with the condition that finds the rows that hold these keys."""
    for other, field in work.models.referring[table.model]:
        if field.reference is not None and field.reference.on_delete == on_delete:
            for chunk in chunks(keys):
                yield other, field, compare(target_of(other, field), "in", tuple(chunk))
