"""The memory backend: the reference that the others are compared with, for tests and for trying things out.

One writer at a time, from its first write to its end; readers see the last commit. Nothing is kept when the process
ends, and a second process is refused, because it would have a memory of its own.
"""

from __future__ import annotations

import importlib
import mmap
import os
import threading
from typing import Final, final

from newel_data.errors import Conflict, DatabaseUnavailable
from newel_data.models import Models
from newel_data.port import WHOLE, Capability, Drift, SyncReport
from newel_data.rehearsal import Rehearsal
from newel_memory.store import State, empty
from newel_memory.unit import MemoryUnit

CAPABILITIES: Final[frozenset[Capability]] = WHOLE | frozenset[Capability](
    {"concurrent_units", "snapshot_reads", "database_checks", "document_limit"}
)
DEFAULT_LIMIT: Final = 8 * 1024 * 1024


@final
class MemoryBackend:
    """A database in memory, for one generation."""

    name = "memory"
    capabilities = CAPABILITIES
    foreign_keys = False

    def __init__(self, models: Models, *, document_limit: int = DEFAULT_LIMIT, lock_timeout: float = 5.0) -> None:
        self.models: Final = models
        self.document_limit: Final[int | None] = document_limit
        self.state: State = empty(models)
        self._lock: Final = threading.Lock()
        self.lock_timeout: Final = lock_timeout
        self._owner: Final = mmap.mmap(-1, 8)  # shared with forked processes: the first one to begin a unit owns it

    def begin(self, *, read_only: bool) -> MemoryUnit:
        """Begin a unit of work on the last commit."""
        self._refuse_second_process()
        return MemoryUnit(self, self.state)

    def check(self) -> None:
        """There is nothing to connect to."""

    def sync(self, *, dry_run: bool = False) -> SyncReport:
        """There is nothing to create."""
        return SyncReport()

    def verify(self) -> tuple[Drift, ...]:
        """There is nothing that could differ."""
        return ()

    def close(self) -> None:
        """There is nothing to close."""

    def rehearsal(self, suffix: str) -> Rehearsal:
        """Return a memory for tests, beside this one."""
        made: Rehearsal = importlib.import_module("newel_memory.rehearsal").MemoryRehearsal(self)
        return made

    # --- for the unit

    def take_writer(self) -> None:
        """Become the one writer. Raises `Conflict` where another one stays too long."""
        if not self._lock.acquire(timeout=self.lock_timeout):
            raise Conflict(
                f"another unit of work has been writing for {self.lock_timeout} seconds; this one gave up waiting"
            )

    def give_writer(self) -> None:
        """Let another one write."""
        self._lock.release()

    def _refuse_second_process(self) -> None:
        mine = os.getpid().to_bytes(8, "big")
        if self._owner[:] == bytes(8):
            self._owner[:] = mine
        elif self._owner[:] != mine:
            raise DatabaseUnavailable(
                f"the memory database belongs to process {int.from_bytes(self._owner[:], 'big')}, and this one would "
                "see nothing of it: serve from one process, or say [use] database = 'sql'"
            )
