"""What a dataclass or a msgspec struct declares: the names that may be sent, and the type of each."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, Final, TypeVar, final, get_args, get_origin

import msgspec

REQUIRED: Final = msgspec.NODEFAULT


@final
class Declared(msgspec.Struct, frozen=True):
    """One field: the name it is sent under, its annotation, and whether it may be left out."""

    name: str
    annotation: Any
    has_default: bool


def is_object(kind: Any) -> bool:
    """Tell whether a type is a dataclass or a struct that is written as an object, or a generic one with arguments."""
    cls = get_origin(kind) or kind
    if not isinstance(cls, type):
        return False
    return dataclasses.is_dataclass(cls) or (issubclass(cls, msgspec.Struct) and not cls.__struct_config__.array_like)


def fields_of(kind: Any) -> tuple[Declared, ...]:
    """Return the fields that input may set, in their order. Raises `TypeError` for annotations that cannot be resolved.

    SECURITY: a dataclass's field with `init=False` is not declared for input: a request cannot set it (checklist E46).
    """
    cls = get_origin(kind) or kind
    try:
        return _fields_of_struct(kind) if issubclass(cls, msgspec.Struct) else _fields_of_dataclass(cls, kind)
    except NameError as error:
        msg = (
            f"{cls.__qualname__}: {error.name!r} in its annotations is not there when the program runs; import it at "
            "the top of the module, not under TYPE_CHECKING, and do not define the class in a function"
        )
        raise TypeError(msg) from error


def _fields_of_struct(kind: Any) -> tuple[Declared, ...]:
    return tuple(Declared(field.encode_name, field.type, not field.required) for field in msgspec.structs.fields(kind))


def _fields_of_dataclass(cls: type, kind: Any) -> tuple[Declared, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    arguments = dict(zip(getattr(cls, "__parameters__", ()), get_args(kind), strict=False))
    found: list[Declared] = []
    for field in dataclasses.fields(cls):
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        if field.init:
            found.append(Declared(field.name, _filled(hints[field.name], arguments), has_default))
        elif not has_default:
            msg = f"{cls.__qualname__}.{field.name}: a field with init=False needs a default"
            raise TypeError(msg)
    return tuple(found)


def _filled(annotation: Any, arguments: dict[Any, Any]) -> Any:
    """Put the arguments of a generic class in the place of its type variables."""
    if isinstance(annotation, TypeVar):
        return arguments.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if isinstance(annotation, type) or not parameters:
        return annotation
    return annotation[tuple(arguments.get(parameter, parameter) for parameter in parameters)]
