"""Fields and references as a model declares them, and as its objects hold them.

`Field` is a non-data descriptor: an object's value stands in its `__dict__`, and reading it costs a dictionary look-up.
`Ref` is a data descriptor: an object or an id can be assigned, and what is read is always an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, overload

import msgspec

from newel_data.columns import Column
from newel_data.errors import NotLoaded
from newel_data.identity import KEY_LENGTH
from newel_data.schema import OnDelete

T = TypeVar("T")
M = TypeVar("M")
N = TypeVar("N")


NO_DEFAULT: Final = msgspec.UNSET


class FieldOptions(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What a declaration says of a field beside its type."""

    role: Literal["plain", "key", "version", "reference"] = "plain"
    default: Any = NO_DEFAULT
    default_factory: Callable[[], Any] | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: Any = None
    maximum: Any = None
    choices: tuple[Any, ...] | None = None
    precision: int | None = None
    scale: int | None = None
    unique: bool = False
    index: bool = False
    column: str | None = None
    normalize: bool = True
    case_insensitive: bool = False
    on_delete: OnDelete = "restrict"
    check: Literal["strict", "weak"] = "strict"

    @property
    def optional(self) -> bool:
        """Whether an object can be made without it."""
        return self.default is not NO_DEFAULT or self.default_factory is not None


class Field(Generic[T]):
    """A declared field: a `Column[T]` on the class, a `T` on an object."""

    __slots__ = ("column", "name", "options", "owner")

    def __init__(self, options: FieldOptions | None = None) -> None:
        self.options: Final = options or FieldOptions()
        self.name: str = ""
        self.owner: Any = None
        self.column: Column[T] | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.owner = name, owner

    if TYPE_CHECKING:

        def __set__(self, obj: object, value: T) -> None: ...

    @overload
    def __get__(self, obj: None, owner: type) -> Column[T]: ...
    @overload
    def __get__(self, obj: object, owner: type | None = None) -> T: ...
    def __get__(self, obj: object | None, owner: type | None = None) -> Any:
        if obj is not None:
            raise NotLoaded(type(obj).__name__, self.name)
        return self.column or self.owner.__declaration__.column(self.name)


class Ref(Generic[M]):
    """A declared reference: the other model on the class (for queries), one of its objects, or None, on an object."""

    __slots__ = ("column", "load", "name", "options", "owner")

    def __init__(self, options: FieldOptions | None = None) -> None:
        self.options: Final = options or FieldOptions(role="reference", index=True)
        self.name: str = ""
        self.owner: Any = None
        self.column: Any = None
        self.load: Callable[[str], Any] | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.owner = name, owner

    def __set__(self, obj: object, value: M | str) -> None:
        vars(obj)[self.name] = value

    @overload
    def __get__(self: Ref[N | None], obj: None, owner: type) -> type[N]: ...
    @overload
    def __get__(self, obj: None, owner: type) -> type[M]: ...
    @overload
    def __get__(self, obj: object, owner: type | None = None) -> M: ...
    def __get__(self, obj: object | None, owner: type | None = None) -> Any:
        if obj is None:
            return self.column or self.owner.__declaration__.column(self.name)
        values = vars(obj)
        try:
            value = values[self.name]
        except KeyError:
            raise NotLoaded(type(obj).__name__, self.name) from None
        if type(value) is str:
            value = values[self.name] = self._only_id(value)
        return value

    def _only_id(self, key: str) -> Any:
        """Return an object of the other model that holds nothing but its id."""
        if self.load is None:
            self.owner.__declaration__.column(self.name)
        if self.load is None:
            raise NotLoaded(self.owner.__name__, self.name)
        return self.load(key)


def field(
    *,
    default: Any = NO_DEFAULT,
    default_factory: Callable[[], Any] | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    minimum: Any = None,
    maximum: Any = None,
    choices: Iterable[Any] | None = None,
    precision: int | None = None,
    scale: int | None = None,
    unique: bool = False,
    index: bool = False,
    column: str | None = None,
    normalize: bool = True,
    case_insensitive: bool = False,
) -> Any:
    """Declare what a field is beside its type.

    As in `title: Field[str] = field(max_length=120, index=True)`.

    default, default_factory   computed in Python when an object is made without a value
    min_length, max_length     of a str (code points), bytes or list (items)
    minimum, maximum, choices  what values are allowed; checked before I/O and by the database
    precision, scale           of a Decimal: all digits (34 at most), and those after the point
    unique, index              an index of its own; several fields together: `class X(Model, unique=[("a", "b")])`
    column                     the name it is stored under, where it is not the field's own
    normalize                  False: text is stored as it is and not in NFC (tokens)
    case_insensitive           equality, uniqueness and order ignore case
    """
    return Field[Any](
        FieldOptions(
            default=default,
            default_factory=default_factory,
            min_length=min_length,
            max_length=max_length,
            minimum=minimum,
            maximum=maximum,
            choices=None if choices is None else tuple(choices),
            precision=precision,
            scale=scale,
            unique=unique,
            index=index,
            column=column,
            normalize=normalize,
            case_insensitive=case_insensitive,
        )
    )


def key(
    *,
    max_length: int,
    min_length: int = 1,
    normalize: bool = True,
    column: str | None = None,
    default_factory: Callable[[], str] | None = None,
) -> Any:
    """Declare a natural key in place of the identifier.

    As in `id: Field[str] = key(max_length=2)`: the attribute is `id` whatever `column` says. `default_factory` makes
    the key of an object that is given none.
    """
    options = FieldOptions(
        role="key",
        max_length=max_length,
        min_length=min_length,
        normalize=normalize,
        column=column,
        default_factory=default_factory,
    )
    return Field[Any](options)


def identifier(*, default_factory: Callable[[], str]) -> Any:
    """Declare the key that every model has unless it declares its own: a UUIDv7, made when the object is."""
    return Field[Any](FieldOptions(role="key", max_length=KEY_LENGTH, default_factory=default_factory))


def version(*, init: Literal[False] = False, column: str | None = None) -> Any:
    """Declare the version, for optimistic concurrency: Newel counts it.

    As in `version: Field[int] = version()`.
    """
    return Field[Any](FieldOptions(role="version", default=1, minimum=1, column=column))


def ref(
    *,
    on_delete: OnDelete = "restrict",
    default: Any = NO_DEFAULT,
    unique: bool = False,
    column: str | None = None,
    check: Literal["strict", "weak"] = "strict",
) -> Any:
    """Declare what a reference is beside the model it leads to.

    As in `author: Ref[Author] = ref(on_delete="cascade")`.

    on_delete   when the other row is deleted: refuse ("restrict"), delete this one too ("cascade"), or hold None
                ("set_null", of a `Ref[X | None]`)
    default     None, for a reference that may be absent
    check       "weak": on MongoDB, do not touch the other document when this one is written (it would be hot)
    """
    options = FieldOptions(
        role="reference",
        on_delete=on_delete,
        default=default,
        unique=unique,
        index=True,
        column=column,
        check=check,
    )
    return Ref[Any](options)
