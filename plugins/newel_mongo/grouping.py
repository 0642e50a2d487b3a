"""Groups and measures: the `$group` stage of an aggregate, and rows of what comes back.

Sums are exact. MongoDB sums 64 bit integers into a double where they overflow, and decimals to 34 digits; so integers
are summed as decimals, and long decimals in two parts of 17 digits, which are put together here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, final

from bson.decimal128 import Decimal128

from newel_data.encoding import EXACT
from newel_data.port import Row
from newel_data.schema import Type
from newel_data.tree import Aggregate, Group, Measure
from newel_mongo.codecs import KEY, Document, codec_of, decimal_of, stored_name

_PART: Final = 17
_SUMMED_WHOLE: Final = 24
"""Up to so many digits, ten thousand million decimals are summed exactly in one sum."""

Decode = Callable[[Any], Any]


@final
class Grouping:
    """The stage of an aggregate, and how its documents are read."""

    __slots__ = ("_groups", "_measures", "_without_groups", "stage")

    def __init__(self, tree: Aggregate) -> None:
        key = {f"g{number}": _group(group) for number, group in enumerate(tree.groups)}
        stage: Document = {KEY: key or None}
        self._groups: Final = [(f"g{number}", _group_decoder(group)) for number, group in enumerate(tree.groups)]
        self._measures: Final[list[Callable[[Document], Any]]] = []
        for number, measure in enumerate(tree.measures):
            accumulators, read = _measure(measure, f"m{number}")
            stage |= accumulators
            self._measures.append(read)
        self.stage: Final[Document] = {"$group": stage}
        self._without_groups: Final = not tree.groups

    def rows(self, documents: Iterable[Document]) -> Sequence[Row]:
        """Return one row for each group; without groups one, even of no documents."""
        found = [self._row(document) for document in documents]
        if self._without_groups and not found:
            return [self._row({})]
        return found

    def _row(self, document: Document) -> Row:
        key = document.get(KEY) or {}
        groups = [None if (value := key[name]) is None else decode(value) for name, decode in self._groups]
        return (*groups, *[read(document) for read in self._measures])


def _as_it_is(value: Any) -> Any:
    return value


# --- groups


def _group(group: Group) -> Document:
    """Return the expression of a group; what is missing is null, and one group with it."""
    path = f"${stored_name(group.field)}"
    if group.bucket is None:
        return {"$ifNull": [path, None]}
    return {"$dateTrunc": {"date": path, "unit": group.bucket}}


def _group_decoder(group: Group) -> Decode:
    return datetime.date if group.bucket is not None else codec_of(group.field.type).decode or _as_it_is


# --- measures


def _measure(measure: Measure, name: str) -> tuple[Document, Callable[[Document], Any]]:
    """Return the accumulators of a measure, and what reads its value from a document of the result."""
    if measure.field is None:
        return {name: {"$sum": 1}}, lambda document: int(document.get(name, 0))
    path = f"${stored_name(measure.field)}"
    if measure.function == "count":
        # In expressions null and missing are below every value.
        return {name: {"$sum": {"$cond": [{"$gt": [path, None]}, 1, 0]}}}, lambda document: int(document.get(name, 0))
    if measure.function == "sum":
        return _sum(measure.field.type, path, name)
    return {name: {f"${measure.function}": path}}, _reading(name, codec_of(measure.field.type).decode or _as_it_is)


def _reading(name: str, decode: Decode) -> Callable[[Document], Any]:
    return lambda document: None if (value := document.get(name)) is None else decode(value)


def _sum(type_: Type, path: str, name: str) -> tuple[Document, Callable[[Document], Any]]:
    if type_.kind == "float":
        return {name: {"$sum": path}}, lambda document: document.get(name)
    if type_.kind == "int":
        return {name: {"$sum": {"$toDecimal": path}}}, lambda document: int(_decimal(document.get(name)))
    if type_.precision <= _SUMMED_WHOLE:
        return {name: {"$sum": path}}, lambda document: _decimal(document.get(name))
    return _sum_of_parts(type_, path, name)


def _sum_of_parts(type_: Type, path: str, name: str) -> tuple[Document, Callable[[Document], Any]]:
    """Sum the leading digits and the others apart."""
    leading, rest = f"{name}_leading", f"{name}_rest"
    upper = {"$trunc": [path, type_.scale - _PART]}
    accumulators = {leading: {"$sum": upper}, rest: {"$sum": {"$subtract": [path, upper]}}}
    return accumulators, lambda document: EXACT.add(_decimal(document.get(leading)), _decimal(document.get(rest)))


def _decimal(value: Any) -> Decimal:
    """Return a sum; that of nothing is an integer 0, or is not there."""
    return decimal_of(value) if isinstance(value, Decimal128) else Decimal(value or 0)
