"""Including references: 1 + k queries, and one object for equal keys in one result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from newel_data.objects import Tracked, key_of
from newel_data.port import CHUNK
from newel_data.schema import StoredField, Table
from newel_data.tree import compare, select
from newel_data.unit import UnitOfWork

T = TypeVar("T")

Known = dict[type[Any], dict[str, Any]]


def include(work: UnitOfWork, table: Table, objects: Sequence[Tracked], references: Sequence[StoredField]) -> None:
    """Load what the references of these objects lead to, and let the objects hold it."""
    known: Known = {table.model: {vars(obj)["id"]: obj for obj in objects}}
    for field in references:
        if field.reference is not None:
            found = known.setdefault(field.reference.target, {})
            _load(work, work.models.table(field.reference.target), _wanted(objects, field, found), found)
            for obj in objects:
                key = key_of(vars(obj)[field.name])
                vars(obj)[field.name] = found.get(key, key)


def _wanted(objects: Sequence[Tracked], field: StoredField, found: dict[str, Any]) -> list[str]:
    keys = dict.fromkeys(key_of(vars(obj)[field.name]) for obj in objects)
    return [key for key in keys if key is not None and key not in found]


def _load(work: UnitOfWork, table: Table, keys: list[str], found: dict[str, Any]) -> None:
    target = table.model.__declaration__.targets[table.key]
    for chunk in chunks(keys):
        rows = work.select(select(table, where=compare(target, "in", tuple(chunk))))
        found.update((vars(obj)["id"], obj) for obj in work.models.mapper(table).load(rows, work.token))


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
