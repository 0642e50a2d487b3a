"""Typed storage of plugins' own, without collisions: a key is an object, and only who has it can read the value."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar, final, overload

T = TypeVar("T")
D = TypeVar("D")


@final
class StateKey(Generic[T]):
    """One thing to be kept: `USER = StateKey[User]("user")`. Two keys are never equal; the name is for people."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: Final = name

    def __repr__(self) -> str:
        return f"StateKey({self.name!r})"


@final
class State:
    """Values under keys, each of the type that its key says."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[StateKey[Any], Any] = {}

    def __setitem__(self, key: StateKey[T], value: T) -> None:
        self._values[key] = value

    def __getitem__(self, key: StateKey[T]) -> T:
        value: T = self._values[key]
        return value

    def __delitem__(self, key: StateKey[Any]) -> None:
        del self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    @overload
    def get(self, key: StateKey[T]) -> T | None: ...
    @overload
    def get(self, key: StateKey[T], default: D) -> T | D: ...
    def get(self, key: StateKey[Any], default: Any = None) -> Any:
        """Return the value of a key, or the default."""
        return self._values.get(key, default)
