"""One text becomes one typed value: query parameters, and the fields of forms.

`reader_for(annotation, timezone)` looks at a type once and returns a function of the texts that were sent under one
name. It follows the rules of forms that `newel.contracts.validator` tells: text is stripped, an empty text is None or
not sent, the last of several texts counts unless the type is a list. Bounds written as
`Annotated[int, msgspec.Meta(ge=1)]` are kept.

Reading is stricter than Python's own: no `1_000`, no digits of other scripts, no `nan` and no infinity, and dates only
as HTML's inputs and RFC 3339 write them.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NewType, Union, final, get_args, get_origin
from uuid import UUID

import msgspec

from newel.contracts.validator import FieldError, InvalidInput, field_error
from newel.patterns import pattern

ReadTexts = Callable[[Sequence[Any]], Any]
"""Reads all that was sent under one name. Raises `InvalidInput`."""

ReadText = Callable[[str], Any]
"""Reads one text, stripped and not empty, its line ends LF. Raises `ValueError` where it does not read as the type."""

REQUIRED: Final = msgspec.NODEFAULT

_UNREADABLE: Final = (
    ValueError,
    msgspec.ValidationError,  # which is no ValueError in every release
    AttributeError,  # a file has no `strip`, where text is asked for
)

DECIMAL: Final = pattern(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
"""How a decimal may be written. SECURITY: a longer exponent would make a number whose digits fill the memory."""

COLLECTIONS: Final[Mapping[Any, Callable[[list[Any]], Any]]] = {
    list: lambda items: items,
    set: set,
    frozenset: frozenset,
    tuple: tuple,
}
"""Types that take each of several texts, and how a list becomes one."""


# --- what an annotation says ------------------------------------------------------------------------------------------


@final
class Shape(msgspec.Struct, frozen=True):
    """An annotation without its wrapping: the bare type, its constraints, and whether None is allowed."""

    base: Any
    metas: tuple[msgspec.Meta, ...] = ()
    optional: bool = False


def shape_of(annotation: Any) -> Shape:
    """Take `Annotated`, `X | None`, `NewType` and type aliases off an annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner = shape_of(annotation.__origin__)
        metas = tuple(meta for meta in annotation.__metadata__ if isinstance(meta, msgspec.Meta))
        return Shape(inner.base, inner.metas + metas, inner.optional)
    if origin in {Union, UnionType, Literal}:
        return _shape_of_choice(annotation, origin)
    if isinstance(annotation, NewType):
        return shape_of(annotation.__supertype__)
    if hasattr(annotation, "__value__"):  # `type Name = ...`, CPython 3.12 and later
        return shape_of(annotation.__value__)
    return Shape(annotation)


def _shape_of_choice(annotation: Any, origin: Any) -> Shape:
    members = get_args(annotation)
    kept = tuple(member for member in members if member is not None and member is not NoneType)
    optional = len(kept) < len(members)
    if origin is Literal:
        return Shape(Literal[kept] if kept else NoneType, (), optional)
    if len(kept) != 1:
        return Shape(Union[kept], (), optional)  # noqa: UP007 (the members are values here)
    inner = shape_of(kept[0])
    return Shape(inner.base, inner.metas, inner.optional or optional)


def choices_of(base: Any) -> dict[str, Any] | None:
    """Return what each text stands for in an `Enum` or a `Literal`; None for any other type."""
    if get_origin(base) is Literal:
        return {str(value): value for value in get_args(base)}
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return {str(member.value): member for member in base}
    return None


def mismatch_of(base: Any) -> tuple[str, dict[str, Any]]:
    """Return the code and parameters of the mistake that a value is not of a type at all."""
    if choices_of(base) is not None:
        values = get_args(base) or tuple(member.value for member in base)
        return "choice", {"choices": values}
    code, expected = _MISMATCHES.get(get_origin(base) or base, ("type", ""))
    return code, {"expected": expected} if expected else {}


_MISMATCHES: Final[Mapping[Any, tuple[str, str]]] = {
    str: ("type", "text"),
    int: ("type", "integer"),
    float: ("type", "number"),
    bool: ("type", "boolean"),
    NoneType: ("type", "null"),
    Decimal: ("format", "decimal"),
    datetime: ("format", "datetime"),
    date: ("format", "date"),
    time: ("format", "time"),
    timedelta: ("format", "duration"),
    UUID: ("format", "uuid"),
    bytes: ("format", "base64"),
    list: ("type", "list"),
    set: ("type", "list"),
    frozenset: ("type", "list"),
    tuple: ("type", "list"),
    dict: ("type", "object"),
}


# --- constraints ------------------------------------------------------------------------------------------------------


@final
class Rule(msgspec.Struct, frozen=True):
    """One constraint: when it is broken, and what is said then."""

    broken: Callable[[Any], bool]
    code: str
    parameters: Mapping[str, Any]


