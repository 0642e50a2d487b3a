"""Keyed contracts: all providers of one contract, by key."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar, final

T = TypeVar("T")


@final
class Keyed(dict[Hashable, T]):
    """Every provider of a keyed contract, in plugin order: ask for `Keyed[Renderer]`. Not to be changed."""

    @property
    def first(self) -> T:
        """The provider of the first plugin. Raises `LookupError` where there is none."""
        for value in self.values():
            return value
        msg = "no plugin provides one"
        raise LookupError(msg)
