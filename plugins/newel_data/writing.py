"""Writing objects: add, save, delete, upsert. Each runs at the call, and each checks before I/O."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from typing import Any, Final

from newel_data.cascade import bump, doomed_with, is_walked, remove_keys, target_of
from newel_data.columns import Column
from newel_data.encoding import size_of
from newel_data.errors import ConstraintViolation, Detached, NotPortable, ReferenceViolation, StaleWrite
from newel_data.including import chunks
from newel_data.objects import Tracked
from newel_data.references import ReferenceColumn
from newel_data.schema import Index, StoredField, Table
from newel_data.tree import Change, Condition, all_of, compare, delete, select, update, upsert
from newel_data.unit import UnitOfWork

FIRST_VERSION: Final = 1

Row = tuple[Any, ...]


def add(work: UnitOfWork, obj: Tracked) -> None:
    """Insert an object."""
    work.require_writable()
    table = work.models.table(type(obj))
    row = _new_row(work, table, obj)
    work.insert(table, [row])
    work.models.mapper(table).settle(obj, row, work.token)


def add_all(work: UnitOfWork, objects: Sequence[Tracked]) -> None:
    """Insert objects, of several models if need be, in their order; all are checked before the first is written."""
    work.require_writable()
    batches = [
        (table, [(obj, _new_row(work, table, obj)) for obj in group])
        for table, group in groupby(objects, key=lambda obj: work.models.table(type(obj)))
    ]
    for table, pairs in batches:
        for chunk in chunks(_referred_first(work, table, pairs)):
            work.insert(table, [row for _, row in chunk])
    for table, pairs in batches:
        mapper = work.models.mapper(table)
        for obj, row in pairs:
            mapper.settle(obj, row, work.token)


def save(work: UnitOfWork, obj: Tracked) -> None:
    """Write what changed of an object since it was loaded, added or saved."""
    work.require_writable()
    table = work.models.table(type(obj))
    before = _snapshot(obj, "saved")
    mapper = work.models.mapper(table)
    row = mapper.row(vars(obj))
    check_size(work, table, row)
    changes = _changes(table, before, row)
    expected = _expected(table, obj, before)
    if changes:
        if not work.update(update(table, (*changes, *bump(table)), expected)):
            _stale(work, table, before[0])
        row = _raised(table, row)
    elif table.version is not None and row != _plain(table, before):
        _stale(work, table, before[0])
    mapper.settle(obj, row, work.token)


def remove(work: UnitOfWork, obj: Tracked) -> None:
    """Delete an object's row, and what cascades from it."""
    work.require_writable()
    table = work.models.table(type(obj))
    before = _snapshot(obj, "deleted")
    expected = _expected(table, obj, before)
    if is_walked(work, table):
        _remove_walked(work, table, before[0], expected)
    elif not work.delete(delete(table, expected)):
        _stale(work, table, before[0])
    obj._row = None


def _remove_walked(work: UnitOfWork, table: Table, key: str, expected: Condition) -> None:
    """Remove a row, and what cascades from it. One that was changed is stale, whatever else there is to say of it."""
    if table.version is not None and not work.select(select(table, fields=(table.key,), where=expected)):
        _stale(work, table, key)
    for each, found in doomed_with(work, table, [key]):
        if each is table and key in found:
            if not work.delete(delete(table, expected)):
                _stale(work, table, key)
            found.remove(key)
        remove_keys(work, each, found)


def insert_or_overwrite(work: UnitOfWork, obj: Tracked, by: Any) -> None:
    """Insert an object, or overwrite the row that has the same values in a unique set."""
    work.require_writable()
    table = work.models.table(type(obj))
    fields = _unique_set(table, by)
    row = _new_row(work, table, obj)
    kept = {*fields, table.key, table.version}
    overwrite = tuple(field for field in table.fields if field not in kept)
    stored = work.upsert(upsert(table, row, fields, overwrite, table.version))
    work.models.mapper(table).settle(obj, stored, work.token)


def check_size(work: UnitOfWork, table: Table, row: Sequence[Any]) -> None:
    """Refuse a row that is larger than the backend's documents may be."""
    limit = work.backend.document_limit
    if limit is not None and (size := size_of(row)) > limit:
        text = f"takes {limit} bytes in all, not {size}"
        raise ConstraintViolation(table.model.__name__, "", "too_long", text)


# --- rows


def _new_row(work: UnitOfWork, table: Table, obj: Tracked) -> Row:
    row = work.models.mapper(table).row(vars(obj))
    if table.version is not None:
        row = _with(table, row, table.version, FIRST_VERSION)
    check_size(work, table, row)
    return row


