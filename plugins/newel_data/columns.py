"""Columns: what a field is on the class, where queries are written: `Notice.title == "x"`, `Notice.posted.desc()`.

A literal is checked and normalised when the comparison is written, so that nothing of a wrong type reaches a backend.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar, final, overload

import msgspec

from newel_data import refusals
from newel_data.errors import NotPortable, WrongType
from newel_data.refusals import refuse
from newel_data.schema import StoredField, Type
from newel_data.tree import (
    NEVER,
    Bucket,
    ChangeOperator,
    Compare,
    Condition,
    Group,
    Operator,
    Order,
    Target,
    compare,
    null,
)
from newel_data.values import Rules, as_utc, fold

T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E")

MAX_IN: Final = 10_000
"""The most values of one `in_`."""

MAX_PART: Final = 8_000
"""The most characters of a text that is looked for inside another: MongoDB's patterns end at 32 764 bytes."""

_ORDERED: Final = frozenset({"lt", "le", "gt", "ge"})


@final
class Arithmetic(msgspec.Struct, frozen=True, eq=False):
    """What `Notice.views + 1` makes: a change for `update(views=...)`, computed by the database."""

    model: type[Any]
    source: StoredField
    operator: ChangeOperator
    value: Any


@final
class Bucketed(msgspec.Struct, frozen=True, eq=False):
    """What `Notice.posted.by_month()` makes: a group for `group_by`."""

    column: Column[Any]
    bucket: Bucket


