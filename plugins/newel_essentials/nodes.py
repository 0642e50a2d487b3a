"""The parts of a type, each of which can find the mistakes in its part of a JSON document.

msgspec checks and makes a document in one decoding. Two things are left to see to: dataclasses ignore keys that they
do not declare, and a few texts that msgspec takes are refused here (`NaN` as a decimal, a date and time without an
offset). `Node.tidy` looks for both, and is skipped where a type leaves no room for them.

msgspec stops at the first mistake. So a document that is refused is walked: `Node.mistakes` takes it apart level by
level, keeping each part as the bytes it was, and asks the decoder of that part. What the whole decoder refuses, the
decoder of some part refuses too, so both ways agree.
"""
# ruff: noqa: D102 (what the methods do is said once, by Node)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import GenericAlias, UnionType
from typing import Any, Final, Union, final, get_args, get_origin

import msgspec
from msgspec import Raw, ValidationError

from newel.contracts.validator import FieldError, InvalidInput, field_error
from newel.scalars import DECIMAL, Shape, broken_rule, mismatch_of, rules_of, shape_of
from newel_essentials.fields import Declared

Place = tuple[str | int, ...]

decode_any: Final = msgspec.json.Decoder().decode
_decode_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_items: Final = msgspec.json.Decoder(list[Raw]).decode


class Node:
    """One part of a type. Nodes refer to nodes, in a circle where a type is recursive."""

    __slots__ = ()

    loose: bool = False
    """Whether msgspec takes something as this very part that `tidy` refuses."""

    def parts(self) -> Iterable[Node]:
        """Return the nodes directly below."""
        return ()

    def tidy(self, value: Any) -> bool:
        """Tell whether a decoded document that msgspec takes holds nothing that is to be refused all the same."""
        raise NotImplementedError

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        """Find every mistake in this part of a document, and below."""
        raise NotImplementedError


def loose_anywhere(root: Node) -> bool:
    """Tell whether a node or any below is loose, so that `tidy` must look."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.loose:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            waiting += node.parts()
    return False


# --- scalars ----------------------------------------------------------------------------------------------------------


@final
class Leaf(Node):
    """A scalar, or whatever else is refused as one thing."""

    __slots__ = ("_bare", "_base", "_decode", "_rules", "_sound", "loose")

    def __init__(self, annotation: Any, shape: Shape) -> None:
        self._base = shape.base
        self._decode = msgspec.json.Decoder(annotation).decode
        self._bare = msgspec.json.Decoder(shape.base).decode
        self._rules = rules_of(shape.metas, shape.base)
        self._sound = _sound_of(shape)
        self.loose = self._sound is not None

    def tidy(self, value: Any) -> bool:
        return self._sound is None or not isinstance(value, str) or self._sound(value)

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        try:
            self._decode(raw)
        except ValidationError:
            yield self._explain(raw, place)
        else:
            if self.loose and not self._is_tidy(raw):
                yield self._mismatch(raw, place)

    def _is_tidy(self, raw: Raw) -> bool:
        try:
            return self.tidy(decode_any(raw))
        except ValidationError:  # a number that no float holds
            return False

    def _explain(self, raw: Raw, place: Place) -> FieldError:
        try:
            value = self._bare(raw)
        except ValidationError:
            return self._mismatch(raw, place)
        return broken_rule(self._rules, value, place) or self._mismatch(raw, place)

    def _mismatch(self, raw: Raw, place: Place) -> FieldError:
        code, parameters = mismatch_of(self._base)
        is_text = bytes(raw).startswith(b'"')
        return field_error(place, "type" if code == "format" and not is_text else code, **parameters)


def bases_of(shape: Shape) -> list[Any]:
    """Return the bare type, or those of a union's members."""
    members = get_args(shape.base) if get_origin(shape.base) in {Union, UnionType} else ()
    return [shape_of(member).base for member in members] or [shape.base]


def _sound_of(shape: Shape) -> Callable[[str], bool] | None:
    """Return the check of texts that a scalar needs; of a union's members one at most is written as text."""
    if any(meta.tz is not None for meta in shape.metas):
        return None
    return next((_SOUND[base] for base in bases_of(shape) if base in _SOUND), None)


