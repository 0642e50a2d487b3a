"""A statement as people read it: its text without values, and its values by the names of their fields.

A backend that has a language of its own tells the text itself (`Telling`); for others there is one here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol, final, runtime_checkable

import msgspec

from newel.secret import MASK, mask, sounds_secret
from newel_data.schema import Table
from newel_data.tree import Aggregate, And, Compare, Condition, Delete, Null, Or, Select, Target, Update, Upsert

LONGEST: Final = 80
"""Characters of one value that are shown."""


@final
class Insert(msgspec.Struct, frozen=True, eq=False):
    """Rows to be inserted, as a statement like the others."""

    table: Table
    rows: Any

    @property
    def shape(self) -> Any:
        """What it has in common with every insert into the table."""
        return "insert", self.table


Tree = Select | Aggregate | Update | Delete | Upsert | Insert


@runtime_checkable
class Telling(Protocol):
    """A backend that can tell the statement of a tree."""

    def told(self, tree: Tree) -> str:
        """Return the statement on one line. SECURITY: without any value, for production logs it."""
        ...


def text_of(tree: Tree) -> str:
    """Return a statement of a backend that has no language of its own: "select notice where title eq ?"."""
    match tree:
        case Insert():
            return f"insert {tree.table.name}"
        case Upsert():
            return f"upsert {tree.table.name} by {_listed(field.name for field in tree.by)}"
        case Update():
            changed = _listed(change.field.name for change in tree.changes)
            return f"update {tree.table.name}{_where(tree.where)}: {changed}"
        case Aggregate():
            groups = f" by {_listed(group.field.name for group in tree.groups)}" if tree.groups else ""
            return f"aggregate {tree.table.name}{groups}{_where(tree.where)}"
        case Delete():
            return f"delete {tree.table.name}{_where(tree.where)}"
        case Select():
            return f"select {tree.table.name}{_where(tree.where)}{_order(tree)}"


def values_of(tree: Tree) -> str:
    """Return a statement's values: "title='Bicycle', limit=20". What sounds secret is masked, what is long cut."""
    return ", ".join(f"{name}={_shown(name, value)}" for name, value in _named(tree))


def _where(condition: Condition | None) -> str:
    return f" where {_condition(condition)}" if condition is not None else ""


def _condition(condition: Condition) -> str:
    match condition:
        case And():
            return " and ".join(_condition(item) for item in condition.items)
        case Or():
            return f"({' or '.join(_condition(item) for item in condition.items)})"
        case Compare():
            return f"{_name(condition.target)} {condition.operator} ?"
        case Null():
            return f"{_name(condition.target)} is {'not ' if condition.negated else ''}null"
        case _:
            raise TypeError(f"no backend sees {condition!r}")


def _order(tree: Select) -> str:
    terms = _listed(f"{term.field.name}{' desc' if term.descending else ''}" for term in tree.order)
    limit = "" if tree.limit is None else " limit ?"
    offset = "" if tree.offset is None else " offset ?"
    return (f" order by {terms}" if terms else "") + limit + offset


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _name(target: Target) -> str:
    name = target.field.name if target.via is None else f"{target.via.name}.{target.field.name}"
    return f"{name}.length" if target.length else name


# --- values -----------------------------------------------------------------------------------------------------------


def _named(tree: Tree) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Insert | Upsert):
        yield from _of_rows(tree)
        return
    if isinstance(tree, Update):
        yield from ((change.field.name, change.value) for change in tree.changes)
    if tree.where is not None:
        yield from _leaves(tree.where)
    if isinstance(tree, Select):
        yield from ((name, value) for name in ("limit", "offset") if (value := getattr(tree, name)) is not None)


def _of_rows(tree: Insert | Upsert) -> Iterator[tuple[str, Any]]:
    rows = tree.rows if isinstance(tree, Insert) else [tree.row]
    yield from ((field.name, value) for field, value in zip(tree.table.fields, rows[0], strict=True))
    if len(rows) > 1:
        yield "further rows", len(rows) - 1


def _leaves(condition: Condition) -> Iterator[tuple[str, Any]]:
    if isinstance(condition, Compare):
        yield _name(condition.target), condition.value
    elif isinstance(condition, And | Or):
        for item in condition.items:
            yield from _leaves(item)


def _shown(name: str, value: Any) -> str:
    if sounds_secret(name):
        return MASK
    text = str(mask(repr(value)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
