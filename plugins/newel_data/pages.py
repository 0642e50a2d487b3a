"""Pages by keyset: the page after a row is found by that row's own values, not by counting rows before it.

A token holds the values of the order's terms in the last row of a page, bound to the order by a checksum. The page
after it is asked for in *segments*, one statement each, the next one only where the page is not full yet: the leading
term has a plain bound (`a >= v AND (a > v OR (a = v AND ...))`), which an index can follow, and its nulls are a segment
of their own.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, final

import msgspec

from newel_data.encoding import of_plain, plain
from newel_data.errors import BadPageToken, DataError
from newel_data.schema import Table
from newel_data.tree import Condition, Order, Target, all_of, any_of, compare, null
from newel_data.values import Rules

M = TypeVar("M")

Values = tuple[Any, ...]
"""The values of the order's terms in one row."""


@final
class Slice(msgspec.Struct, Generic[M], frozen=True):
    """One page of a query: its objects, and the token of what comes after, or None at the end."""

    items: list[M]
    next: str | None

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def segments(table: Table, order: Sequence[Order], after: Values | None) -> list[Condition | None]:
    """Return the conditions that select, one after the other, the rows after those values (None: all rows)."""
    if after is None:
        return [None]
    targets = table.model.__declaration__.targets
    terms = [(targets[term.field], term.descending, value) for term, value in zip(order, after, strict=True)]
    target, descending, value = terms[0]
    inside, beyond = _after(terms[1:]), null(target)
    if value is None:
        first = all_of((beyond, inside)) if len(terms) > 1 else beyond
        return _possible([first, None if descending else ~beyond])
    past = compare(target, "lt" if descending else "gt", value)
    if len(terms) == 1:
        return _possible([past, beyond if descending else None])
    bound = compare(target, "le" if descending else "ge", value)
    within = all_of((bound, any_of((past, all_of((compare(target, "eq", value), inside))))))
    return _possible([within, beyond if descending else None])


def _possible(conditions: Sequence[Condition | None]) -> list[Condition | None]:
    """Leave out segments that are not there: those of nulls where there are none."""
    return [each for each in conditions if each is not None and each.shape != "never"]


def _after(terms: Sequence[tuple[Target, bool, Any]]) -> Condition:
    """Return the condition of the rows after these values, in the terms that follow the leading one."""
    if not terms:
        return any_of(())
    (target, descending, value), rest = terms[0], _after(terms[1:])
    if value is None:
        same = all_of((null(target), rest))
        return same if descending else any_of((null(target, negated=True), same))
    past = compare(target, "lt" if descending else "gt", value)
    same = all_of((compare(target, "eq", value), rest))
    return any_of((past, null(target), same)) if descending else any_of((past, same))


# --- tokens


def token_of(table: Table, order: Sequence[Order], row: Sequence[Any]) -> str:
    """Return the token that stands for a row in an order."""
    values = [row[table.fields.index(term.field)] for term in order]
    shown = [
        None if value is None else plain(term.field.type.kind, value) for term, value in zip(order, values, strict=True)
    ]
    text = msgspec.json.encode([_signature(table, order), *shown])
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def values_of(table: Table, order: Sequence[Order], token: str) -> Values:
    """Read a token. Raises `BadPageToken` for what is none, or is one of another order."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        signature, *shown = msgspec.json.decode(text, type=list[Any])
        if signature != _signature(table, order) or len(shown) != len(order):
            raise BadPageToken("this token belongs to a query with another order")
        return tuple([_value(table, term, value) for term, value in zip(order, shown, strict=True)])
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, DataError) as error:
        if isinstance(error, BadPageToken):
            raise
        raise BadPageToken("this is no token of a page") from error


def _value(table: Table, term: Order, shown: Any) -> Any:
    if shown is None:
        if not term.field.nullable:
            raise BadPageToken("this is no token of a page")
        return None
    rules = Rules(table.model.__name__, term.field.name, term.field.type, normalize=False)
    return rules.literal(of_plain(term.field.type.kind, shown))


def _signature(table: Table, order: Sequence[Order]) -> int:
    terms = [f"{term.field.column} {'desc' if term.descending else 'asc'}" for term in order]
    return zlib.crc32(f"{table.name}: {', '.join(terms)}".encode())
