"""What a backend offers to tests: a database of their own, and a way to undo what a test did.

It stands beside the port: an application is served without it. A backend that has it is a `Rehearsable`, and
`newel_data.testing` makes of it what a test needs, on every backend alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from newel_data.port import Backend


class Rehearsal(Protocol):
    """A database for tests, beside the application's own. Making one connects to nothing and creates nothing."""

    @property
    def name(self) -> str:
        """What it is called, with the server it is on: two rehearsals of one name share one database."""
        ...

    @property
    def backend(self) -> Backend:
        """The backend over it, to be used in place of the application's."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead another process to it: `NEWEL_SQL__URL`. Nothing, where none can reach it."""
        ...

    def create(self) -> None:
        """Create it, empty and without a schema. Raises `ProblemError` where that is not allowed."""
        ...

    def drop(self) -> None:
        """Remove it with all that is in it."""
        ...

    def isolated(self, *, shared: bool) -> AbstractContextManager[None]:
        """Undo at the end what units of work of this backend commit in the block. The schema is there.

        `shared` says that other threads or processes must see what is committed. Without it, a database that can
        roll back runs every unit inside one transaction that is never committed: a unit that fails undoes itself
        only, and one that commits is undone at the end.
        """
        ...


@runtime_checkable
class Rehearsable(Protocol):
    """A backend that can be tested with."""

    def rehearsal(self, suffix: str) -> Rehearsal:
        """Return a database for tests, named as the application's with a suffix: letters, digits, underscores."""
        ...
