"""The matcher: method, path and host become one target and the values of its path. Compiled once, at boot.

1. A route without variables is found by two dictionary look-ups, path and then method.
2. One whose only variable is its last segment, by what stands before it; then its converter is asked.
3. The rest is a tree of segments. At each node the segment's own text goes before patterns, and these go by weight
   (`newel.segments`); what leads nowhere is left again for the next best. A node belongs to one depth, so each is
   looked at once at most, and none that does not lie on the path's way.
4. What no route answers is an edge: the path with its slashes put right, 405, OPTIONS, a mount, 404.

The precedence is Werkzeug's, with three differences: a value that its converter refuses makes the next rule be tried
instead of a 404; `any` and `uuid` go before plain text wherever they were declared; a path of several leading slashes
is redirected like one with several elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, final
from urllib.parse import quote

import msgspec

from newel.converters import Read
from newel.rules import Rule
from newel.segments import Pattern

Match = tuple[Any, Mapping[str, Any]]
"""A target, and the values of the path's variables (or what an edge has to know)."""

Ends = dict[str, tuple[Any, tuple[str, ...]]]
"""By method: the target, and the names of the values."""

SAFE_IN_PATH: Final = "/!$&'()*+,:;=@"
"""What stands in a path as itself besides letters, digits and `-._~` (RFC 3986, section 3.3)."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_SLASH: Final[Match] = (object(), _NOTHING)
"""What the tree answers where a slash is missing at the end."""


@final
class Entry(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A rule with its methods, and what is to be found by it. GET stands for HEAD too."""

    rule: Rule
    methods: frozenset[str]
    target: Any
    host: Rule | None = None

    @property
    def shape(self) -> Hashable:
        """Equal for entries that answer the same hosts and paths."""
        return self.host.shape if self.host else None, self.rule.shape


