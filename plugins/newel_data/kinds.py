"""From an annotation to a stored type: `Field[Decimal | None] = field(precision=12, scale=2)`."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Union, final, get_args, get_origin
from uuid import UUID

import msgspec

from newel_data.fields import FieldOptions
from newel_data.schema import INT_MAX, INT_MIN, Kind, Type

if TYPE_CHECKING:
    Json = dict[str, Any] | list[Any] | str | int | float | bool | None
    """Any JSON value, loaded and stored whole."""
else:

    @final
    class Json:
        """Any JSON value, loaded and stored whole."""


KINDS: Final[dict[Any, Kind]] = {
    str: "str",
    int: "int",
    float: "float",
    Decimal: "decimal",
    bool: "bool",
    bytes: "bytes",
    datetime: "datetime",
    date: "date",
    time: "time",
    timedelta: "timedelta",
    UUID: "uuid",
}

MAX_PRECISION: Final = 34
MAX_NAME: Final = 48
NAME: Final = re.compile(r"[a-z](_?[a-z0-9]+)*")
MAX_FOREIGN: Final = 60
FOREIGN: Final = re.compile(r"[A-Za-z]\w*([ -]\w+)*", re.ASCII)

_INEXACT: Final = (
    f"is a Decimal without a precision of 1 to {MAX_PRECISION} and a scale of 0 to precision: such a number is rounded "
    "differently everywhere."
)

_FREE: Final = FieldOptions()
_LIMITS: Final = frozenset({
    "case_insensitive", "choices", "max_length", "maximum", "min_length", "minimum", "normalize", "precision", "scale",
})  # fmt: skip

Complain = Callable[[str, str], None]
"""Takes what is wrong with a field, and what to do."""


@final
class Hint(msgspec.Struct, frozen=True):
    """What an annotation says: the type without None, whether None is allowed, and for a list what is in it."""

    base: Any
    nullable: bool
    element: Any = None

    @property
    def scalar(self) -> Any:
        """The type of one value: of the list's items, or of the field itself."""
        return self.base if self.element is None else self.element

    @property
    def enum(self) -> type[Enum] | None:
        """The enum, of the field or of the list's items."""
        return self.scalar if isinstance(self.scalar, type) and issubclass(self.scalar, Enum) else None


def read_hint(argument: Any) -> Hint:
    """Take the argument of `Field[...]` or `Ref[...]` apart."""
    nullable = False
    if get_origin(argument) in {Union, types.UnionType}:
        members = [member for member in get_args(argument) if member is not type(None)]
        nullable = len(members) < len(get_args(argument))
        argument = members[0] if len(members) == 1 else Union[tuple(members)]  # noqa: UP007  (made at run time)
    if get_origin(argument) is list:
        return Hint(list, nullable, get_args(argument)[0])
    return Hint(argument, nullable)


def type_of(hint: Hint, options: FieldOptions, complain: Complain) -> Type | None:
    """Return the stored type of a field, or None after complaining."""
    if hint.base is Json:
        for what, remedy in _misfits("json", options):
            complain(what, remedy)
        return Type(kind="json")
    if hint.element is not None:
        return _list_type(hint, options, complain)
    return _scalar_type(hint.base, options, complain)


def _list_type(hint: Hint, options: FieldOptions, complain: Complain) -> Type | None:
    element = _scalar_type(hint.element, msgspec.structs.replace(options, max_length=None, min_length=None), complain)
    if element is None:
        return None
    return Type(
        kind="list", element=element, min_length=options.min_length or 0, max_length=options.max_length
    )  # fmt: skip


def _scalar_type(base: Any, options: FieldOptions, complain: Complain) -> Type | None:
    if isinstance(base, type) and issubclass(base, Enum):
        return _enum_type(base, options, complain)
    kind = KINDS.get(base)
    if kind is None:
        allowed = ", ".join([*(known.__name__ for known in KINDS), "an Enum", "list[...] of these", "Json"])
        complain(
            f"is a {_shown(base)}, which cannot be stored alike everywhere (allowed: {allowed}).",
            "use one of these types.",
        )
        return None
    for what, remedy in _misfits(kind, options):
        complain(what, remedy)
    return _with_limits(kind, options)


