"""A JSON document becomes a typed value, or all its mistakes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, final, get_args, get_origin
from uuid import UUID

import msgspec

from newel.contracts.validator import FieldError, InvalidInput, MalformedInput, ReadDocument, field_error
from newel.scalars import Shape, choices_of, shape_of
from newel_essentials.fields import Declared, fields_of, is_object
from newel_essentials.nodes import (
    Choice,
    Leaf,
    Many,
    Node,
    Nullable,
    Object,
    Row,
    Table,
    bases_of,
    decode_any,
    loose_anywhere,
    refused,
)

MAX_ERRORS: Final = 200
"""How many mistakes of one document are told. SECURITY: a document can hold as many as it has bytes."""

_NO_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are no document at all (checklist E43, E44)."""

_SCALARS: Final = frozenset(
    {str, int, float, bool, bytes, NoneType, Decimal, datetime, date, time, timedelta, UUID, Any}
)
_ARRAYS: Final = frozenset({list, set, frozenset, tuple, Sequence, MutableSequence, Collection, AbstractSet})
_TABLES: Final = frozenset({dict, Mapping, MutableMapping})


def document_reader(kind: Any) -> ReadDocument[Any]:
    """Compile the reading of one type: one decoding by msgspec, and a second look where the type needs it.

    Raises `TypeError` that says which field JSON cannot hold.
    """
    root = node_of(kind)
    loose = loose_anywhere(root)
    decode = msgspec.json.Decoder(kind).decode

    def read(body: bytes) -> Any:
        try:
            value = decode(body)
            if not loose or root.tidy(decode_any(body)):
                return value
            reason = None
        except (msgspec.ValidationError, InvalidInput) as error:
            reason = error
        except _NO_JSON as error:
            raise _malformed(error) from error
        raise InvalidInput(_mistakes(root, body, reason)) from reason

    return read


def _mistakes(root: Node, body: bytes, reason: Exception | None) -> Iterable[FieldError]:
    try:
        raw = msgspec.json.decode(body, type=msgspec.Raw)
        found = tuple(islice(root.mistakes(raw, ()), MAX_ERRORS))
    except _NO_JSON as error:
        raise _malformed(error) from error
    return found or _unexplained(reason)


def _malformed(error: Exception) -> MalformedInput:
    """Say what is no JSON (RFC 8259), is no UTF-8, or nests deeper than the decoder goes."""
    return MalformedInput("it nests too deeply" if isinstance(error, RecursionError) else str(error))


def _unexplained(reason: Exception | None) -> Iterable[FieldError]:
    """Tell a mistake that no part of the document has by itself: a key that stands there twice, once wrong."""
    if isinstance(reason, InvalidInput):
        return reason.errors
    if isinstance(reason, msgspec.ValidationError):
        return (refused(reason),)
    return (field_error((), "invalid"),)


def node_of(kind: Any) -> Node:
    """Return the node of a whole type. Raises `TypeError` that says which field JSON cannot hold."""
    nodes = _Nodes()
    root = nodes.make(kind)
    for found in nodes.objects.values():
        found.settle()
    return root


@final
class _Nodes:
    """Makes the nodes of a type, one for each class however often it is met."""

    def __init__(self) -> None:
        self.objects: Final[dict[Any, Object]] = {}

    def make(self, annotation: Any) -> Node:
        shape = shape_of(annotation)
        node = self._container(shape)
        if node is None:
            return self._leaf(annotation, shape)
        return Nullable(node) if shape.optional else node

    def _leaf(self, annotation: Any, shape: Shape) -> Node:
        for base in bases_of(shape):
            if base not in _SCALARS and choices_of(base) is None:
                msg = f"JSON cannot be read as {base!r}"
                raise TypeError(msg)
        return Leaf(annotation, shape)

    def _container(self, shape: Shape) -> Node | None:
        origin, arguments = get_origin(shape.base) or shape.base, get_args(shape.base)
        if is_object(shape.base):
            return self._object(shape.base)
        if origin is tuple and arguments and arguments[1:] != (...,):
            return Row([self.make(argument) for argument in arguments])
        if origin in _ARRAYS:
            return Many(self.make(arguments[0] if arguments else Any), shape)
        if origin in _TABLES:
            key, value = arguments or (Any, Any)
            return Table(key, self.make(value), shape)
        return self._choice(shape.base) if origin in {Union, UnionType} else None

    def _object(self, kind: Any) -> Object:
        if kind in self.objects:
            return self.objects[kind]
        cls = get_origin(kind) or kind
        config = getattr(cls, "__struct_config__", None)  # a dataclass has none
        found = Object(strict=config is not None and config.forbid_unknown_fields)
        self.objects[kind] = found
        fields = [(field, self._field(cls, field)) for field in fields_of(kind)]
        if config is not None and config.tag is not None:
            tag = Declared(config.tag_field, Literal[config.tag], has_default=True)
            fields.append((tag, self._field(cls, tag)))
        found.declare(fields, msgspec.json.Decoder(kind).decode if hasattr(cls, "__post_init__") else None)
        return found

    def _field(self, cls: type, field: Declared) -> Node:
        try:
            return self.make(field.annotation)
        except TypeError as error:
            msg = f"{cls.__qualname__}.{field.name}: {error}"
            raise TypeError(msg) from error

    def _choice(self, union: Any) -> Node | None:
        """Sort the members of a union by how they begin; msgspec has seen to it that they can be told apart."""
        nodes = {member: self._container(shape_of(member)) for member in get_args(union)}
        arrays = [node for node in nodes.values() if isinstance(node, Many | Row)]
        objects = [(member, node) for member, node in nodes.items() if isinstance(node, Object | Table)]
        if not arrays and not objects:
            return None
        configs = {member: shape_of(member).base.__struct_config__ for member, _ in objects if len(objects) > 1}
        tag = next((config.tag_field for config in configs.values()), None)
        by_tag = {configs[member].tag if configs else None: node for member, node in objects}
        return Choice(Leaf(union, Shape(union)), arrays[0] if arrays else None, by_tag, tag)