@final
class Edges(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """The targets of what no route answers, and what comes with them.

    not_found            nothing
    method_not_allowed   `allowed`: the methods, sorted
    options              `allowed`: the same; for OPTIONS where no route answers it
    slash_redirect       `location_path`: the path to go to, percent-encoded, below SCRIPT_NAME and without the query
    """

    not_found: Any
    method_not_allowed: Any
    slash_redirect: Any
    options: Any


def conflicts(entries: Iterable[Entry]) -> list[tuple[Entry, Entry, str]]:
    """Return each two entries that answer the same method of the same URLs, with that method.

    Rules that differ in their variables' names only are the same URLs.
    """
    known: dict[tuple[Hashable, str], Entry] = {}
    found: list[tuple[Entry, Entry, str]] = []
    for entry in entries:
        shape = entry.shape
        for method in sorted(entry.methods):
            first = known.setdefault((shape, method), entry)
            if first is not entry:
                found.append((first, entry, method))
    return found


@final
class Matcher:
    """Finds the target of a request.

    `match(method, path, host)` takes a decoded path, and a host as the request names it (a port does not count). The
    mounts are prefixes with their targets; a match of one comes with `prefix` and `rest`.
    """

    __slots__ = (
        "_by_host",
        "_by_pattern",
        "_edges",
        "_mounts",
        "_mounts_depth",
        "_not_found",
        "_root",
        "_static",
        "_stems",
        "match",
    )

    match: Callable[[str, str, str], Match]

    def __init__(self, entries: Sequence[Entry], edges: Edges, mounts: Iterable[tuple[str, Any]] = ()) -> None:
        self._edges: Final = edges
        self._not_found: Final[Match] = (edges.not_found, _NOTHING)
        self._mounts: Final = {prefix.rstrip("/"): target for prefix, target in mounts}
        self._mounts_depth: Final = max((prefix.count("/") for prefix in self._mounts), default=-1)
        self._root: Final = _tree(entry for entry in entries if entry.host is None)
        self._static: Final = _static_answers(entries)
        self._stems: Final = dict(_stems(self._root))
        self._by_host, self._by_pattern = _hosts(entries)
        # PERF: an application that names no host does not look at it
        self.match = self._match_host if self._by_host or self._by_pattern else self._match_path

    def _match_path(self, method: str, path: str, host: str) -> Match:
        answers = self._static.get(path)
        if answers is not None and (answer := answers.get(method)) is not None:
            return answer
        before, _, last = path.rpartition("/")
        stem = self._stems.get(before)
        if stem is not None:
            beside, read, ends = stem
            if last not in beside and (end := ends.get(method)) is not None and (value := read(last)) is not None:
                return end[0], {end[1]: value}
        return self._search(method, path)

    def _search(self, method: str, path: str) -> Match:
        seen: list[Ends] = []
        parts = path.split("/")
        found = None if parts[0] else _walk(self._root, parts, 1, method, (), seen)
        if found is None or found is _SLASH:
            return self._edge(method, path, found, seen, self._find)
        return found

    def _match_host(self, method: str, path: str, host: str) -> Match:
        name = re.sub(r":[0-9]*\Z", "", host).lower()
        seen: list[Ends] = []
        trees = self._trees_of(name)

        def find(method: str, path: str, seen: list[Ends]) -> Match | None:
            parts = path.split("/")
            for tree, values in () if parts[0] else trees:
                found = _walk(tree, parts, 1, method, values, seen)
                if found is not None:
                    return found
            return None

        found = find(method, path, seen)
        if found is None or found is _SLASH:
            return self._edge(method, path, found, seen, find)
        return found

    def _find(self, method: str, path: str, seen: list[Ends]) -> Match | None:
        parts = path.split("/")
        return None if parts[0] else _walk(self._root, parts, 1, method, (), seen)

    def _trees_of(self, host: str) -> list[tuple[_Node, tuple[Any, ...]]]:
        """Return the trees that may answer a host, the most specific first, with the values of its variables."""
        trees: list[tuple[_Node, tuple[Any, ...]]] = []
        if host in self._by_host:
            trees.append((self._by_host[host], ()))
        for read, tree in self._by_pattern:
            if (values := read(host)) is not None:
                trees.append((tree, tuple(values)))
        trees.append((self._root, ()))
        return trees

    def _edge(
        self, method: str, path: str, found: Match | None, seen: list[Ends], find: Callable[..., Match | None]
    ) -> Match:
        """Return the target of what no route answers."""
        if found is None and "//" in path:
            path = re.sub("/{2,}", "/", path)
            found = find(method, path, seen)
            if found is not None and found is not _SLASH:
                return self._redirect(path)
        if found is _SLASH:
            return self._redirect(f"{path}/")
        if seen:
            return self._other_method(method, seen)
        return self._mounted(path) or self._not_found

    def _redirect(self, path: str) -> Match:
        # SECURITY: one leading slash, or a client would read what follows as a host
        location = "/" + quote(path.lstrip("/"), SAFE_IN_PATH, errors="replace")
        return self._edges.slash_redirect, {"location_path": location}

    def _other_method(self, method: str, seen: list[Ends]) -> Match:
        allowed = tuple(sorted({"OPTIONS"}.union(*seen)))
        edge = self._edges.options if method == "OPTIONS" else self._edges.method_not_allowed
        return edge, {"allowed": allowed}

    def _mounted(self, path: str) -> Match | None:
        # SECURITY: as many cuts as the deepest mount has segments, however many slashes a path has
        cuts = path.split("/", self._mounts_depth + 1)[: self._mounts_depth + 1]
        while cuts:
            prefix = "/".join(cuts)
            if prefix in self._mounts:
                return self._mounts[prefix], {"prefix": prefix, "rest": path[len(prefix) :]}
            cuts.pop()
        return None


@final
class _Node:
    """What may follow at one depth of the tree; `ends` is what is found if nothing does.

    `only` is the reading of the next part where it has a single way to go on: one variable, alone in its segment.
    """

    __slots__ = ("branches", "ends", "only", "patterns", "static")

    def __init__(self) -> None:
        self.static: Final[dict[str, _Node]] = {}
        self.patterns: Final[dict[Hashable, tuple[Pattern, _Node]]] = {}
        self.branches: tuple[_Branch, ...] = ()
        self.only: tuple[Read, _Node] | None = None
        self.ends: Final[Ends] = {}

    def following(self, segment: str | Pattern) -> _Node:
        """Return the node that a segment leads to, made where it is not there yet."""
        if isinstance(segment, str):
            return self.static.setdefault(segment, _Node())
        return self.patterns.setdefault(segment.shape, (segment, _Node()))[1]

    def finish(self) -> None:
        """Prepare the patterns for reading, here and below, and let GET answer HEAD."""
        if "GET" in self.ends:
            self.ends.setdefault("HEAD", self.ends["GET"])
        ordered = sorted(self.patterns.values(), key=lambda branch: branch[0].weight)
        self.branches = tuple(_Branch(pattern, node) for pattern, node in ordered)
        if len(ordered) == 1 and ordered[0][0].bare:
            pattern, node = ordered[0]
            self.only = pattern.variables[0].converter.reader(), node
        for node in (*self.static.values(), *(branch.node for branch in self.branches)):
            node.finish()


_Stem = tuple[Mapping[str, _Node], Read, dict[str, tuple[Any, str]]]
"""What goes before a variable, the variable's reading, and by method: the target and the variable's name."""


@final
class _Branch:
    """A pattern, prepared, and the node it leads to."""

    __slots__ = ("node", "pattern", "read", "slash", "spans")

    def __init__(self, pattern: Pattern, node: _Node) -> None:
        self.pattern: Final = pattern
        self.node: Final = node
        self.spans: Final = pattern.spans
        self.slash: Final = pattern.slash
        self.read: Final = pattern.reader()


def _walk(
    node: _Node, parts: list[str], at: int, method: str, values: tuple[Any, ...], seen: list[Ends]
) -> Match | None:
    """Follow the parts of a path from `at` on; tell in `seen` where they end at routes of other methods."""
    # PERF: one loop as long as there is one way to go; a call for each where there are several
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


def _ended(node: _Node, method: str, values: tuple[Any, ...], seen: list[Ends]) -> Match | None:
    """Return what is found where a path ends."""
    end = node.ends.get(method)
    if end is not None:
        target, names = end
        if len(names) == 1:
            return target, {names[0]: values[0]}
        return target, dict(zip(names, values))  # noqa: B905  # PERF: strict=True costs 200 ns
    if node.ends:
        seen.append(node.ends)
    behind = node.static.get("")
    return _SLASH if behind is not None and method in behind.ends else None


def _walk_branches(
    branches: tuple[_Branch, ...],
    parts: list[str],
    at: int,
    method: str,
    values: tuple[Any, ...],
    seen: list[Ends],
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


def _rest(parts: list[str], at: int, slash: bool) -> tuple[str, int]:
    """Return all that is left of a path, and where to go on: at the empty part behind a last slash that counts."""
    rest = "/".join(parts[at - 1 :])
    if slash and rest.endswith("/"):
        return ("" if rest.endswith("//") else rest[:-1]), len(parts) - 1
    return rest, len(parts)


def _tree(entries: Iterable[Entry]) -> _Node:
    root = _Node()
    for entry in entries:
        node = root
        for segment in entry.rule.segments:
            node = node.following(segment)
        names = (*(entry.host.names if entry.host else ()), *entry.rule.names)
        for method in entry.methods:
            node.ends.setdefault(method, (entry.target, names))
    root.finish()
    return root


def _static_answers(entries: Iterable[Entry]) -> dict[str, dict[str, Match]]:
    """Return path → method → match of the rules without host and variables."""
    answers: dict[str, dict[str, Match]] = {}
    for entry in entries:
        if entry.host is None and entry.rule.static:
            of_path = answers.setdefault(entry.rule.text, {})
            for method in entry.methods:
                of_path.setdefault(method, (entry.target, _NOTHING))
    for of_path in answers.values():
        if "GET" in of_path:
            of_path.setdefault("HEAD", of_path["GET"])
    return answers


def _stems(node: _Node, path: str = "") -> Iterator[tuple[str, _Stem]]:
    """Yield path → what may be the last segment after it, for the paths without variables that one may follow."""
    first = next(iter(node.branches), None)
    if first is not None and first.pattern.bare:
        ends = {method: (target, names[0]) for method, (target, names) in first.node.ends.items()}
        yield path, (node.static, first.pattern.variables[0].converter.reader(), ends)
    for text, below in node.static.items():
        yield from _stems(below, f"{path}/{text}")


def _hosts(
    entries: Iterable[Entry],
) -> tuple[dict[str, _Node], tuple[tuple[Callable[[str], list[Any] | None], _Node], ...]]:
    """Return the trees of the hosts that rules name: by name, and by pattern in the order of trying."""
    of_shape: dict[Hashable, list[Entry]] = {}
    for entry in entries:
        if entry.host is not None:
            of_shape.setdefault(entry.host.shape, []).append(entry)
    named: dict[str, _Node] = {}
    patterns: list[tuple[Pattern, _Node]] = []
    for members in of_shape.values():
        host = members[0].host
        tree = _tree(members)
        segment = host.segments[0] if host else ""
        if isinstance(segment, str):
            named[segment] = tree
        else:
            patterns.append((segment, tree))
    patterns.sort(key=lambda pattern: pattern[0].weight)
    return named, tuple((pattern.reader(), tree) for pattern, tree in patterns)