@final
class Column(Generic[T_co]):
    """A field as queries see it. Made by the model's declaration, never by hand.

    NOTE: the type is covariant, so that a `Column[str]` stands where a `Column[str | None]` is asked for; the
    comparisons take a `T_co` nevertheless, because that is what catches `Notice.title == 5`.
    """

    __slots__ = ("_items", "_length", "_rules", "_same", "field", "folded", "model", "target")

    def __init__(
        self,
        model: type[Any],
        rules: Rules,
        target: Target,
        folded: Target | None = None,
    ) -> None:
        self.model: Final = model
        self.target: Final = target
        self.field: Final = target.field
        self.folded: Final = folded and folded.field
        self._rules: Final = rules
        self._same: Final = folded or target
        self._items: Rules | None = None
        self._length: Column[int] | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            refuse(repr(self), name, refusals.COLUMN, Column)

    def __repr__(self) -> str:
        via = f"{self.target.via.name}." if self.target.via is not None else ""
        return f"{self.model.__name__}.{via}{self.field.name}"

    __hash__ = object.__hash__

    # --- comparing

    def __eq__(self, other: T_co) -> Condition:  # type: ignore[override, misc]  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleMethodOverride]
        return self._compare("eq", other)

    def __ne__(self, other: T_co) -> Condition:  # type: ignore[override, misc]  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleMethodOverride]
        return self._compare("ne", other)

    def __lt__(self, other: T_co) -> Condition:  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
        return self._compare("lt", other)

    def __le__(self, other: T_co) -> Condition:  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
        return self._compare("le", other)

    def __gt__(self, other: T_co) -> Condition:  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
        return self._compare("gt", other)

    def __ge__(self, other: T_co) -> Condition:  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
        return self._compare("ge", other)

    def in_(self, values: Iterable[T_co]) -> Condition:
        """Match where the value is one of those given. Of none, nothing."""
        if isinstance(values, (str, bytes)):
            raise WrongType(self.model.__name__, self.field.name, "type", "in_() takes several values, not one text")
        leaves = [self._compare("eq", value) for value in values]
        found = dict.fromkeys(leaf.value for leaf in leaves if isinstance(leaf, Compare) and leaf.operator == "eq")
        if len(found) > MAX_IN:
            raise NotPortable(f"in_() of {len(found)} values", "servers limit a statement", "ask in several queries")
        if not found and leaves:  # times that are finer than any that is stored
            return self._impossible()
        return compare(self._same, "in", tuple(found)) if found else NEVER

    def is_null(self) -> Condition:
        """Match where there is no value. The one test of it; `~column.is_null()` is its opposite."""
        return null(self.target)

    @overload
    def contains(self: Column[str | None], value: str) -> Condition: ...
    @overload
    def contains(self: Column[list[E] | None], value: E) -> Condition: ...
    def contains(self, value: Any) -> Condition:
        """Match a text that holds another (literally, case-sensitive), or a list with an item equal to the value."""
        if self.field.type.kind == "list":
            return self._has(value)
        return self._text("contains", value)

    def prefix(self: Column[str | None], value: str) -> Condition:
        """Match a text that begins with another, literally and case-sensitive."""
        return self._text("prefix", value)

    def suffix(self: Column[str | None], value: str) -> Condition:
        """Match a text that ends with another, literally and case-sensitive."""
        return self._text("suffix", value)

    def length(self: Column[list[Any] | None]) -> Column[int]:
        """The number of items of a list, to be compared."""
        if self.field.type.kind != "list":
            self._refuse("length()", "texts are measured differently by each server", "store the length in a field")
        if self._length is None:
            rules = Rules(self._rules.model, self._rules.field, Type(kind="int"))
            self._length = Column(self.model, rules, Target(self.field, self.target.via, length=True))
        return self._length

    # --- order, groups, changes

    def asc(self) -> Order:
        """Order by this, smallest first; nulls before everything."""
        return Order(self._ordering())

    def desc(self) -> Order:
        """Order by this, greatest first; nulls after everything."""
        return Order(self._ordering(), descending=True)

    def by_day(self: Column[Any]) -> Bucketed:
        """Group by the day in UTC."""
        return self._bucket("day")

    def by_month(self: Column[Any]) -> Bucketed:
        """Group by the month in UTC; the value is its first day."""
        return self._bucket("month")

    def by_year(self: Column[Any]) -> Bucketed:
        """Group by the year in UTC; the value is its first day."""
        return self._bucket("year")

    def __add__(self: Column[float | None], other: float) -> Arithmetic:
        return self._arithmetic("add", other)

    def __sub__(self: Column[float | None], other: float) -> Arithmetic:
        return self._arithmetic("subtract", other)

    def __mul__(self: Column[float | None], other: float) -> Arithmetic:
        return self._arithmetic("multiply", other)

    def own(self, what: str) -> None:
        """Refuse to look across a reference for this. Raises `NotPortable`."""
        if self.target.via is not None:
            self._refuse(f"{what} across a reference", "not every backend joins", "store the value in the model itself")

    def group(self) -> Group:
        """Return the group of this column's own values."""
        self.own("grouping")
        if self.field.type.kind in {"list", "json"}:
            self._refuse("grouping by a list or JSON", "servers compare them differently", "store it in a field")
        return Group(self.field)

    # --- inner parts

    def _compare(self, operator: Operator, value: Any) -> Condition:
        kind = self.field.type.kind
        if value is None:
            raise WrongType(
                self.model.__name__, self.field.name, "type", "is compared with None: ask .is_null(), or ~ .is_null()"
            )
        if kind == "json":
            self._refuse("a comparison of JSON", "paths and equality differ everywhere", "store what you ask for apart")
        if operator in _ORDERED and kind == "list" and not self.target.length:
            self._refuse("ordering lists", "servers order them differently", "store what you order by in a field")
        if kind == "datetime":
            return self._compare_datetime(operator, value)
        literal = self._rules.literal(value)
        return compare(self._same, operator, literal if self.folded is None else fold(literal))

    def _compare_datetime(self, operator: Operator, value: Any) -> Condition:
        """Compare with a literal that may be finer than a millisecond, so that the answer stays true."""
        exact: datetime = as_utc(self._rules, value)
        rest = exact.microsecond % 1000
        if not rest:
            return compare(self.target, operator, exact)
        if operator in {"eq", "ne"}:
            return self._impossible() if operator == "eq" else ~self._impossible()
        before = exact.replace(microsecond=exact.microsecond - rest)
        return compare(self.target, "le" if operator in {"lt", "le"} else "gt", before)

    def _impossible(self) -> Condition:
        """Match nothing, and negated what is not null: as a comparison with a time that cannot be stored does."""
        return compare(self.target, "lt", datetime.min.replace(tzinfo=UTC))

    def _has(self, value: Any) -> Condition:
        if self._items is None:
            self._items = self._rules.item()
        if isinstance(value, datetime) and value.microsecond % 1000:
            return compare(Target(self.field, self.target.via, length=True), "lt", 0)
        return compare(self.target, "has", self._items.literal(value))

    def _text(self, operator: Operator, value: Any) -> Condition:
        if self.field.type.kind != "str" or self._rules.enum is not None:
            self._refuse(f"{operator}()", f"{self!r} is no text", "compare it whole")
        literal = self._rules.literal(value)
        if len(literal) > MAX_PART:
            self._rules.refuse("too_long", f"is searched for {MAX_PART} characters at most, not {len(literal)}")
        return compare(self.target, operator, literal) if literal else compare(self.target, "ge", "")

    def _ordering(self) -> StoredField:
        self.own("ordering")
        field, kind = self.folded or self.field, self.field.type.kind
        if kind in {"list", "json"} or self.target.length:
            self._refuse("ordering by a list or JSON", "servers order them differently", "order by a field of its own")
        if kind == "str" and field.type.max_length is None:
            self._refuse("ordering by a text without a limit", "servers limit what they sort", "declare its max_length")
        return field

    def _bucket(self, bucket: Bucket) -> Bucketed:
        self.own("grouping")
        if self.field.type.kind not in {"datetime", "date"}:
            self._refuse(f"by_{bucket}()", f"{self!r} is neither datetime nor date", "group by the value itself")
        return Bucketed(self, bucket)

    def _arithmetic(self, operator: ChangeOperator, value: Any) -> Arithmetic:
        self.own("arithmetic")
        if self.field.type.kind not in {"int", "float"} or self.field.role != "plain" or self._rules.enum is not None:
            self._refuse("arithmetic on it", "only int and float fields are exact everywhere", "load, compute and save")
        return Arithmetic(self.model, self.field, operator, self._rules.literal(value))

    def _refuse(self, feature: str, reason: str, instead: str) -> NoReturn:
        raise NotPortable(f"{self!r}: {feature}", reason, instead)
