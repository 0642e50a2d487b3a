"""An immutable mapping in which a name may have several values: query strings, forms, uploaded files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, final, overload

V = TypeVar("V")
T = TypeVar("T")


@final
class MultiDict(Mapping[str, V]):
    """Names with all their values. As a mapping it shows the first value of each name, as Werkzeug's does."""

    __slots__ = ("_lists",)

    def __init__(self, lists: Mapping[str, Sequence[V]] | None = None) -> None:
        self._lists: Mapping[str, Sequence[V]] = lists or {}

    def __getitem__(self, name: str) -> V:
        return self._lists[name][0]

    @overload
    def get(self, name: str, default: None = None, *, type: None = None) -> V | None: ...
    @overload
    def get(self, name: str, default: T, *, type: None = None) -> V | T: ...
    @overload
    def get(self, name: str, default: None = None, *, type: Callable[[V], T]) -> T | None: ...
    @overload
    def get(self, name: str, default: T, *, type: Callable[[V], T]) -> T: ...
    def get(self, name: str, default: Any = None, *, type: Callable[[Any], Any] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the first value, read by `type`; the default where there is none, or `type` cannot read it."""
        values = self._lists.get(name)
        if not values:
            return default
        return values[0] if type is None else _read(values[0], type, default)

    first = get

    def last(self, name: str, default: Any = None) -> V | Any:
        """Return the last value of a name, or the default."""
        values = self._lists.get(name)
        return values[-1] if values else default

    @overload
    def getlist(self, name: str) -> list[V]: ...
    @overload
    def getlist(self, name: str, type: Callable[[V], T]) -> list[T]: ...
    def getlist(self, name: str, type: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return every value of a name, in order; values that `type` cannot read are left out."""
        values = self._lists.get(name, ())
        if type is None:
            return list(values)
        missing = object()
        read = (_read(value, type, missing) for value in values)
        return [value for value in read if value is not missing]

    def lists(self) -> Iterator[tuple[str, list[V]]]:
        """Iterate over each name with all its values."""
        return ((name, list(values)) for name, values in self._lists.items())

    def to_dict(self) -> dict[str, list[V]]:
        """Return each name with all its values as a dict of one's own."""
        return dict(self.lists())

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, MultiDict) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"MultiDict({self.to_dict()!r})"


def _read(value: Any, read: Callable[[Any], Any], default: Any) -> Any:
    try:
        return read(value)
    except (ValueError, TypeError):
        return default
