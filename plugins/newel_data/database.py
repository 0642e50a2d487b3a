"""`Database`: what a handler asks for. One unit of work over any backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeVar, final

from newel_data import refusals, writing
from newel_data.errors import DataError, NotFound, WrongType
from newel_data.model import Model
from newel_data.models import Models
from newel_data.port import Backend
from newel_data.query import Query
from newel_data.refusals import refuse
from newel_data.tree import compare, select
from newel_data.unit import UnitOfWork

M = TypeVar("M", bound=Model)


@final
class Database:
    """The database, in one unit of work: a request's, a command's, or one made by hand in a test.

    The unit opens at first use. `finish` commits it, and `close` ends it; the kernel calls both.
    """

    __slots__ = ("_work",)

    __newel_slot__: ClassVar[str] = "database"

    def __init__(self, backend: Backend, models: Models, *, read_only: bool = False) -> None:
        self._work: Final = UnitOfWork(backend, models, read_only=read_only)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            refuse("Database", name, refusals.DATABASE, Database)

    # --- reading

    def query(self, model: type[M]) -> Query[M]:
        """Begin a query of a model."""
        return Query(self._work, self._work.models.table(model))

    def get(self, model: type[M], key: str) -> M:
        """Return the object with that id. Raises `NotFound` (404)."""
        table = self._work.models.table(model)
        declaration = model.__declaration__
        try:
            literal = declaration.rules["id"].literal(key)
        except WrongType:
            raise
        except DataError as error:  # no row can have such an id
            raise NotFound(model.__name__, key) from error
        rows = self._work.select(select(table, where=compare(declaration.targets[table.key], "eq", literal)))
        if not rows:
            raise NotFound(model.__name__, key)
        found: list[M] = declaration.mapper.load(rows, self._work.token)
        return found[0]

    # --- writing: each at the call

    def add(self, obj: M) -> M:
        """Insert an object; it then holds what was stored. Raises `UniqueViolation`, `ConstraintViolation`, ..."""
        writing.add(self._work, obj)
        return obj

    def add_all(self, objects: Iterable[M]) -> list[M]:
        """Insert objects, all or none; every one is checked before the first is written."""
        listed = list(objects)
        writing.add_all(self._work, listed)
        return listed

    def save(self, obj: M) -> M:
        """Write what changed of an object that was loaded or added. Raises `StaleWrite` where nothing matched."""
        writing.save(self._work, obj)
        return obj

    def delete(self, obj: Model) -> None:
        """Delete an object's row, and what cascades from it. Raises `StaleWrite` where nothing matched."""
        writing.remove(self._work, obj)

    def upsert(self, obj: M, *, by: Any) -> M:
        """Insert an object, or overwrite the row with the same values in a unique set: `by=(Notice.title,)`.

        The object then holds what was stored: of an existing row the id, and its next version.
        """
        writing.insert_or_overwrite(self._work, obj, by)
        return obj

    # --- the unit

    def atomic(self) -> AbstractContextManager[None]:
        """Let what is inside succeed or fail as one: it joins the unit, and an error inside fails all of it."""
        return self._work.atomic()

    def on_commit(self, run: Callable[[], object]) -> None:
        """Run a function after the commit, and not after a rollback; its failure is logged, not raised."""
        self._work.on_commit(run)

    @property
    def native(self) -> Any:
        """The driver's own in the same unit: a SQLAlchemy Session, a PyMongo Database."""
        return self._work.native()

    def mapped(self, model: type[Model]) -> Any:
        """The native twin of a model (SQL: a mapped class)."""
        return self._work.mapped(self._work.models.table(model))

    # --- how it ends: for the kernel, and for tests

    def finish(self, status: int | None = None) -> None:
        """Commit, before a response of that status is sent; None outside a request."""
        self._work.finish(status)

    def close(self) -> None:
        """End the unit; what was not finished is rolled back."""
        self._work.close()
