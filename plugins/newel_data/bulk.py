"""Changing and deleting all rows that match a query: counted by rows matched, cascades and versions included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newel.errors import nearest
from newel_data.cascade import bump, doomed_with, is_walked, remove_keys, target_of
from newel_data.columns import Arithmetic, Column
from newel_data.conditions import crosses
from newel_data.errors import NotPortable
from newel_data.including import chunks
from newel_data.objects import Tracked, key_of, stored_none
from newel_data.schema import StoredField, Table
from newel_data.tree import ALWAYS, NEVER, Change, Condition, compare, delete, select, update
from newel_data.unit import UnitOfWork
from newel_data.values import fold
from newel_data.writing import check_size


def update_rows(work: UnitOfWork, table: Table, where: Condition, changes: Mapping[str, Any]) -> int:
    """Change the rows that match; return how many."""
    work.require_writable()
    if not changes:
        raise TypeError("update() takes what to change by name: update(title='x')")
    made = tuple(change for name, value in changes.items() for change in _changes(table, name, value))
    check_size(work, table, [change.value for change in made])
    made = (*made, *bump(table))
    if where is NEVER:
        return 0
    if not crosses(where):
        return work.update(update(table, made, None if where is ALWAYS else where))
    key = target_of(table, table.key)
    found = [compare(key, "in", tuple(chunk)) for chunk in chunks(_keys(work, table, where))]
    return sum(work.update(update(table, made, each)) for each in found)


def delete_rows(work: UnitOfWork, table: Table, where: Condition) -> int:
    """Delete the rows that match, and what cascades from them; return how many matched."""
    work.require_writable()
    if where is NEVER:
        return 0
    walked = is_walked(work, table)
    if not walked and not crosses(where):
        return work.delete(delete(table, None if where is ALWAYS else where))
    keys = _keys(work, table, where)
    if not walked:
        return remove_keys(work, table, keys)
    for each, found in doomed_with(work, table, keys):
        remove_keys(work, each, found)
    return len(keys)


def _keys(work: UnitOfWork, table: Table, where: Condition) -> list[str]:
    rows = work.select(select(table, fields=(table.key,), where=None if where is ALWAYS else where))
    return [row[0] for row in rows]


# --- what an update assigns


def _changes(table: Table, name: str, value: Any) -> list[Change]:
    field = _changeable(table, name)
    if isinstance(value, Arithmetic):
        return [_computed(table, field, value)]
    if isinstance(value, Column):
        raise NotPortable(
            f"update({name}={value!r})", "only literals and arithmetic are alike", "load, change and save"
        )
    stored = _stored(table, field, value)
    folded = table.model.__declaration__.folded.get(name)
    change = Change(field, "set", stored)
    return [change] if folded is None else [change, Change(folded, "set", None if stored is None else fold(stored))]


def _changeable(table: Table, name: str) -> StoredField:
    found = next((field for field in table.fields if field.name == name), None)
    if found is None:
        near = nearest(name, [field.name for field in table.fields])
        hint = f"; did you mean {near!r}?" if near else ""
        raise TypeError(f"update(): {table.model.__name__} has no field {name!r}{hint}")
    if found.role == "key":
        raise NotPortable("updating the id", "references would have to follow", "add a new object and delete this one")
    if found.role == "version":
        raise TypeError(f"update(): {name!r} is counted by Newel")
    return found


def _stored(table: Table, field: StoredField, value: Any) -> Any:
    declaration = table.model.__declaration__
    if field.reference is not None and isinstance(value, Tracked):
        if not isinstance(value, field.reference.target):
            declaration.rules[field.name].wrong_type(value, f"a {field.reference.target.__name__} or its id")
        value = key_of(value)
    if value is None:
        return stored_none(table.model, field)
    return declaration.rules[field.name].stored(value)


def _computed(table: Table, field: StoredField, value: Arithmetic) -> Change:
    if value.model is not table.model:
        raise TypeError(
            f"update() of {table.model.__name__} got arithmetic on {value.model.__name__}.{value.source.name}"
        )
    if field.type.kind != value.source.type.kind or field.role != "plain":
        raise TypeError(f"update(): {field.name!r}, a {field.type.kind}, cannot hold what {value.source!r} gives")
    if value.source.nullable and not field.nullable:
        raise TypeError(f"update(): {field.name!r} takes a value, and {value.source.name!r} may be None")
    if any(index.unique and field in index.fields for index in table.indexes):
        raise NotPortable(
            f"arithmetic on {field.name!r}, which is unique",
            "servers check rows one by one, in an order of their own",
            "load, change and save",
        )
    return Change(field, value.operator, value.value, value.source)
