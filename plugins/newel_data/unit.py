"""A unit of work: all or nothing, over any backend.

What the contract says of units is here and nowhere else: a unit opens at first use; a database error rolls it back at
once, later reads run in a fresh read-only unit and later writes raise `UnitFailed`; a unit that only reads stays open
until it is closed, so that a response can stream from it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar, cast, final

from newel_data.errors import NotPortable, ReadOnly, UnitClosed, UnitFailed
from newel_data.models import Models
from newel_data.port import Backend, Row, Unit
from newel_data.profiles import SingleWrite
from newel_data.schema import Table
from newel_data.tree import Aggregate, Delete, Select, Update, Upsert

T = TypeVar("T")

_LOG: Final = logging.getLogger("newel.data")


@final
class Token:
    """What an object holds of the unit that it was read or written in: whether that was rolled back."""

    __slots__ = ("lost",)

    def __init__(self) -> None:
        self.lost = False


@final
class UnitOfWork:
    """One request's (or command's) unit. Not for several threads."""

    __slots__ = ("_abandoned", "_callbacks", "_closed", "_finished", "_process", "_streams", "_unit", "backend",
                 "failure", "models", "read_only", "token")  # fmt: skip

    def __init__(self, backend: Backend, models: Models, *, read_only: bool) -> None:
        self.backend: Final = backend
        self.models: Final = models
        self.read_only: Final = read_only
        self.failure: BaseException | None = None
        self.token = Token()
        self._unit: Unit | None = None
        self._abandoned: Unit | None = None
        self._streams: list[Iterator[Sequence[Row]]] = []
        self._callbacks: list[Callable[[], object]] = []
        self._finished = False
        self._closed = False
        self._process: Final = os.getpid()

    # --- the five things, and the rest of the port

    def select(self, tree: Select) -> Sequence[Row]:
        """Read rows."""
        unit = self._unit or self._open()
        try:
            return unit.select(tree)
        except BaseException as error:
            self.fail(error)
            raise

    def aggregate(self, tree: Aggregate) -> Sequence[Row]:
        """Group and compute."""
        unit = self._unit or self._open()
        try:
            return unit.aggregate(tree)
        except BaseException as error:
            self.fail(error)
            raise

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows."""
        self._run(self._writer(), lambda unit: unit.insert(table, rows))

    def update(self, tree: Update) -> int:
        """Change rows; return how many matched."""
        return self._run(self._writer(), lambda unit: unit.update(tree))

    def delete(self, tree: Delete) -> int:
        """Remove rows; return how many matched."""
        return self._run(self._writer(), lambda unit: unit.delete(tree))

    def upsert(self, tree: Upsert) -> Row:
        """Insert or overwrite a row; return it."""
        return self._run(self._writer(), lambda unit: unit.upsert(tree))

    def native(self) -> Any:
        """Return the driver's own, in this unit."""
        unit = self._unit or self._open()
        try:
            return unit.native(self.abandon)
        except NotPortable:
            raise
        except BaseException as error:
            self.fail(error)
            raise

    def mapped(self, table: Table) -> Any:
        """Return the native twin of a model."""
        return (self._unit or self._open()).mapped(table)

    def stream(self, tree: Select, size: int) -> Generator[Sequence[Row]]:
        """Yield rows from a cursor. Raises `UnitClosed` where the unit ended before the rows did."""
        batches = self._run(self._unit or self._open(), lambda unit: unit.stream(tree, size))
        self._streams.append(batches)
        try:
            yield from batches
        except Exception as error:
            self.fail(error)
            raise
        finally:
            was_open = self._forget(batches)
            _close(batches)
        if not was_open:
            raise UnitClosed(
                "the unit of work ended while this query was still being read; what came before is partial"
            )

    # --- how it ends

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Let what is inside succeed or fail as one with the whole unit: an error inside fails the unit."""
        self.require_open()
        try:
            yield
        except BaseException as error:
            self.fail(error)
            raise

    def on_commit(self, run: Callable[[], object]) -> None:
        """Run a function after the commit; never after a rollback."""
        self.require_open()
        self._callbacks.append(run)

    def fail(self, error: BaseException) -> None:
        """Roll back at once, because of this error. What was read so far is detached; reading goes on in a new unit."""
        if self.failure is None or self._abandoned is not None:  # of one error, this is what the contract calls it
            self.failure = error
        self.token.lost = True
        self.token = Token()
        self._end()

    def abandon(self, error: BaseException) -> None:
        """Give the unit up, because of an error of the driver's own. That is under way still: the unit ends later."""
        if self.failure is None:
            self.failure = error
        self._abandoned, self._unit = self._unit or self._abandoned, None
        self.token.lost = True
        self.token = Token()

    def finish(self, status: int | None) -> None:
        """Commit, before a response of that status is sent (None: outside a request).

        Raises what the commit raises; `UnitFailed` for a success after a swallowed error; `UnitClosed` where a unit
        that may write still reads a query.
        """
        if self.failure is not None:
            if self._abandoned is not None:
                self._end()
            self._refuse_success(status)
        elif not self.read_only:
            self._commit()
        self._call_back()

    def close(self) -> None:
        """End the unit; what was not finished is rolled back."""
        lost = not (self.read_only or self._finished)
        self._closed = True
        self._end()
        self.token.lost |= lost

    def require_open(self) -> None:
        """Refuse the use of a unit that is over."""
        if self._closed or self._finished:
            raise UnitClosed(
                "the unit of work is over: it was committed before the response was sent. "
                "Do this in the handler, or in a unit of its own (app.scope())"
            )
        if os.getpid() != self._process:
            raise UnitClosed(
                f"the unit of work belongs to process {self._process}, which began it, and this is a fork of it: "
                "begin a unit here (app.scope())"
            )

    def require_writable(self) -> None:
        """Refuse a write, before anything of it was looked at, where the unit takes none."""
        self.require_open()
        if self.read_only:
            raise ReadOnly("this unit only reads: a route whose methods are all safe (GET, HEAD) changes nothing")
        if self.failure is not None:
            raise UnitFailed(
                f"the unit had failed and was rolled back ({self.failure!r}); nothing more can be written in it"
            ) from self.failure
        if self._streams:
            raise NotPortable(
                "writing while a query is streamed in the same unit",
                "what the cursor then sees differs everywhere",
                "page(), all(), or update() on the query",
            )

    # --- inner parts

    def _open(self) -> Unit:
        self.require_open()
        if self._abandoned is not None:
            self._end()
        reads = self.read_only or self.failure is not None
        try:
            unit = self.backend.begin(read_only=reads)
        except BaseException as error:
            self.fail(error)
            raise
        alone = not reads and "transactions" not in self.backend.capabilities
        self._unit = cast("Unit", SingleWrite(unit, self.backend.name)) if alone else unit
        return self._unit

    def _writer(self) -> Unit:
        self.require_writable()
        return self._unit or self._open()

    def _run(self, unit: Unit, run: Callable[[Unit], T]) -> T:
        try:
            return run(unit)
        except BaseException as error:
            self.fail(error)
            raise

    def _commit(self) -> None:
        self.require_open()
        if self._streams:
            self._refuse_streams()
        unit, self._unit = self._unit, None
        self._finished = True
        if unit is None:
            return
        try:
            unit.commit()
        except BaseException as error:
            self.failure = error
            self.token.lost = True
            unit.rollback()
            raise

    def _refuse_streams(self) -> NoReturn:
        error = UnitClosed(
            "a query is still being read, and the unit that may write is about to be committed, which ends its cursor. "
            "Read it to its end with .all(), or stream from a route whose methods are all safe"
        )
        self.fail(error)
        raise error

    def _refuse_success(self, status: int | None) -> None:
        if status is None or status < 400:
            raise UnitFailed(
                f"a database error was caught ({self.failure!r}), and success was reported although everything was "
                "rolled back. Answer with a status of 400 or more, or let the error out"
            ) from self.failure

    def _call_back(self) -> None:
        callbacks, self._callbacks = self._callbacks, []
        if self.failure is not None:
            return
        for run in callbacks:
            try:
                run()
            except Exception:  # noqa: BLE001
                _LOG.exception("on_commit: %r failed; what was committed stays", run)

    def _end(self) -> None:
        """Give up the open unit, if there is one: streams first. A fork leaves its parent's alone."""
        if os.getpid() != self._process:
            return
        streams, self._streams = self._streams, []
        units, self._unit, self._abandoned = (self._unit, self._abandoned), None, None
        try:
            for batches in streams:
                _close(batches)
        finally:
            for unit in units:
                if unit is not None:
                    unit.rollback()

    def _forget(self, batches: Iterator[Sequence[Row]]) -> bool:
        """Take a stream off the list; tell whether it stood there still."""
        before = len(self._streams)
        self._streams = [stream for stream in self._streams if stream is not batches]
        return len(self._streams) < before


def _close(batches: Iterator[Sequence[Row]]) -> None:
    if isinstance(batches, Generator):
        batches.close()
