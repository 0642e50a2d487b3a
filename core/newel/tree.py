"""The tree of segments that finds routes with variables.

A node stands for what was read of a path; its next segment is looked for among the node's plain texts first, then among
its patterns, the most specific first. What leads nowhere is left again for the next best. A node belongs to one depth,
so each is looked at once at most, and none that does not lie on the path's way: the time depends on the rules that
begin alike, not on how many there are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, final

from newel.converters import Read
from newel.segments import Pattern

Match = tuple[Any, Mapping[str, Any]]
"""A target, and the values of the path's variables (or what an edge has to know)."""

Ends = dict[str, tuple[Any, tuple[str, ...]]]
"""By method: the target, and the names of the values."""

Trees = tuple[tuple["Node", tuple[Any, ...]], ...]
"""Roots in the order of trying, each with the values that were read before (of a host's variables)."""

SLASH: Final[Match] = (object(), {})
"""What is found where only a slash is missing at the end."""


@final
class Node:
    """What may follow at one depth of the tree; `ends` is what is found if nothing does.

    `patterns` are there until `finish` makes `branches` of them. `only` is the reading of the next part where there is
    a single pattern: one variable, alone in its segment.
    """

    __slots__ = ("branches", "ends", "only", "patterns", "static")

    def __init__(self) -> None:
        self.static: Final[dict[str, Node]] = {}
        self.patterns: dict[Hashable, tuple[Pattern, Node]] = {}
        self.branches: tuple[_Branch, ...] = ()
        self.only: tuple[Read, Node] | None = None
        self.ends: Final[Ends] = {}

    def add(
        self, segments: Iterable[str | Pattern], methods: Iterable[str], target: Any, names: tuple[str, ...]
    ) -> None:
        """Add a rule below this node; the first one of a method stays."""
        node = self
        for segment in segments:
            node = node._following(segment)
        for method in methods:
            node.ends.setdefault(method, (target, names))

    def finish(self) -> None:
        """Prepare the patterns for reading, here and below, and let GET answer HEAD."""
        if "GET" in self.ends:
            self.ends.setdefault("HEAD", self.ends["GET"])
        ordered = sorted(self.patterns.values(), key=lambda found: found[0].weight)
        del self.patterns
        self.branches = tuple(_Branch(pattern, node) for pattern, node in ordered)
        if len(self.branches) == 1 and (read := self.branches[0].alone) is not None:
            self.only = read, self.branches[0].node
        for node in (*self.static.values(), *(branch.node for branch in self.branches)):
            node.finish()

    def _following(self, segment: str | Pattern) -> Node:
        """Return the node that a segment leads to, made where it is not there yet."""
        if isinstance(segment, str):
            return self.static.setdefault(segment, Node())
        return self.patterns.setdefault(segment.shape, (segment, Node()))[1]


@final
class _Branch:
    """A pattern, prepared, and the node it leads to: `read` gives all values; `alone` the one of a bare variable."""

    __slots__ = ("alone", "node", "read", "slash", "spans")

    def __init__(self, pattern: Pattern, node: Node) -> None:
        self.node: Final = node
        self.spans: Final = pattern.spans
        self.slash: Final = pattern.slash
        self.read: Final = pattern.reader()
        self.alone: Final[Read | None] = pattern.variables[0].converter.reader() if pattern.bare else None


def find(trees: Trees, path: str, method: str, seen: list[Ends]) -> Match | None:
    """Return the best match of a path, `SLASH`, or None; `seen` takes what other methods of the path would find."""
    parts = path.split("/")
    if parts[0]:  # no path at all: the `*` of OPTIONS, an absolute URL
        return None
    for root, values in trees:
        found = _walk(root, parts, 1, method, values, seen)
        if found is not None:
            return found
    return None


def _walk(
    node: Node, parts: list[str], at: int, method: str, values: tuple[Any, ...], seen: list[Ends]
) -> Match | None:
    """Follow the parts of a path from `at` on."""
    # PERF: one loop as long as there is one way to go, and a call for each where there are several
    while at < len(parts):
        part = parts[at]
        at += 1
        following = node.static.get(part)
        if following is None and node.only is not None:
            read, following = node.only
            value = read(part)
            if value is None:
                return None
            values += (value,)
        elif node.branches:
            if following is not None and (found := _walk(following, parts, at, method, values, seen)) is not None:
                return found
            return _walk_branches(node.branches, parts, at, method, values, seen)
        elif following is None:
            return None
        node = following
    return _ended(node, method, values, seen)


def _walk_branches(
    branches: tuple[_Branch, ...], parts: list[str], at: int, method: str, values: tuple[Any, ...], seen: list[Ends]
) -> Match | None:
    """Follow the first pattern that reads the part before `at` and leads to an end."""
    for branch in branches:
        text, behind = _rest(parts, at, branch.slash) if branch.spans else (parts[at - 1], at)
        more = branch.read(text)
        if more is None:
            continue
        found = _walk(branch.node, parts, behind, method, (*values, *more), seen)
        if found is not None:
            return found
    return None


def _ended(node: Node, method: str, values: tuple[Any, ...], seen: list[Ends]) -> Match | None:
    """Return what is found where a path ends."""
    end = node.ends.get(method)
    if end is not None:
        target, names = end
        if len(names) == 1:
            return target, {names[0]: values[0]}
        return target, dict(zip(names, values))  # noqa: B905  # PERF: strict=True costs 200 ns; there are as many
    if node.ends:
        seen.append(node.ends)
    behind = node.static.get("")
    return SLASH if behind is not None and method in behind.ends else None


def _rest(parts: list[str], at: int, slash: bool) -> tuple[str, int]:
    """Return all that is left of a path, and where to go on: at the empty part behind a last slash that counts."""
    rest = "/".join(parts[at - 1 :])
    if slash and rest.endswith("/"):
        return ("" if rest.endswith("//") else rest[:-1]), len(parts) - 1
    return rest, len(parts)


Stem = tuple[Mapping[str, Node], Read, Ends]
"""What stands beside a last variable, how the variable is read, and what is found by it."""


def stems(node: Node, path: str = "") -> Iterator[tuple[str, Stem]]:
    """Yield path → what reads one more segment, for the paths without variables that a variable may follow."""
    first = next(iter(node.branches), None)
    if first is not None and first.alone is not None:
        yield path, (node.static, first.alone, first.node.ends)
    for text, below in node.static.items():
        yield from stems(below, f"{path}/{text}")
