"""The plugin of the memory backend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

import msgspec

from newel import Plugin, hookimpl
from newel.records import Provider
from newel_data.models import Models
from newel_data.port import Backend
from newel_memory.backend import DEFAULT_LIMIT, MemoryBackend


class MemoryConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[memory]`: how much a row may hold, and how long a writer waits for another."""

    document_limit: int = DEFAULT_LIMIT
    """The most bytes of one row."""
    lock_timeout: float = 5.0
    """Seconds that a unit waits for the one that is writing, before `Conflict`."""


class MemoryPlugin(Plugin):
    """Keeps the data of `newel_data` in memory."""

    name: ClassVar[str] = "memory"
    requires: ClassVar[tuple[str, ...]] = ("data",)
    Config: ClassVar[type[Any] | None] = MemoryConfig

    def __init__(self, config: MemoryConfig | None = None) -> None:
        super().__init__(config)
        self.settings: Final = config or MemoryConfig()

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply the backend, once for the application."""
        yield Provider(contract=Backend, scope="app", open=self._open)

    def _open(self, models: Models) -> MemoryBackend:
        settings = self.settings
        return MemoryBackend(models, document_limit=settings.document_limit, lock_timeout=settings.lock_timeout)
