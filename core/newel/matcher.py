"""The matcher: method, path and host become one target and the values of its path. Compiled once, at boot.

1. A route without variables is found by two dictionary look-ups, path and then method.
2. One whose only variable is its last segment, by what stands before it; then its converter is asked.
3. The rest, by a tree of segments (`newel.tree`).
4. What no route answers is an edge: the path with its slashes put right, 405, OPTIONS, a mount, 404.

A rule that names a host goes before those that do not, a host's own name before a pattern.

The precedence is Werkzeug's, with three differences: a value that its converter refuses makes the next rule be tried
instead of a 404; `any` and `uuid` go before plain text wherever they were declared; a path of several leading slashes
is redirected like one with several elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, final

import msgspec

from newel.percent import quote
from newel.rules import Rule
from newel.segments import Pattern
from newel.tree import SLASH, Ends, Match, Node, Trees, find, stems

SAFE_IN_PATH: Final = "/!$&'()*+,:;=@"
"""What stands in a path as itself besides letters, digits and `-._~` (RFC 3986, section 3.3)."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


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
        "_any_host",
        "_edges",
        "_host_patterns",
        "_hosts",
        "_mounts",
        "_mounts_depth",
        "_static",
        "_stems",
        "match",
    )

    match: Callable[[str, str, str], Match]

    def __init__(self, entries: Sequence[Entry], edges: Edges, mounts: Iterable[tuple[str, Any]] = ()) -> None:
        self._edges: Final = edges
        self._mounts: Final = {prefix.rstrip("/"): target for prefix, target in mounts}
        self._mounts_depth: Final = max((prefix.count("/") for prefix in self._mounts), default=-1)
        root = _tree(entry for entry in entries if entry.host is None)
        self._any_host: Final[Trees] = ((root, ()),)
        self._static: Final = _static_answers(entries)
        self._stems: Final = dict(stems(root))
        self._hosts, self._host_patterns = _hosts(entries)
        # PERF: an application that names no host does not look at it
        self.match = self._match_host if self._hosts or self._host_patterns else self._match_path

    def _match_path(self, method: str, path: str, host: str) -> Match:
        # PERF: most requests end here, without another call than the converter's
        answers = self._static.get(path)
        if answers is not None and (answer := answers.get(method)) is not None:
            return answer
        before, slash, last = path.rpartition("/")
        stem = self._stems.get(before)
        if stem is not None and slash:
            beside, read, ends = stem
            if last not in beside and (end := ends.get(method)) is not None and (value := read(last)) is not None:
                return end[0], {end[1][0]: value}
        return self._search(method, path, self._any_host)

    def _match_host(self, method: str, path: str, host: str) -> Match:
        name = re.sub(r":[0-9]*\Z", "", host).lower()
        trees = [(self._hosts[name], ())] if name in self._hosts else []
        read = ((pattern(name), tree) for pattern, tree in self._host_patterns)
        patterns = [(tree, tuple(values)) for values, tree in read if values is not None]
        return self._search(method, path, (*trees, *patterns, *self._any_host))

    def _search(self, method: str, path: str, trees: Trees) -> Match:
        seen: list[Ends] = []
        found = find(trees, path, method, seen)
        if found is SLASH:
            return self._redirect(f"{path}/")
        if found is not None:
            return found
        if "//" in path:
            merged = re.sub("/{2,}", "/", path)
            found = find(trees, merged, method, seen)
            if found is not None:
                return self._redirect(f"{merged}/" if found is SLASH else merged)
        if seen:
            return self._other_method(method, seen)
        mounted = self._mounted(path) if self._mounts else None
        return mounted or (self._edges.not_found, _NOTHING)

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


def _tree(entries: Iterable[Entry]) -> Node:
    root = Node()
    for entry in entries:
        names = (*(entry.host.names if entry.host else ()), *entry.rule.names)
        root.add(entry.rule.segments, entry.methods, entry.target, names)
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


HostPattern = tuple[Callable[[str], "list[Any] | None"], Node]
"""How a host is read, and the tree of its rules."""


def _hosts(entries: Iterable[Entry]) -> tuple[dict[str, Node], tuple[HostPattern, ...]]:
    """Return the trees of the hosts that rules name: by name, and by pattern in the order of trying."""
    of_shape: dict[Hashable, tuple[Rule, list[Entry]]] = {}
    for entry in entries:
        if entry.host is not None:
            of_shape.setdefault(entry.host.shape, (entry.host, []))[1].append(entry)
    named: dict[str, Node] = {}
    patterns: list[tuple[Pattern, Node]] = []
    for host, members in of_shape.values():
        segment = host.segments[0]
        if isinstance(segment, str):
            named[segment] = _tree(members)
        else:
            patterns.append((segment, _tree(members)))
    patterns.sort(key=lambda found: found[0].weight)
    return named, tuple((pattern.reader(), tree) for pattern, tree in patterns)
