"""Counting what a unit asks of its backend, for cases that promise how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, final

from newel_data.database import Database
from newel_data.kit.harness import Kit


@final
class _Counting:
    """Passes everything on, and counts the calls."""

    def __init__(self, inner: Any, calls: Counter[str]) -> None:
        self.inner: Final = inner
        self.calls: Final = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        def counted_call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            result = found(*args, **kwargs)
            return _Counting(result, self.calls) if name == "begin" else result

        return counted_call


@contextmanager
def counted(kit: Kit) -> Iterator[tuple[Database, Counter[str]]]:
    """Run a unit that only reads; yield the database and the calls of the port, by name."""
    calls: Counter[str] = Counter()
    backend: Any = _Counting(kit.backend, calls)
    db = Database(backend, kit.models, read_only=True)
    try:
        yield db, calls
        db.finish(None)
    finally:
        db.close()
