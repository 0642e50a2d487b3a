"""A database for tests: a memory of its own, put back as it was after each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, final

from newel_memory.backend import DEFAULT_LIMIT, MemoryBackend


@final
class MemoryRehearsal:
    """See `newel_data.rehearsal`. Units are what they always are, whoever else must see them."""

    name: Final = "memory"

    def __init__(self, of: MemoryBackend) -> None:
        limit = of.document_limit or DEFAULT_LIMIT
        self.backend: Final = MemoryBackend(of.models, document_limit=limit, lock_timeout=of.lock_timeout)

    @property
    def environment(self) -> Mapping[str, str]:
        """No other process reaches it."""
        return {}

    def create(self) -> None:
        """There is nothing to create."""

    def drop(self) -> None:
        """There is nothing to drop."""

    @contextmanager
    def isolated(self, *, shared: bool) -> Iterator[None]:
        """Put back at the end what was there."""
        before = self.backend.state
        try:
            yield
        finally:
            self.backend.state = before
