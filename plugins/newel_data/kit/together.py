"""Several threads at once, and what became of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, final

import msgspec

K = TypeVar("K")


@final
class End(msgspec.Struct, frozen=True):
    """How a thread ended: with what error, if any, and after how many seconds."""

    error: Exception | None
    seconds: float


def at_once(calls: Mapping[K, Callable[[], object]]) -> dict[K, End]:
    """Run each call in a thread, all of them at once; return how each ended."""
    ready, ends = threading.Barrier(len(calls)), dict[K, End]()

    def run(name: K, call: Callable[[], object]) -> None:
        ready.wait()
        started, error = time.monotonic(), None
        try:
            call()
        except Exception as caught:  # noqa: BLE001  -- the case says which it should be
            error = caught
        ends[name] = End(error, time.monotonic() - started)

    threads = [threading.Thread(target=run, args=each) for each in calls.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def all_well(ends: Iterable[End]) -> None:
    """Show that no thread ended with an error."""
    for end in ends:
        if end.error is not None:
            raise end.error