def rules_of(metas: Iterable[msgspec.Meta], base: Any) -> tuple[Rule, ...]:
    """Return the constraints of `msgspec.Meta` as rules. Raises `TypeError` for bounds on what is no int or float."""
    unit = {str: "characters", bytes: "bytes"}.get(base, "items")
    rules: list[Rule] = []
    for meta in metas:
        _refuse_bounds(meta, base)
        rules += (rule for rule in _rules(meta, unit) if rule is not None)
    return tuple(rules)


def _refuse_bounds(meta: msgspec.Meta, base: Any) -> None:
    bounds = [name for name in ("gt", "ge", "lt", "le", "multiple_of") if getattr(meta, name) is not None]
    if bounds and base not in {int, float}:
        named = getattr(base, "__name__", base)
        msg = f"msgspec.Meta({bounds[0]}=...) is for int and float, found {named}; check it in `__post_init__`"
        raise TypeError(msg)


def _rules(meta: msgspec.Meta, unit: str) -> Iterable[Rule | None]:
    yield _rule(meta.min_length, lambda limit: lambda value: len(value) < limit, "too_short", "limit", unit=unit)
    yield _rule(meta.max_length, lambda limit: lambda value: len(value) > limit, "too_long", "limit", unit=unit)
    yield _rule(meta.pattern, _unmatched, "pattern", "pattern")
    yield _rule(meta.ge, lambda limit: lambda value: value < limit, "too_small", "limit", exclusive=False)
    yield _rule(meta.gt, lambda limit: lambda value: value <= limit, "too_small", "limit", exclusive=True)
    yield _rule(meta.le, lambda limit: lambda value: value > limit, "too_large", "limit", exclusive=False)
    yield _rule(meta.lt, lambda limit: lambda value: value >= limit, "too_large", "limit", exclusive=True)
    yield _rule(meta.multiple_of, lambda step: lambda value: value % step != 0, "multiple_of", "step")


def _rule(
    bound: Any, breaking: Callable[[Any], Callable[[Any], bool]], code: str, parameter: str, **others: Any
) -> Rule | None:
    return None if bound is None else Rule(breaking(bound), code, {parameter: bound, **others})


def _unmatched(text: str) -> Callable[[Any], bool]:
    search = re.compile(text).search
    return lambda value: search(value) is None


def broken_rule(rules: Iterable[Rule], value: Any, place: tuple[str | int, ...]) -> FieldError | None:
    """Return the error of the first rule that a value breaks, or None."""
    for rule in rules:
        if rule.broken(value):
            return field_error(place, rule.code, **rule.parameters)
    return None


# --- one text ---------------------------------------------------------------------------------------------------------


def text_reader(shape: Shape, timezone: tzinfo) -> ReadText | None:
    """Return what reads one text as a scalar type; None for what is no scalar."""
    if shape.base is datetime:
        return _read_datetime(None if any(meta.tz is False for meta in shape.metas) else timezone)
    choices = choices_of(shape.base)
    if choices is not None:
        return _read_choice(choices)
    return _READERS.get(shape.base) if isinstance(shape.base, type) else None


def _read_choice(choices: Mapping[str, Any]) -> ReadText:
    def read(text: str) -> Any:
        try:
            return choices[text]
        except KeyError:
            raise ValueError(text) from None

    return read


def _read_int(text: str) -> int:
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return int(text)


def _read_float(text: str) -> float:
    if "_" in text or not text.isascii() or not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


def _read_decimal(text: str) -> Decimal:
    if DECIMAL.fullmatch(text) is None:
        raise ValueError(text)
    return Decimal(text)


_BOOLEANS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("on", "true", "1", "yes"), True),
    **dict.fromkeys(("off", "false", "0", "no"), False),
}


def _read_bool(text: str) -> bool:
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise ValueError(text)
    return value


def _read_datetime(timezone: tzinfo | None) -> ReadText:
    """Read RFC 3339 or HTML's `datetime-local`, which has no offset: it is then in the application's timezone.

    Without a timezone (`Meta(tz=False)`) there must be no offset. NOTE: of a time that the clocks pass twice the first
    is taken; one that they skip is kept as written (PEP 495).
    """

    def read(text: str) -> datetime:
        if text[7:8] != "-" or text[10:11] not in {"T", "t", " "} or text[13:14] != ":":
            raise ValueError(text)
        value = datetime.fromisoformat(text)
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone)
        if timezone is None:
            raise ValueError(text)
        return value

    return read


def _read_date(text: str) -> date:
    if len(text) != 10 or text[7] != "-":
        raise ValueError(text)
    return date.fromisoformat(text)


def _read_time(text: str) -> time:
    if text[2:3] != ":":
        raise ValueError(text)
    return time.fromisoformat(text)


_READERS: Final[Mapping[type, ReadText]] = {
    str: str,
    int: _read_int,
    float: _read_float,
    bool: _read_bool,
    Decimal: _read_decimal,
    date: _read_date,
    time: _read_time,
    timedelta: lambda text: msgspec.convert(text, timedelta),
    UUID: lambda text: msgspec.convert(text, UUID),
}


# --- all that was sent under one name ---------------------------------------------------------------------------------


