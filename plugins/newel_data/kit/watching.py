"""Standing between newel_data and a backend: counting the calls of the port, and letting one of them fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, final

from newel_data.database import Database
from newel_data.kit.harness import Kit

Seen = Callable[[str], None]


@final
class _Watched:
    """Passes everything on to a backend or its units, and tells which method is called before it is."""

    def __init__(self, inner: Any, seen: Seen) -> None:
        self.inner: Final = inner
        self.seen: Final = seen

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.seen(name)
            result = found(*args, **kwargs)
            return _Watched(result, self.seen) if name == "begin" else result

        return call


def watched(kit: Kit, seen: Seen, *, read_only: bool = False) -> Database:
    """Return a database whose calls of the port are told."""
    backend: Any = _Watched(kit.backend, seen)
    return kit.opened(Database(backend, kit.models, read_only=read_only))


@contextmanager
def counted(kit: Kit) -> Iterator[tuple[Database, Counter[str]]]:
    """Run a unit that only reads; yield the database and the calls of the port, by name."""
    calls: Counter[str] = Counter()
    db = watched(kit, lambda name: calls.update([name]), read_only=True)
    try:
        yield db, calls
        db.finish(None)
    finally:
        db.close()


def failing(kit: Kit, method: str, error: BaseException) -> Database:
    """Return a database on which the first call of one method of the port fails."""
    left = [error]

    def fail(name: str) -> None:
        if name == method and left:
            raise left.pop()

    return watched(kit, fail)