def _with(table: Table, row: Row, field: StoredField, value: Any) -> Row:
    place = table.fields.index(field)
    return (*row[:place], value, *row[place + 1 :])


def _raised(table: Table, row: Row) -> Row:
    """Return the row as it is after its version was counted up."""
    if table.version is None:
        return row
    return _with(table, row, table.version, row[table.fields.index(table.version)] + 1)


def _plain(table: Table, row: Sequence[Any]) -> Row:
    """Return a row that was read as one that is written: a backend may give lists for tuples."""
    return tuple(
        tuple(value) if field.type.kind == "list" and value is not None else value
        for field, value in zip(table.fields, row, strict=True)
    )


def _snapshot(obj: Tracked, what: str) -> Sequence[Any]:
    """Return the row that the object was read or written as. Raises `Detached`."""
    name = type(obj).__name__
    if obj._row is None:
        why = "was never loaded or added, or was deleted"
        raise Detached(f"this {name} was to be {what}, and {why}: use add(), or load it by get()")
    if obj._unit is not None and obj._unit.lost:
        raise Detached(f"this {name} was to be {what}, and the unit that it came from was rolled back: load it again")
    return obj._row


def _changes(table: Table, before: Sequence[Any], row: Row) -> tuple[Change, ...]:
    if row[0] != before[0]:
        raise NotPortable(
            f"changing the id of a stored {table.model.__name__}",
            "references would have to follow",
            "add a new object and delete this one",
        )
    return tuple(
        Change(field, "set", new)
        for field, old, new in zip(table.fields, _plain(table, before), row, strict=True)
        if new != old and field.role != "version"
    )


def _expected(table: Table, obj: Tracked, before: Sequence[Any]) -> Condition:
    """Return the condition that finds the row only while nobody else has changed it.

    NOTE: the version is the object's own, so that a form may carry it: what it was when the form was shown.
    """
    by_key = compare(target_of(table, table.key), "eq", before[0])
    if table.version is None:
        return by_key
    version = obj.__declaration__.rules[table.version.name].literal(vars(obj)[table.version.name])
    return all_of((by_key, compare(target_of(table, table.version), "eq", version)))


def _stale(work: UnitOfWork, table: Table, key: Any) -> None:
    error = StaleWrite(table.model.__name__, key)
    work.fail(error)
    raise error


def _referred_first(work: UnitOfWork, table: Table, pairs: list[tuple[Tracked, Row]]) -> list[tuple[Tracked, Row]]:
    """Order rows that refer to their own table so that what is referred to comes first.

    Raises `ReferenceViolation` for rows that refer to one another in a circle.
    """
    places = [
        table.fields.index(field)
        for field in table.references
        if field.reference is not None and field.reference.target is table.model
    ]
    if not places:
        return pairs
    by_key = {row[0]: (obj, row) for obj, row in pairs}
    if len(by_key) < len(pairs):
        return pairs  # a key that comes twice is the database's to refuse
    referred = {
        key: [row[place] for place in places if row[place] in by_key and row[place] != key]
        for key, (_, row) in by_key.items()
    }
    try:
        order = [*TopologicalSorter(referred).static_order()]
    except CycleError:
        error = ReferenceViolation(table.model.__name__, table.fields[places[0]].name)
        work.fail(error)
        raise error from None
    return [by_key[key] for key in order]


# --- unique sets


def _unique_set(table: Table, by: Any) -> tuple[StoredField, ...]:
    """Return the fields of the unique set that `by` names: columns, in any order."""
    columns = by if isinstance(by, (tuple, list)) else (by,)
    names = [_name_of(table, column) for column in columns]
    if names == [table.key.name]:
        return (table.key,)
    for index in table.indexes:
        if index.unique and sorted(index.names) == sorted(names):
            return index.fields
    raise NotPortable(
        f"upsert of {table.model.__name__} by {', '.join(names)}",
        "a database can only tell rows apart by a declared unique set",
        f"one of: {'; '.join(', '.join(index.names) for index in _uniques(table)) or 'id'}",
    )


def _uniques(table: Table) -> tuple[Index, ...]:
    return tuple(index for index in table.indexes if index.unique)


def _name_of(table: Table, column: Any) -> str:
    if isinstance(column, ReferenceColumn):
        column = column.column
    if not isinstance(column, Column) or column.model is not table.model or column.target.via is not None:
        raise TypeError(f"by= takes columns of {table.model.__name__}, not {column!r}")
    return column.field.name
