"""What is written down in a template, read without running it."""

from __future__ import annotations

from typing import final

import msgspec


@final
class Reference(msgspec.Struct, frozen=True):
    """A line that includes, imports or inherits from another template; the first of `names` that exists is meant."""

    line: int
    names: tuple[str, ...]
    optional: bool = False


@final
class Call(msgspec.Struct, frozen=True):
    """A call of a function by name whose first argument is a text."""

    line: int
    function: str
    argument: str


@final
class Bypass(msgspec.Struct, frozen=True):
    """A line that goes around the escape, and how."""

    line: int
    what: str


@final
class Outline(msgspec.Struct, frozen=True):
    """What one template says of itself, each in the order of its lines; `reads` are the values it may read."""

    references: tuple[Reference, ...] = ()
    calls: tuple[Call, ...] = ()
    bypasses: tuple[Bypass, ...] = ()
    reads: frozenset[str] = frozenset()