def _has_offset(text: str) -> bool:
    return text[-1] in "Zz" or text[-6] in "+-"


_SOUND: Final[Mapping[Any, Callable[[str], bool]]] = {
    Decimal: lambda text: DECIMAL.fullmatch(text) is not None,
    datetime: _has_offset,
}
"""What a text must be beyond what msgspec asks. RFC 3339 has no date and time without an offset."""


@final
class Nullable(Node):
    """A part that may be null."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Node) -> None:
        self._inner = inner

    def parts(self) -> Iterable[Node]:
        return (self._inner,)

    def tidy(self, value: Any) -> bool:
        return value is None or self._inner.tidy(value)

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        return iter(()) if bytes(raw).strip() == b"null" else self._inner.mistakes(raw, place)


# --- objects ----------------------------------------------------------------------------------------------------------


@final
class Object(Node):
    """A dataclass or a struct: its fields, and nothing else."""

    __slots__ = ("_decode", "_fields", "_loose_fields", "_names", "_required", "loose")

    def __init__(self, *, strict: bool) -> None:
        """Say whether msgspec itself refuses undeclared keys."""
        self._decode: Callable[[Raw], Any] | None = None
        self._fields: dict[str, Node] = {}
        self._names: frozenset[str] = frozenset()
        self._required: frozenset[str] = frozenset()
        self._loose_fields: tuple[tuple[str, Node], ...] = ()
        self.loose = not strict

    def declare(self, fields: Sequence[tuple[Declared, Node]], decode: Callable[[Raw], Any] | None) -> None:
        """Take the fields, later than the object is made, because they may lead back to it.

        `decode` makes the whole, where a `__post_init__` may still refuse it.
        """
        self._fields = {field.name: node for field, node in fields}
        self._names = frozenset(self._fields)
        self._decode = decode
        self._required = frozenset(field.name for field, _ in fields if not field.has_default)

    def settle(self) -> None:
        """Note which fields `tidy` must look into, once every node below is there."""
        self._loose_fields = tuple((name, node) for name, node in self._fields.items() if loose_anywhere(node))

    def parts(self) -> Iterable[Node]:
        return self._fields.values()

    def tidy(self, value: Any) -> bool:
        if not self._names.issuperset(value):
            return False
        for name, node in self._loose_fields:  # noqa: SIM110 (PERF: mostly there are none)
            if name in value and not node.tidy(value[name]):
                return False
        return True

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        try:
            members = _decode_members(raw)
        except ValidationError:
            yield field_error(place, "type", expected="object")
            return
        well = True
        for mistake in self._mistakes_of(members, place):
            well = False
            yield mistake
        if well and self._decode is not None:
            yield from _refusal(self._decode, raw, place)

    def _mistakes_of(self, members: Mapping[str, Raw], place: Place) -> Iterator[FieldError]:
        for name, node in self._fields.items():
            if name in members:
                yield from node.mistakes(members[name], (*place, name))
            elif name in self._required:
                yield field_error((*place, name), "missing")
        for name in members:
            if name not in self._fields:
                yield field_error((*place, name), "unknown")


def _refusal(decode: Callable[[Raw], Any], raw: Raw, place: Place) -> Iterator[FieldError]:
    """Make the value, to hear what its `__post_init__` says."""
    try:
        decode(raw)
    except InvalidInput as invalid:
        yield from invalid.within(place).errors
    except ValidationError as error:
        yield refused(error, place)


def refused(error: ValidationError, place: Place = ()) -> FieldError:
    """Return what to say where every part is well and the whole is not: a `__post_init__` raised.

    SECURITY: the text of its `ValueError` is meant for people; that of a `TypeError` is not.
    """
    cause = error.__cause__
    return field_error(place, "invalid", str(cause) if isinstance(cause, ValueError) else "")


@final
class Table(Node):
    """A dict: keys of one type, values of one type."""

    __slots__ = ("_key", "_keys", "_rules", "_value")

    def __init__(self, key: Any, value: Node, shape: Shape) -> None:
        self._key = shape_of(key)
        self._keys = None if key in {str, Any} else GenericAlias(dict, (key, Any))
        self._value = value
        self._rules = rules_of(shape.metas, dict)

    def parts(self) -> Iterable[Node]:
        return (self._value,)

    def tidy(self, value: Any) -> bool:
        return all(map(self._value.tidy, value.values()))

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        try:
            members = _decode_members(raw)
        except ValidationError:
            yield field_error(place, "type", expected="object")
            return
        if error := broken_rule(self._rules, members, place):
            yield error
        for name, member in members.items():
            if not self._is_key(name):
                code, parameters = mismatch_of(self._key.base)
                yield field_error((*place, name), code, **parameters)
            yield from self._value.mistakes(member, (*place, name))

    def _is_key(self, name: str) -> bool:
        try:
            return self._keys is None or bool(msgspec.convert({name: None}, self._keys, str_keys=True))
        except ValidationError:
            return False


# --- lists ------------------------------------------------------------------------------------------------------------


@final
class Many(Node):
    """A list, set or tuple of any length: items of one type."""

    __slots__ = ("_item", "_rules")

    def __init__(self, item: Node, shape: Shape) -> None:
        self._item = item
        self._rules = rules_of(shape.metas, list)

    def parts(self) -> Iterable[Node]:
        return (self._item,)

    def tidy(self, value: Any) -> bool:
        return all(map(self._item.tidy, value))

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        try:
            items = _decode_items(raw)
        except ValidationError:
            yield field_error(place, "type", expected="list")
            return
        if error := broken_rule(self._rules, items, place):
            yield error
        for number, item in enumerate(items):
            yield from self._item.mistakes(item, (*place, number))


@final
class Row(Node):
    """A tuple of a known length: each item of its own type."""

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[Node]) -> None:
        self._items = items

    def parts(self) -> Iterable[Node]:
        return self._items

    def tidy(self, value: Any) -> bool:
        return all(node.tidy(item) for node, item in zip(self._items, value, strict=True))

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        try:
            items = _decode_items(raw)
        except ValidationError:
            yield field_error(place, "type", expected="list")
            return
        if len(items) != len(self._items):
            code = "too_short" if len(items) < len(self._items) else "too_long"
            yield field_error(place, code, limit=len(self._items), unit="items")
        for number, (node, item) in enumerate(zip(self._items, items, strict=False)):
            yield from node.mistakes(item, (*place, number))


# --- one of several ---------------------------------------------------------------------------------------------------


@final
class Choice(Node):
    """One of several parts that begin differently: an object (told apart by their tags), a list, or a scalar."""

    __slots__ = ("_array", "_objects", "_scalar", "_tag")

    def __init__(
        self, scalar: Node, array: Node | None, objects: Mapping[str | int | None, Node], tag: str | None
    ) -> None:
        """Without a tag there is one kind of object, under None."""
        self._scalar = scalar
        self._array = array
        self._objects = objects
        self._tag = tag

    def parts(self) -> Iterable[Node]:
        return (self._scalar, *((self._array,) if self._array else ()), *self._objects.values())

    def tidy(self, value: Any) -> bool:
        if isinstance(value, list) and self._array is not None:
            return self._array.tidy(value)
        if isinstance(value, dict) and self._objects:
            return self._objects[value[self._tag] if self._tag else None].tidy(value)
        return self._scalar.tidy(value)

    def mistakes(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        first = bytes(raw)[:1]
        if first == b"[" and self._array is not None:
            return self._array.mistakes(raw, place)
        if first == b"{" and self._objects:
            return self._mistakes_of_object(raw, place)
        return self._scalar.mistakes(raw, place)

    def _mistakes_of_object(self, raw: Raw, place: Place) -> Iterator[FieldError]:
        if self._tag is None:
            yield from self._objects[None].mistakes(raw, place)
            return
        members = _decode_members(raw)
        if self._tag not in members:
            yield field_error((*place, self._tag), "missing")
        elif (found := self._objects.get(_tag_of(members[self._tag]))) is None:
            yield field_error((*place, self._tag), "choice", choices=tuple(self._objects))
        else:
            yield from found.mistakes(raw, place)


def _tag_of(raw: Raw) -> str | int | None:
    try:
        tag = decode_any(raw)
    except ValidationError:
        return None
    return tag if type(tag) in {str, int} else None
