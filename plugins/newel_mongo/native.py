"""`db.native`: the PyMongo Database with the unit's session in every operation, because PyMongo forgets the session.

NOTE: PyMongo 4.17's `session.bind()` is not used: it binds whatever runs in the context, so that another client of the
handler's is refused, and a response that streams later reads in a transaction that is over.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn, Self, final

from pymongo.collection import Collection
from pymongo.command_cursor import CommandCursor
from pymongo.cursor import Cursor
from pymongo.database import Database
from pymongo.errors import PyMongoError

from newel_data.errors import ReadOnly
from newel_mongo.connections import Mongo, Session

_READING: Final = frozenset({
    "aggregate", "count_documents", "distinct", "estimated_document_count", "find", "find_one", "find_raw_batches",
    "index_information", "list_collection_names", "list_collections", "list_indexes", "options",
})  # fmt: skip
_PASSING_ON: Final = frozenset({"find", "find_one", "find_raw_batches"})
"""Methods that take a session and do not name it: they pass on whatever they are given."""

_WRITING_STAGES: Final = frozenset({"$out", "$merge"})


@final
class InUnit:
    """What makes operations of PyMongo those of a unit: its session, its read-only state, its end, its failure.

    `session()` gives the session of the unit at the moment of an operation, or raises `UnitClosed`; `failed` is told of
    every error of PyMongo.
    """

    __slots__ = ("_failed", "_read_only", "_session")

    def __init__(
        self, session: Callable[[], Session | None], failed: Callable[[BaseException], object], *, read_only: bool
    ) -> None:
        self._session: Final = session
        self._failed: Final = failed
        self._read_only: Final = read_only

    def attribute(self, inner: Any, name: str) -> Any:
        """Return an attribute of PyMongo's object; a method that takes a session gets this unit's."""
        found = getattr(inner, name)
        if not callable(found) or not (name in _PASSING_ON or "session" in inspect.signature(found).parameters):
            return found
        return functools.partial(self._run, _reading(found, name) if self._read_only else found)

    def _run(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        session = self._session()
        if session is not None:
            options["session"] = session
        with self.telling():
            found = method(*args, **options)
        return BoundCursor(found, self) if isinstance(found, (Cursor, CommandCursor)) else found

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell of an error of PyMongo."""
        try:
            yield
        except PyMongoError as error:
            self._failed(error)
            raise


@final
class BoundDatabase:
    """A Database in a unit's session: `db.native["notice"]` is a collection, its methods are PyMongo's."""

    def __init__(self, database: Mongo, unit: InUnit) -> None:
        self._inner: Final = database
        self._unit: Final = unit

    def __getitem__(self, name: str) -> BoundCollection:
        return BoundCollection(self._inner[name], self._unit)

    def __getattr__(self, name: str) -> Any:
        if not hasattr(Database, name) and name not in {"name", "client"}:
            return self[name]
        return self._unit.attribute(self._inner, name)

    def get_collection(self, name: str, *args: Any, **options: Any) -> BoundCollection:
        """Return a collection, with options of its own."""
        return BoundCollection(self._inner.get_collection(name, *args, **options), self._unit)

    def with_options(self, *args: Any, **options: Any) -> BoundDatabase:
        """Return the same database with other options."""
        return BoundDatabase(self._inner.with_options(*args, **options), self._unit)

    def __repr__(self) -> str:
        return f"<{self._inner!r} in a unit of work>"


@final
class BoundCollection:
    """A Collection in a unit's session."""

    def __init__(self, collection: Collection[Any], unit: InUnit) -> None:
        self._inner: Final = collection
        self._unit: Final = unit

    def __getitem__(self, name: str) -> BoundCollection:
        return BoundCollection(self._inner[name], self._unit)

    def __getattr__(self, name: str) -> Any:
        if not hasattr(Collection, name) and name not in {"name", "database"}:
            return self[name]
        return self._unit.attribute(self._inner, name)

    def with_options(self, *args: Any, **options: Any) -> BoundCollection:
        """Return the same collection with other options."""
        return BoundCollection(self._inner.with_options(*args, **options), self._unit)

    def __repr__(self) -> str:
        return f"<{self._inner!r} in a unit of work>"


@final
class BoundCursor:
    """A cursor of PyMongo in a unit: the server is asked when it is read, so that what fails then fails the unit."""

    def __init__(self, cursor: Any, unit: InUnit) -> None:
        self._inner: Final = cursor
        self._unit: Final = unit

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        with self._unit.telling():
            return next(self._inner)

    def __getitem__(self, place: Any) -> Any:
        with self._unit.telling():
            return self._same(self._inner[place])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return functools.partial(self._run, found) if inspect.ismethod(found) else found

    def __repr__(self) -> str:
        return f"<{self._inner!r} in a unit of work>"

    def _run(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        with self._unit.telling():
            return self._same(method(*args, **options))

    def _same(self, found: Any) -> Any:
        """Return what a method returned; this one where it is the cursor, as of `sort` and `limit`."""
        return self if found is self._inner else found


def _reading(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a method of a unit that only reads: it has no transaction, so what writes is refused here."""
    if name not in _READING:
        return functools.partial(_refuse, name)
    if name != "aggregate":
        return method

    def aggregate(pipeline: Any, *args: Any, **options: Any) -> Any:
        if any(_WRITING_STAGES & set(stage) for stage in pipeline):
            _refuse("aggregate() with $out or $merge")
        return method(pipeline, *args, **options)

    return aggregate


def _refuse(name: str, *args: Any, **options: Any) -> NoReturn:
    raise ReadOnly(f"this unit only reads, and db.native was to run {name}")
