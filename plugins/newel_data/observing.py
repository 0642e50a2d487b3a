"""Units that take down what runs in them: every statement of any backend, with its duration and who asked for it.

Loaded in development, and where the logger "newel.data.queries" is at debug level when the first unit is made. It
stands between newel_data and a backend's units, and so sees every backend alike; what goes through `db.native` it does
not see.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from time import perf_counter
from typing import Any, Final, TypeVar, cast, final

from newel.scope import Scope
from newel_data.callers import caller
from newel_data.database import Database
from newel_data.models import Models
from newel_data.port import Backend, Row, Unit
from newel_data.querylog import Kind, LoggedQuery, QueryLog
from newel_data.schema import Table
from newel_data.telling import Insert, Telling, Tree, text_of, values_of
from newel_data.tree import Aggregate, Delete, Select, Update, Upsert
from newel_data.units import Units, only_reads

T = TypeVar("T")
Tell = Callable[[Tree], str]


@final
class ObservedUnits(Units):
    """Makes units of work whose statements are in the `QueryLog` of the scope."""

    def __init__(self, backend: Backend, models: Models, *, values: bool) -> None:
        super().__init__(backend, models)
        self._tell: Final = backend.told if isinstance(backend, Telling) else text_of
        # SECURITY: values are shown to whoever develops the application, and to no log of production.
        self._values: Final = values_of if values else _nothing

    def database(self, scope: Scope) -> Database:
        """Make a unit of work."""
        seen = cast("Backend", ObservedBackend(self.backend, scope[QueryLog], self._tell, self._values))
        return Database(seen, self.models, read_only=only_reads(scope))


def _nothing(tree: Tree) -> str:
    return ""


@final
class ObservedBackend:
    """A backend for one scope. All but its units is the other's."""

    __slots__ = ("_backend", "_log", "_statement", "_values")

    def __init__(self, backend: Backend, log: QueryLog, statement: Tell, values: Tell) -> None:
        self._backend: Final = backend
        self._log: Final = log
        self._statement: Final = statement
        self._values: Final = values

    def begin(self, *, read_only: bool) -> Unit:
        """Begin a unit that takes down what runs in it."""
        return cast("Unit", ObservedUnit(self._backend.begin(read_only=read_only), self._note))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def _note(self, kind: Kind, tree: Tree, seconds: float, rows: int, at: str, error: BaseException | None) -> None:
        self._log.add(
            LoggedQuery(
                kind=kind,
                statement=self._statement(tree),
                values=self._values(tree),
                milliseconds=seconds * 1000,
                rows=rows,
                caller=at,
                shape=tree.shape,
                error=type(error).__name__ if error is not None else "",
            )
        )


Note = Callable[[Kind, Tree, float, int, str, BaseException | None], None]


@final
class ObservedUnit:
    """One unit of a backend. What is no statement is the other's."""

    __slots__ = ("_note", "_unit")

    def __init__(self, unit: Unit, note: Note) -> None:
        self._unit: Final = unit
        self._note: Final = note

    def select(self, select: Select) -> Sequence[Row]:
        """Return all rows."""
        return self._ran("select", select, lambda: self._unit.select(select), len)

    def aggregate(self, aggregate: Aggregate) -> Sequence[Row]:
        """Return one row for each group."""
        return self._ran("aggregate", aggregate, lambda: self._unit.aggregate(aggregate), len)

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows."""
        self._ran("insert", Insert(table, rows), lambda: self._unit.insert(table, rows), lambda _: len(rows))

    def update(self, update: Update) -> int:
        """Change rows."""
        return self._ran("update", update, lambda: self._unit.update(update), int)

    def delete(self, delete: Delete) -> int:
        """Remove rows."""
        return self._ran("delete", delete, lambda: self._unit.delete(delete), int)

    def upsert(self, upsert: Upsert) -> Row:
        """Insert a row or overwrite one."""
        return self._ran("upsert", upsert, lambda: self._unit.upsert(upsert), lambda _: 1)

    def stream(self, select: Select, size: int) -> Iterator[Sequence[Row]]:
        """Yield the rows from a cursor. What is taken down is the time spent on reading them."""
        return self._streamed(select, self._unit.stream(select, size), caller())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def _ran(self, kind: Kind, tree: Tree, run: Callable[[], T], count: Callable[[T], int]) -> T:
        began = perf_counter()
        try:
            found = run()
        except BaseException as error:
            self._note(kind, tree, perf_counter() - began, 0, caller(), error)
            raise
        self._note(kind, tree, perf_counter() - began, count(found), caller(), None)
        return found

    def _streamed(
        self, select: Select, batches: Iterator[Sequence[Row]], at: str
    ) -> Generator[Sequence[Row], None, None]:
        spent, rows, failure = 0.0, 0, None
        try:
            while True:
                began = perf_counter()
                batch = next(batches, None)
                spent += perf_counter() - began
                if batch is None:
                    break
                rows += len(batch)
                yield batch
        except Exception as error:
            failure = error
            raise
        finally:
            if isinstance(batches, Generator):
                batches.close()
            self._note("select", select, spent, rows, at, failure)
