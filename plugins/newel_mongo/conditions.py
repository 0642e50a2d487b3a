"""Conditions as MongoDB's filters: a tree becomes a function once, and makes a filter of the values of each query.

SECURITY: a value always stands behind an operator of ours (`{"$eq": value}`), so that no value is ever read as one.

What lies across a reference is first brought beside the document, under the name `beside(...)`; names that
begin with an underscore are never names of fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, final

from newel_data.schema import StoredField
from newel_data.tree import And, Compare, Condition, Null, Operator, Or, Target
from newel_mongo.codecs import Codec, codec_of, stored_name

Filter = dict[str, Any]
Values = Sequence[Any]
MakeFilter = Callable[[Values], Filter]


def everything(values: Values) -> Filter:
    """Return the filter that every document passes."""
    return {}


@final
class Conditions:
    """Turns the conditions of one tree into functions. `vias` are the references they look across, in order."""

    __slots__ = ("_slot", "vias")

    def __init__(self, first: int = 0) -> None:
        self._slot = first
        self.vias: Final[dict[StoredField, None]] = {}

    @property
    def count(self) -> int:
        """How many of the tree's values have been given to leaves."""
        return self._slot

    def make(self, condition: Condition | None) -> MakeFilter:
        """Return the function that makes the filter of a condition from the tree's values."""
        match condition:
            case None:
                return everything
            case And():
                return self._combined("$and", condition.items)
            case Or():
                return self._combined("$or", condition.items)
            case Null():
                path = self._path(condition.target)
                found: Filter = {path: {"$ne" if condition.negated else "$eq": None}}
                return lambda values: found
            case Compare():
                return self._compare(condition)
            case _:
                raise TypeError(f"no backend sees {condition!r}")

    def _combined(self, operator: str, items: Sequence[Condition]) -> MakeFilter:
        makes = [self.make(item) for item in items]
        return lambda values: {operator: [make(values) for make in makes]}

    def _compare(self, leaf: Compare) -> MakeFilter:
        slot, self._slot = self._slot, self._slot + 1
        path = self._path(leaf.target)
        if leaf.target.length:
            return _length(path, leaf.operator, slot)
        write, encode = _OPERATORS[leaf.operator], _encode(leaf)
        if encode is None:
            return lambda values: {path: write(values[slot])}
        return lambda values: {path: write(encode(values[slot]))}

    def _path(self, target: Target) -> str:
        name = stored_name(target.field)
        if target.via is None:
            return name
        self.vias[target.via] = None
        return f"{beside(target.via)}.{name}"


def beside(via: StoredField) -> str:
    """Return the name under which the document that a reference leads to is brought beside the one that refers."""
    return f"_via_{via.column}"


def _encode(leaf: Compare) -> Callable[[Any], Any] | None:
    type_ = leaf.target.field.type
    codec: Codec = codec_of(type_)
    if leaf.operator in {"has", "has_not"} and type_.element is not None:
        codec = codec_of(type_.element)
    encode = codec.encode
    if leaf.operator in {"in", "not_in"}:
        return list if encode is None else lambda values: [encode(value) for value in values]
    return encode


def _literal(text: str) -> str:
    """Write a text as a regular expression that matches it. Python's and PCRE's escapes are the same for these."""
    return re.escape(text)


_OPERATORS: Final[dict[Operator, Callable[[Any], Filter]]] = {
    "eq": lambda value: {"$eq": value},
    "ne": lambda value: {"$nin": [value, None]},
    "lt": lambda value: {"$lt": value},
    "le": lambda value: {"$lte": value},
    "gt": lambda value: {"$gt": value},
    "ge": lambda value: {"$gte": value},
    "in": lambda values: {"$in": values},
    "not_in": lambda values: {"$nin": [*values, None]},
    "prefix": lambda value: {"$regex": f"^{_literal(value)}"},
    "not_prefix": lambda value: {"$not": {"$regex": f"^{_literal(value)}"}, "$ne": None},
    "suffix": lambda value: {"$regex": rf"{_literal(value)}\z"},
    "not_suffix": lambda value: {"$not": {"$regex": rf"{_literal(value)}\z"}, "$ne": None},
    "contains": lambda value: {"$regex": _literal(value)},
    "not_contains": lambda value: {"$not": {"$regex": _literal(value)}, "$ne": None},
    "has": lambda value: {"$eq": value},
    "has_not": lambda value: {"$nin": [value, None]},
}
"""MongoDB compares within a type, so that `$lt` and its kin never match a null; where a negation would, null is named.
An equality on an array is of the whole or of one item; items are never arrays, so that each means what it should."""

_EXPRESSIONS: Final[dict[Operator, str]] = {
    "eq": "$eq", "ne": "$ne", "lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte", "in": "$in", "not_in": "$in",
}  # fmt: skip


def _length(path: str, operator: Operator, slot: int) -> MakeFilter:
    """Compare the number of a list's items; a null has none, and never matches."""
    size = {"$size": {"$ifNull": [f"${path}", []]}}
    name, negated = _EXPRESSIONS[operator], operator == "not_in"

    def make(values: Values) -> Filter:
        value = values[slot]
        expression: Any = {name: [size, list(value) if isinstance(value, tuple) else value]}
        return {path: {"$ne": None}, "$expr": {"$not": [expression]} if negated else expression}

    return make
