"""A form or a query string becomes a dataclass or a struct: each field by itself, then all of them at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final, get_origin

import msgspec
from msgspec import UNSET, ValidationError, convert

from newel.contracts.validator import FieldError, Form, InvalidInput, ReadFields, ReadForm, field_error
from newel.scalars import REQUIRED, ReadTexts, Shape, each_of, found_by, item_of, shape_of, text_reader
from newel_essentials.fields import Declared, fields_of, is_object
from newel_essentials.nodes import refused

log: Final = logging.getLogger("newel.forms")

_MADE_OF_PARTS: Final = (msgspec.Struct, str, bytes, int, float, tuple, list, dict, set, frozenset)

MAX_LOGGED: Final = 8
"""How many undeclared names of one form are logged."""


def form_reader(kind: Any, timezone: tzinfo) -> ReadForm[Any]:
    """Compile the reading of one class. Raises `TypeError` that says which field no form can hold."""
    return _compiled(kind, timezone, ticked=True)


def query_reader(kind: Any, timezone: tzinfo) -> ReadFields[Any]:
    """Compile the reading of one class, whose mistakes are raised."""
    read = _compiled(kind, timezone, ticked=False)
    return lambda sent: read(sent).value


def _compiled(kind: Any, timezone: tzinfo, *, ticked: bool) -> ReadForm[Any]:
    """Compile the reading of a form, where nothing sent means nothing ticked, or of a query string.

    PERF: mistakes are returned; a form with one costs 7 % less than by raising them from here to who makes the form.
    """
    if not is_object(kind):
        msg = f"a form cannot be read as {kind!r}, which is no dataclass and no struct"
        raise TypeError(msg)
    fields = tuple((field.name, _reader(kind, field, timezone, ticked)) for field in fields_of(kind))
    declared = frozenset(name for name, _ in fields)
    made = _maker_of(kind)

    def read(sent: Mapping[str, Sequence[Any]]) -> Form[Any]:
        values: dict[str, Any] = {}
        errors: list[FieldError] = []
        for name, read_field in fields:
            try:
                value = read_field(sent.get(name, ()))
            except InvalidInput as invalid:
                errors += invalid.errors
                continue
            if type(value) is FieldError:
                errors.append(value)
            elif value is not UNSET:
                values[name] = value
        if ticked and not declared.issuperset(sent):
            _log_undeclared(kind, [name for name in sent if name not in declared])
        if errors:
            return Form(None, errors, sent)
        try:
            return Form(made(values), (), sent)
        except ValidationError as error:
            return Form(None, (refused(error),), sent)

    return read


def _log_undeclared(kind: Any, names: Sequence[str]) -> None:
    """Log names that were sent and not declared; never what was sent under them (checklist E46).

    SECURITY: the names are anybody's choice, so they are quoted, shortened and few.
    """
    shown = ", ".join(repr(name[:40]) for name in names[:MAX_LOGGED])
    log.info("form of %s: ignored %d undeclared: %s", kind.__qualname__, len(names), shown)


def _maker_of(kind: Any) -> Callable[[dict[str, Any]], Any]:
    """Return what makes a value of its fields. Raises, when made, `TypeError` for a class that msgspec cannot read.

    PERF: `msgspec.convert` remembers what it learned of a struct, but learns a dataclass anew at each call, unless it
    is the type of a struct's field.
    """
    holder: Any = msgspec.defstruct("Holder", [("value", kind)])
    msgspec.json.Decoder(holder)  # learns the type now, so that boot hears what msgspec cannot read
    if issubclass(get_origin(kind) or kind, msgspec.Struct):
        return lambda values: convert(values, kind)
    return lambda values: convert({"value": values}, holder).value


def _reader(kind: Any, field: Declared, timezone: tzinfo, ticked: bool) -> ReadTexts:
    default = _default(field, ticked)
    try:
        return _reader_of_files(field, default) or found_by(
            field.annotation, timezone, place=(field.name,), default=default
        )
    except TypeError as error:
        msg = f"{kind.__qualname__}.{field.name} cannot be read from a form: {error}"
        raise TypeError(msg) from error


def _default(field: Declared, ticked: bool) -> Any:
    """Return what stands for a field of which nothing was sent; `UNSET` leaves it to the class."""
    shape = shape_of(field.annotation)
    if ticked and not shape.optional:
        if shape.base is bool:
            return False
        if item_of(shape.base) is not None:
            return REQUIRED  # which for a list means an empty one
    return UNSET if field.has_default else REQUIRED


def _reader_of_files(field: Declared, default: Any) -> ReadTexts | None:
    """Return a reader of uploaded files where the type is a class that no text can be read as; else None."""
    shape = shape_of(field.annotation)
    item = item_of(shape.base)
    one = shape if item is None else shape_of(item)
    if not _is_file(one):
        return None
    if item is None:
        return _last_file(one, (field.name,), default)
    return each_of(_last_file(one, (), UNSET), shape, (field.name,), default)


def _is_file(shape: Shape) -> bool:
    """Tell whether a type is a class whose values come as they are: no scalar, nothing that is made of parts."""
    cls = shape.base
    if not isinstance(cls, type) or cls in {Any, object} or issubclass(cls, _MADE_OF_PARTS) or is_object(cls):
        return False
    return text_reader(shape, UTC) is None


def _last_file(shape: Shape, place: tuple[str | int, ...], default: Any) -> ReadTexts:
    missing = field_error(place, "missing")
    wrong = field_error(place, "type", expected="file")

    def read_last(sent: Sequence[Any]) -> Any:
        value = sent[-1] if sent else None
        if isinstance(value, shape.base):
            return value
        if value:
            return wrong
        if sent and shape.optional:
            return None
        return missing if default is REQUIRED else default

    return read_last