def _enum_type(enum: type[Enum], options: FieldOptions, complain: Complain) -> Type | None:
    if given := sorted(name for name in _LIMITS if getattr(options, name) != getattr(_FREE, name)):
        complain(f"is a {enum.__name__}, whose members are its values, whatever {', '.join(given)} says.", "remove it.")
    values = tuple(member.value for member in enum)
    if values and all(type(value) is str for value in values):
        return Type(kind="str", max_length=max(1, *map(len, values)), choices=values)
    if values and all(type(value) is int for value in values):
        return Type(kind="int", minimum=INT_MIN, maximum=INT_MAX, choices=values)
    complain(
        f"is a {enum.__name__}, whose values are neither all str nor all int.", "give its members values of one type."
    )
    return None


def _with_limits(kind: Kind, options: FieldOptions) -> Type:
    integer = kind == "int"
    return Type(
        kind=kind,
        min_length=options.min_length or 0,
        max_length=options.max_length,
        minimum=INT_MIN if integer and options.minimum is None else options.minimum,
        maximum=INT_MAX if integer and options.maximum is None else options.maximum,
        choices=options.choices,
        precision=options.precision or 0,
        scale=options.scale or 0,
    )


def _misfits(kind: Kind, options: FieldOptions) -> Iterator[tuple[str, str]]:
    """Yield what the options say that the type cannot have, or do not say that it must have."""
    measured, ranged = kind in {"str", "bytes"}, kind not in {"str", "bytes", "bool", "uuid", "json"}
    if not measured and (options.max_length is not None or options.min_length is not None):
        yield f"is a {kind}, which has no length.", "remove min_length and max_length."
    if (options.min_length or 0) < 0:
        yield f"has min_length={options.min_length}, which is no length.", "give a min_length of at least 0."
    if options.max_length is not None and options.max_length < max(1, options.min_length or 0):
        yield (
            f"has max_length={options.max_length}, which leaves no value.",
            "give a max_length of at least 1 and min_length.",
        )
    if not ranged and (options.minimum is not None or options.maximum is not None):
        yield f"is a {kind}, which has no range.", "remove minimum and maximum."
    if kind == "json" and options.choices is not None:
        yield "is JSON, which is compared nowhere and has no choices.", "remove choices."
    if kind == "decimal" and not _exact(options):
        yield _INEXACT, "declare both: field(precision=12, scale=2)."
    if kind != "decimal" and (options.precision is not None or options.scale is not None):
        yield f"is a {kind}, which has no precision and scale.", "remove them, or use Decimal."
    if kind != "str" and (options.case_insensitive or not options.normalize):
        yield f"is a {kind}, which has no letters.", "remove case_insensitive and normalize."


def _exact(options: FieldOptions) -> bool:
    precision, scale = options.precision, options.scale
    return precision is not None and scale is not None and 1 <= precision <= MAX_PRECISION and 0 <= scale <= precision


def good_name(name: str) -> bool:
    """Tell whether a name can be a name everywhere: lower-case ASCII, digits and single underscores between them."""
    return len(name) <= MAX_NAME and NAME.fullmatch(name) is not None


def foreign_name(name: str) -> bool:
    """Tell whether a name that something else gave to a table or column can be used everywhere.

    Capital letters, reserved words, spaces and hyphens can. `$`, dots and quotes mean something to a server, and names
    that begin with an underscore are those that backends give.
    """
    return len(name) <= MAX_FOREIGN and FOREIGN.fullmatch(name) is not None


def snake_case(name: str) -> str:
    """Return the stored name of a class: `NoticeBoard` is `notice_board`, `HTTPLog` is `http_log`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _shown(base: Any) -> str:
    return base.__name__ if isinstance(base, type) else str(base)
