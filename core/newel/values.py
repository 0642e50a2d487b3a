"""One value of configuration: read as the type that its field declares, and described in words.

Conversion is msgspec's. What is added here is what configuration needs: `Path` is relative to a folder, a class with a
`from_setting` method reads itself (its `described` says in words what it takes), `Several[T]` takes one where a list
may stand, and a text out of the environment stays a text where the field wants one and is a TOML literal elsewhere.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, final, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import msgspec.structs

from newel.paths import as_path, below
from newel.secret import MASK, Secret, mask

T = TypeVar("T")

_SEVERAL: Final = "one or several"

_READ_FROM_TEXT: Final = (str, Decimal, UUID)
"""Classes that take a text as it is, even where it looks like a number."""

Several = Annotated[tuple[T, ...], _SEVERAL]
"""One `T`, or a list of them: always a tuple in the end. `database = "sql"`, `templates = ["jinja2", "mako"]`."""


class SettingError(ValueError):
    """A value that cannot be read, raised by the `from_setting` of a type: what is wrong, and how to mend it.

    `what` follows the name of the key: "is no host name". `found` is compared with `allowed` for a nearest match.
    """

    def __init__(self, what: str, remedy: str = "", *, found: str = "", allowed: Iterable[str] = ()) -> None:
        self.what: Final = what
        self.remedy: Final = remedy
        self.found: Final = found
        self.allowed: Final = tuple(allowed)
        super().__init__(what)


@final
class Field(msgspec.Struct, frozen=True):
    """One field of a class that describes a section: its key, the attribute it becomes, its type and default."""

    key: str
    attribute: str
    kind: Any
    required: bool
    default: Any = None


def fields_of(cls: type[Any]) -> tuple[Field, ...]:
    """Return the fields of a dataclass or msgspec struct. Raises `NameError` for an annotation that names nothing."""
    if issubclass(cls, msgspec.Struct):
        return tuple(_struct_field(info) for info in msgspec.structs.fields(cls))
    dataclasses = importlib.import_module("dataclasses")  # loaded already, by the one who made the class
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        _field(field.name, field.name, hints[field.name], field.default, field.default_factory, dataclasses.MISSING)
        for field in dataclasses.fields(cls)
        if field.init
    )


def _struct_field(info: msgspec.structs.FieldInfo) -> Field:
    return _field(info.encode_name, info.name, info.type, info.default, info.default_factory, msgspec.NODEFAULT)


def _field(key: str, attribute: str, kind: Any, default: Any, factory: Any, missing: object) -> Field:
    if factory is not missing:
        return Field(key, attribute, kind, required=False, default=factory())
    required = default is missing
    return Field(key, attribute, kind, required=required, default=None if required else default)


def convert(value: Any, kind: Any, folder: str | os.PathLike[str] | None) -> Any:
    """Return a value as the declared type. Raises `SettingError`."""
    one = _is_several(kind) and not isinstance(value, (list, tuple))
    try:
        return msgspec.convert([value] if one else value, kind, dec_hook=_hook(folder))
    except msgspec.ValidationError as error:
        raise _refused(error, value, kind) from None
    except (TypeError, NotImplementedError) as error:
        what = f"is declared as {describe(kind)}, which configuration cannot be read as: {error}"
        raise SettingError(what, "correct the declaration in the plugin's configuration class.") from None


def _hook(folder: str | os.PathLike[str] | None) -> Callable[[Any, Any], Any]:
    def read(kind: Any, value: Any) -> Any:
        if (from_setting := getattr(kind, "from_setting", None)) is not None:
            return from_setting(value)
        if _is_path(kind):
            return _path(kind, value, folder)
        if isinstance(value, kind):
            return value
        raise NotImplementedError(f"{kind.__name__} has no `from_setting`")

    return read


def _path(kind: Any, value: Any, folder: str | os.PathLike[str] | None) -> os.PathLike[str]:
    """Return a path of that class; one that is declared as `os.PathLike` is one of `pathlib`."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    path = value if folder is None else below(folder, value)
    made: os.PathLike[str] = as_path(path) if os.PathLike in {kind, get_origin(kind)} else kind(path)
    return made


def _refused(error: msgspec.ValidationError, value: Any, kind: Any) -> SettingError:
    text, _, path = str(error).partition(" - at `$")
    inside = path and isinstance(value, (list, tuple, Mapping))
    where = f" (at {path.rstrip('`')})" if inside else ""
    cause = error.__cause__
    if isinstance(cause, SettingError):
        return SettingError(f"{cause.what}{where}", cause.remedy, found=cause.found, allowed=cause.allowed)
    expected = re.sub("`([^`]*)`", _in_words, text[:1].lower() + text[1:])
    found = "" if is_secret(kind) else f", found {shown(value)}"
    return SettingError(f"cannot be read: {expected}{where}{found}")


_EXPECTED: Final[Mapping[str, str]] = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "list": "a list",
    "object": "a table",
    "dict": "a table",
    "null": "nothing",
}
"""What msgspec and Python call types, in the words of `describe`."""


