"""A place for a database that nobody keeps: `sqlite://`.

NOTE: SQLite's own database in memory belongs to one connection, and units would wait for each other: a session could
not be saved while a response streams. A file in memory (or in the folder for temporary files) has none of these limits.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Final, final

_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # a folder in memory, where the system has it


@final
class Scratch:
    """A folder of one process (and its forks), removed by `remove`, or at the end of the process that made it."""

    __slots__ = ("__weakref__", "_remove", "folder")

    def __init__(self) -> None:
        self.folder: Final = Path(tempfile.mkdtemp(prefix="newel-sql-", dir=in_memory()))
        self._remove: Final = weakref.finalize(self, _remove, str(self.folder), os.getpid())

    def remove(self) -> None:
        """Remove the folder with what is in it. May be called twice."""
        self._remove()


def in_memory() -> Path:
    """Return a folder in memory, or the one for temporary files where the system has none."""
    usable = os.access(_SHARED_MEMORY, os.W_OK | os.X_OK)
    return _SHARED_MEMORY if usable else Path(tempfile.gettempdir())


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
