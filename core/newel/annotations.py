"""Which converter gives what a handler's annotation asks for."""

from __future__ import annotations

import enum
import types
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

from newel.converters import AnyConverter, ChoiceConverter, Converter


def plain(annotation: Any) -> Any:
    """Return an annotation without `Annotated`, `NewType` and `| None`, none of which changes how a text is read."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif get_origin(annotation) in {Union, types.UnionType} and len(_present(annotation)) == 1:
            (annotation,) = _present(annotation)
        else:
            return annotation


def is_suitable(converter: Converter, annotation: Any) -> bool:
    """Tell whether what a converter gives may be handed to a parameter of that annotation."""
    wanted = plain(annotation)
    if wanted is Any or wanted is converter.type:
        return True
    if get_origin(wanted) is Literal:
        return isinstance(converter, AnyConverter) and set(converter.items) <= set(get_args(wanted))
    if not (isinstance(wanted, type) and isinstance(converter.type, type)):
        return False
    return issubclass(converter.type, wanted) or (wanted is float and converter.type is int)  # PEP 484: an int will do


def converter_for(annotation: Any, converters: Mapping[str, type[Converter]]) -> tuple[Converter, Hashable]:
    """Return the converter that gives what the annotation asks for, and its key.

    Raises `LookupError` where there is none, `TypeError` or `ValueError` where it cannot be made without arguments.
    """
    wanted = plain(annotation)
    values = _choices(wanted)
    if values:
        return ChoiceConverter(wanted, values), (ChoiceConverter, wanted)
    for cls in converters.values():
        if cls.type is wanted:
            return cls(), (cls, ())
    raise LookupError(annotation)


def shown(annotation: Any) -> str:
    """Return an annotation as people write it."""
    return annotation.__qualname__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _present(annotation: Any) -> tuple[Any, ...]:
    return tuple(part for part in get_args(annotation) if part is not type(None))


def _choices(wanted: Any) -> tuple[object, ...]:
    if get_origin(wanted) is Literal:
        return get_args(wanted)
    return tuple(wanted) if isinstance(wanted, type) and issubclass(wanted, enum.Enum) else ()