def _in_words(found: re.Match[str]) -> str:
    return " or ".join(_EXPECTED.get(name, name) for name in found[1].split(" | "))


def undeclared(value: Any, kind: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the keys inside a value that the classes nested in its type do not declare, each with those they do."""
    for member in _members(kind):
        arguments = [argument for argument in get_args(member) if argument is not Ellipsis]
        if isinstance(value, Mapping) and _has_fields(member):
            declared = {field.key: field.kind for field in fields_of(member)}
            for key, item in value.items():
                yield from undeclared(item, declared[key]) if key in declared else [(key, tuple(declared))]
        elif isinstance(value, Mapping) and len(arguments) == 2:
            for item in value.values():
                yield from undeclared(item, arguments[1])
        elif isinstance(value, (list, tuple)) and len(arguments) == 1:
            for item in value:
                yield from undeclared(item, arguments[0])


def from_text(text: str, kind: Any) -> Any:
    """Return what an environment variable says, as the declared type wants it: text stays text, else a TOML literal.

    Where a text or a list of them may stand, a text that reads as a list is one. A text that is no literal at all is
    passed on: types that read themselves from texts (a duration, a UUID) take it, and others say what they expected.
    """
    members = _members(kind)
    texts = [_is_text(member) for member in members]
    if members and all(texts) and not _is_several(kind):
        return text
    try:
        toml = importlib.import_module("newel.toml")
        literal = toml.literal(text)
    except ValueError:
        return text
    return literal if isinstance(literal, (list, dict)) or not any(texts) else text


def is_secret(kind: Any, _outer: tuple[Any, ...] = ()) -> bool:
    """Tell whether a type is or holds `Secret`."""
    if kind is Secret:
        return True
    inner = [field.kind for field in fields_of(kind)] if _has_fields(kind) else get_args(kind)
    return kind not in _outer and any(is_secret(part, (*_outer, kind)) for part in inner)


def shown(value: Any, kind: Any = None) -> str:
    """Return a value as it may be shown: secrets and passwords masked, and never more than a line of it."""
    if is_secret(kind):
        return MASK
    text = repr(mask(value))
    return text if len(text) <= 120 else f"{text[:117]}..."


_WORDS: Final[Mapping[Any, str]] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Secret: "a text",
    list: "a list",
    dict: "a table",
    Any: "any value",
}


def describe(kind: Any) -> str:
    """Return a type in words that people who write configuration use."""
    if _is_several(kind):
        one = describe(get_args(get_args(kind)[0])[0])
        return f"{one}, or a list, each item {one}"
    if get_origin(kind) is Annotated:
        return describe(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return " or ".join(describe(member) for member in get_args(kind) if member is not NoneType)
    return _WORDS[kind] if kind in _WORDS else _described(kind)


def _described(kind: Any) -> str:
    origin = get_origin(kind)
    if names := choices(kind):
        return f"one of {', '.join(map(repr, names))}"
    if origin is dict or _has_fields(kind):
        return "a table"
    if origin in {list, tuple, set, frozenset}:
        return f"a list, each item {describe(get_args(kind)[0])}"
    if _is_path(kind):
        return "a path"
    if words := getattr(kind, "described", "") or next((_WORDS[base] for base in _bases(kind) if base in _WORDS), ""):
        return str(words)
    return "a text" if hasattr(kind, "from_setting") else str(getattr(kind, "__name__", kind))


def _bases(kind: Any) -> tuple[Any, ...]:
    return kind.__mro__ if isinstance(kind, type) else ()


def choices(kind: Any) -> tuple[str, ...]:
    """Return the values that a type of few values allows: those of a `Literal` or an `Enum`."""
    return tuple(choice for member in _members(kind) for choice in _choices(member))


def _choices(kind: Any) -> Iterator[str]:
    if get_origin(kind) is Literal:
        yield from (str(argument) for argument in get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield from (str(member.value) for member in kind)


def _members(kind: Any) -> list[Any]:
    """Return the alternatives of a type, `Annotated` unwrapped, None left out; of `Several[T]`, `T` and the list."""
    if _is_several(kind):
        listed = get_args(kind)[0]
        return [*_members(get_args(listed)[0]), listed]
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return [member for argument in get_args(kind) for member in _members(argument)]
    return [] if kind is NoneType else [kind]


def _is_several(kind: Any) -> bool:
    return get_origin(kind) is Annotated and _SEVERAL in get_args(kind)[1:]


def _is_text(kind: Any) -> bool:
    if get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return all(isinstance(getattr(choice, "value", choice), str) for choice in get_args(kind) or kind)
    return kind is Secret or _is_path(kind) or (isinstance(kind, type) and issubclass(kind, _READ_FROM_TEXT))


def _is_path(kind: Any) -> bool:
    """Tell whether a type is one of paths: a class of `pathlib`, `os.PathLike[str]`."""
    plain = get_origin(kind) or kind
    return isinstance(plain, type) and hasattr(plain, "__fspath__")


def _has_fields(kind: Any) -> bool:
    return isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or hasattr(kind, "__dataclass_fields__"))
