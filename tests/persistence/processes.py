"""What other processes do to a database: they are given its URL, and open a backend of their own."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.pool import Pool
from typing import Any, ClassVar, Final, final

from newel_data import Conflict, Database, DatabaseUnavailable
from newel_data.kit import Kit
from newel_data.kit.models import Account
from newel_data.kit.patience import step_aside
from newel_data.kit.races import PURSES, RACES, run_in_threads, transfer
from tests.databases import backend_at
from tests.services import PATIENCE

PROCESSES: Final = 4
THREADS: Final = 2
"""Of each process."""

_PATIENT: Final = 20.0
"""Seconds that a process waits for a lock: SQLite has one writer, and does not say who is next."""


@contextmanager
def pool() -> Iterator[Pool]:
    """Run four processes that share nothing with this one."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, _begin, (context.Barrier(PROCESSES),)) as processes:
        yield processes
        processes.close()
        processes.join()


@final
class _Process:
    """What one of the four processes keeps from race to race. NOTE: a barrier can only be given to it at its start."""

    together: ClassVar[Any] = None
    kits: ClassVar[dict[str, Kit]] = {}


def _begin(barrier: Any) -> None:
    _Process.together = barrier


def race(url: str, name: str, number: int) -> None:
    """Run a process's part of a race, at the same time as the other processes run theirs."""
    if url not in _Process.kits:
        _Process.kits[url] = Kit(partial(backend_at, url, timeout=_PATIENT))
    _Process.together.wait(PATIENCE)
    run_in_threads(_Process.kits[url], RACES[name], range(number * THREADS, (number + 1) * THREADS))


# --- an application that is killed


def _transfer_for_ever(kit: Kit, number: int) -> None:
    giver = number
    while True:
        giver = (giver + 1) % PURSES
        try:
            with kit.unit() as db:
                transfer(db, giver, (giver + 1 + number % 3) % PURSES)
                count(db)
        except (Conflict, DatabaseUnavailable):
            step_aside()
            continue
        sys.stdout.write("committed\n")
        sys.stdout.flush()


def count(db: Database) -> None:
    """Count a transfer, in the unit that has made it."""
    db.query(Account).where(Account.code == "counter").update(hits=Account.hits + 1)


def main(url: str) -> None:
    """Move money about, in four threads, until this process is killed."""
    kit = Kit(partial(backend_at, url, timeout=_PATIENT))
    threads = [threading.Thread(target=_transfer_for_ever, args=(kit, number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:  # PyMongo looks for no server any more once the main thread has ended
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