def is_scalar(annotation: Any) -> bool:
    """Tell whether `reader_for` reads an annotation: a scalar, `X | None`, or a list of scalars."""
    shape = shape_of(annotation)
    item = item_of(shape.base)
    return text_reader(shape if item is None else shape_of(item), UTC) is not None


def item_of(base: Any) -> Any:
    """Return the item's annotation of `list[X]`, `set[X]`, `frozenset[X]` or `tuple[X, ...]`; None for other types."""
    origin, arguments = get_origin(base), get_args(base)
    if origin not in COLLECTIONS or (origin is tuple and arguments[1:] != (...,)):
        return None
    return arguments[0]


def reader_for(
    annotation: Any, timezone: tzinfo, *, place: tuple[str | int, ...] = (), default: Any = REQUIRED
) -> ReadTexts:
    """Compile the reading of one name's texts. `default` is returned where nothing, or only empty text, was sent.

    A list without a default is then empty; anything else is `missing`. The errors stand at `place`. Raises `TypeError`
    for a type that is no scalar, nor a list of scalars.
    """
    read = found_by(annotation, timezone, place=place, default=default)

    def read_texts(sent: Sequence[Any]) -> Any:
        value = read(sent)
        if type(value) is FieldError:
            raise InvalidInput((value,))
        return value

    return read_texts


def found_by(
    annotation: Any, timezone: tzinfo, *, place: tuple[str | int, ...] = (), default: Any = REQUIRED
) -> ReadTexts:
    """Compile what `reader_for` compiles, but a single mistake is returned as a `FieldError` and not raised.

    PERF: for who reads many names and collects their mistakes; a list's mistakes are several, and raised.
    """
    shape = shape_of(annotation)
    item = item_of(shape.base)
    one = shape if item is None else shape_of(item)
    read = text_reader(one, timezone)
    if read is None:
        msg = f"one text cannot be read as {annotation!r}"
        raise TypeError(msg)
    if item is None:
        return _last_of(read, one, place, default)
    return each_of(_last_of(read, one, (), msgspec.UNSET), shape, place, default)


def _last_of(read: ReadText, shape: Shape, place: tuple[str | int, ...], default: Any) -> ReadTexts:
    """Read the last text that was sent. PERF: one closure, so that a request pays three calls for a value."""
    optional = shape.optional
    checked = _checking(shape, place)
    missing = field_error(place, "missing")
    code, parameters = mismatch_of(shape.base)
    unread = field_error(place, code, **parameters)

    def read_last(sent: Sequence[Any]) -> Any:
        if sent:
            try:
                text = sent[-1].strip()
                if text:
                    value = read(_with_lf(text) if "\r" in text else text)
                    return value if checked is None else checked(value)
            except _UNREADABLE:
                return unread
            if optional:
                return None
        return missing if default is REQUIRED else default

    return read_last


def _with_lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _checking(shape: Shape, place: tuple[str | int, ...]) -> Callable[[Any], Any] | None:
    """Return what gives a value back, or the error of the first constraint it breaks; None where nothing is asked.

    PERF: the errors are made before, and a lower and an upper bound cost one call together.
    """
    rules = rules_of(shape.metas, shape.base)
    checks = tuple((rule.broken, field_error(place, rule.code, **rule.parameters)) for rule in rules)

    def checked(value: Any) -> Any:
        for broken, error in checks:
            if broken(value):
                return error
        return value

    match [(rule.code, rule.parameters) for rule in rules]:
        case []:
            return None
        case [("too_short", {"limit": low}), ("too_long", {"limit": high})]:
            return lambda value: value if low <= len(value) <= high else checked(value)
        case [("too_small", {"limit": low, "exclusive": False}), ("too_large", {"limit": high, "exclusive": False})]:
            return lambda value: value if low <= value <= high else checked(value)
        case _:
            return checked


def each_of(read_one: ReadTexts, shape: Shape, place: tuple[str | int, ...], default: Any) -> ReadTexts:
    """Read every value that was sent under a name, without the empty ones, by a reader whose default is `UNSET`."""
    collect = COLLECTIONS[get_origin(shape.base)]
    rules = rules_of(shape.metas, shape.base)

    def read_each(sent: Sequence[Any]) -> Any:
        items = _items(read_one, sent, place)
        if not items and default is not REQUIRED:
            return default
        if not items and shape.optional:
            return None
        error = broken_rule(rules, items, place)
        if error is not None:
            raise InvalidInput((error,))
        return collect(items)

    return read_each


def _items(read_one: ReadTexts, sent: Sequence[Any], place: tuple[str | int, ...]) -> list[Any]:
    items: list[Any] = []
    errors: list[FieldError] = []
    for number, value in enumerate(sent):
        item = read_one((value,))
        if type(item) is FieldError:
            errors += InvalidInput((item,)).within((*place, number)).errors
        elif item is not msgspec.UNSET and item is not None:
            items.append(item)
    if errors:
        raise InvalidInput(errors)
    return items
