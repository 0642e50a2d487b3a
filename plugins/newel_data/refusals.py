"""What people look for and will not find, because it is not the same on every backend; and what to do instead.

Each entry is a name that other libraries have. Asking for it raises `NotPortable`; type checkers know none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from newel.errors import nearest
from newel_data.errors import NotPortable

_PATTERNS: Final = (
    "a pattern or regular expression",
    "each server has its own syntax, and its own idea of case",
    "contains(), prefix() or suffix(), which take their text literally",
)
_FULL_TEXT: Final = (
    "full text search",
    "each server splits and ranks words in its own way",
    "db.native, or a search engine",
)
_JSON_PATH: Final = (
    "a query inside of JSON",
    "paths and their types differ everywhere",
    "store it in a field of its own",
)
_SET_OPERATION: Final = ("a union of queries", "not every backend has it", "an | of conditions, or two queries")
_LOCKING: Final = ("locking rows", "it does nothing on SQLite and MongoDB", "a version() field, and retries")
_NATIVE: Final = ("this kind of query", "it cannot be the same everywhere", "db.native")
_SAVEPOINT: Final = ("a savepoint", "not every backend has one", "an error fails the whole unit: use a second request")

COLUMN: Final = {
    **dict.fromkeys(
        ("like", "ilike", "regex", "regexp_match", "matches", "match", "startswith", "endswith"), _PATTERNS
    ),
    "search": _FULL_TEXT,
    "path": _JSON_PATH,
}
QUERY: Final = {
    **dict.fromkeys(("union", "union_all", "intersect", "except_"), _SET_OPERATION),
    **dict.fromkeys(("for_update", "with_for_update", "select_for_update"), _LOCKING),
    **dict.fromkeys(("having", "window", "over", "cte", "join", "outerjoin", "raw"), _NATIVE),
    "random": ("a random order", "servers draw differently", "random.sample of the keys"),
    "search": _FULL_TEXT,
}
DATABASE: Final = {
    **dict.fromkeys(("savepoint", "begin_nested", "begin"), _SAVEPOINT),
    **dict.fromkeys(("execute", "raw", "text"), _NATIVE),
}

Refusals = Mapping[str, tuple[str, str, str]]


def refuse(owner: str, name: str, refusals: Refusals, known: type) -> NoReturn:
    """Raise what asking for an unknown attribute deserves: `NotPortable`, or an `AttributeError` with the nearest."""
    if name in refusals:
        feature, reason, instead = refusals[name]
        raise NotPortable(f"{owner}.{name}: {feature}", reason, instead)
    near = nearest(name, [each for each in dir(known) if not each.startswith("_")])
    hint = f"; did you mean {near!r}?" if near else ""
    raise AttributeError(f"{owner} has no {name!r}{hint}", name=name)
