"""How the kit runs: a `Kit` holds one backend with the kit's models; a `Case` is one promise of the contract.

Each case begins with empty tables. A case that needs what a server does not have is not run there, and is told as such
(`cases(...)`, `left_out(...)`); none is ever expected to fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, Final, TypeVar, final

import msgspec

from newel_data.database import Database
from newel_data.kit.faults import Faults
from newel_data.kit.models import MODELS
from newel_data.kit.patience import patiently
from newel_data.model import Model
from newel_data.models import Models
from newel_data.port import WHOLE, Backend, Capability
from newel_data.profiles import Profile, suits
from newel_data.schema import Table
from newel_data.tree import Change, delete, update

E = TypeVar("E", bound=BaseException)

OpenBackend = Callable[[Models], Backend]


@final
class Kit:
    """One backend under test, with tables of the kit's models.

    `open_backend` makes a backend of a closed set of models; `models` says of which others (generated ones). `faults`
    breaks its connections; a case that needs them and has none fails, so that none is left out in silence. `profile` is
    of a database that does not keep the whole contract: models that it cannot have are left out.
    """

    def __init__(
        self,
        open_backend: OpenBackend,
        models: Models | None = None,
        *,
        faults: Faults | None = None,
        profile: Profile | None = None,
    ) -> None:
        self.models: Final = models or (Models(MODELS) if profile is None else Models(suited(profile)))
        self._open_backend: Final = open_backend
        self._faults: Final = faults
        self._opened: Final[list[Database]] = []
        self.backend = open_backend(self.models)
        self.backend.sync()

    @property
    def faults(self) -> Faults:
        """What breaks the connections of the backend."""
        if self._faults is None:
            raise ValueError(
                "this case breaks connections, and the kit has nothing to break them with: let the backend connect "
                "through a newel_data.kit.Proxy, and give it to the kit: Kit(open_backend, faults=proxy)"
            )
        return self._faults

    def database(self, *, read_only: bool = False) -> Database:
        """Return a database whose unit the case ends itself."""
        return self.opened(Database(self.backend, self.models, read_only=read_only))

    def opened(self, db: Database) -> Database:
        """Remember a database, to be closed with the case whatever becomes of it."""
        self._opened.append(db)
        return db

    def release(self) -> None:
        """Close what a case opened and, failing, left open: another unit might wait for it."""
        while self._opened:
            self._opened.pop().close()

    @contextmanager
    def unit(self, *, read_only: bool = False, status: int | None = None) -> Iterator[Database]:
        """Run one unit: committed at the end, rolled back by an error."""
        db = Database(self.backend, self.models, read_only=read_only)
        try:
            yield db
            db.finish(status)
        finally:
            db.close()

    def stored(self, *objects: Any) -> None:
        """Store objects in a unit of its own; in one each, where there are no transactions."""
        whole = "transactions" in self.backend.capabilities
        for together in [objects] if whole else [(obj,) for obj in objects]:
            with self.unit() as db:
                for obj in together:
                    db.add(obj)

    def clean(self) -> None:
        """Empty all tables, by the port itself."""
        self.release()
        patiently(self._empty)

    def _empty(self) -> None:
        unit = self.backend.begin(read_only=False)
        try:
            for table in reversed(self.models.tables):
                for field in _own_references(table):
                    unit.update(update(table, (Change(field, "set", None),)))
                unit.delete(delete(table))
            unit.commit()
        except BaseException:
            unit.rollback()
            raise

    def reopen(self) -> None:
        """Close the backend, and open it again on the same database."""
        self.release()
        self.backend.close()
        self.backend = self._open_backend(self.models)

    def close(self) -> None:
        """Close the backend."""
        self.backend.close()


def _own_references(table: Table) -> Iterator[Any]:
    for field in table.references:
        if field.nullable and field.reference is not None and field.reference.target is table.model:
            yield field


def suited(profile: Profile) -> tuple[type[Model], ...]:
    """Return the kit's models that a database can have: what they ask for it has, and so has what they refer to."""
    found: tuple[type[Model], ...] = ()
    for table in Models(MODELS).tables:  # what is referred to comes first
        targets = {field.reference.target for field in table.references if field.reference is not None}
        if suits(profile, table) and targets <= {*found, table.model}:
            found += (table.model,)
    return found


@final
class Case(msgspec.Struct, frozen=True, eq=False):
    """One promise: the row of the contract that it belongs to, what it needs, and the function that shows it."""

    row: str
    name: str
    needs: frozenset[Capability]
    run: Callable[[Kit], None]

    def can_run(self, capabilities: frozenset[Capability]) -> bool:
        """Tell whether a database with these capabilities has what the case needs: of itself, and for its models."""
        if not self.needs <= capabilities:
            return False
        profile = Profile(name="the database", capabilities=capabilities)
        return capabilities >= WHOLE or used_by(self.run) <= set(suited(profile))

    def __call__(self, kit: Kit) -> None:
        """Run the case, on empty tables."""
        kit.clean()
        try:
            self.run(kit)
        finally:
            kit.release()

    def __str__(self) -> str:
        return f"{self.row}: {self.name}"


def used_by(run: Callable[[Kit], None]) -> set[Any]:
    """Return the kit's models that a function names, itself or in the functions that it calls."""
    models, found = set(MODELS), set[Any]()
    waiting = [(run.__code__, run.__globals__)]
    for code, known in waiting:
        things = [known.get(name) for name in code.co_names]
        found |= {thing for thing in things if isinstance(thing, type) and thing in models}
        called = [(each.__code__, each.__globals__) for each in things if isinstance(each, FunctionType)]
        inner = [(each, known) for each in code.co_consts if isinstance(each, CodeType)]
        waiting += [each for each in (*called, *inner) if each not in waiting]
    return found


def case(row: str, *, needs: Sequence[Capability] = ()) -> Callable[[Callable[[Kit], None]], Case]:
    """Make a case of a function; its name says what it shows."""

    def made(run: Callable[[Kit], None]) -> Case:
        return Case(row, run.__name__.replace("_", " "), frozenset(needs), run)

    return made


@contextmanager
def raises(error: type[E]) -> Iterator[list[E]]:
    """Show that the block raises this error; it is put into the list."""
    caught: list[E] = []
    try:
        yield caught
    except error as found:
        caught.append(found)
        return
    raise AssertionError(f"nothing raised {error.__name__}")
