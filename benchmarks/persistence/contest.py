"""All contestants of a server: their answers are compared first, then they are timed in turn, round by round."""

from __future__ import annotations

import contextlib
import statistics
import sys
from collections.abc import Iterator, Sequence
from typing import Final, final

from benchmarks.contest import DifferentAnswer
from benchmarks.persistence.rows import CONTESTANTS, MEMORY, MEMORY_SERVER, NEWEL, Row
from benchmarks.persistence.servers import NewDatabase
from benchmarks.persistence.worker import Order
from benchmarks.process import Process

Times = dict[str, float]
"""Microseconds by contestant."""


@final
class Worker:
    """The process of one contestant on a database of its own."""

    def __init__(self, name: str, server: str, url: str) -> None:
        self.name: Final = name
        self._process: Final = Process("benchmarks.persistence.worker", CONTESTANTS[name], server, url)
        self.close: Final = self._process.close

    def answer(self, row: Row) -> str:
        """Do the operation once."""
        return self._process.do(Order("answer", row.operation.name, row.own_unit), str)

    def us(self, row: Row) -> float:
        """Time a batch of the operation; microseconds for one."""
        return self._process.do(Order("time", row.operation.name, row.own_unit), float)


@contextlib.contextmanager
def workers(server: str, peers: Sequence[str], new_database: NewDatabase) -> Iterator[list[Worker]]:
    """Start a worker on a server for Newel and for each peer."""
    with contextlib.ExitStack() as stack:
        found = []
        for name in (NEWEL, *peers):
            worker = Worker(name, *((MEMORY_SERVER, "") if name == MEMORY else (server, new_database())))
            stack.callback(worker.close)
            found.append(worker)
        yield found


def check(row: Row, found: Sequence[Worker]) -> None:
    """Raise `DifferentAnswer` unless all contestants give the same answer."""
    answers = {worker.name: worker.answer(row) for worker in found}
    ours = answers[NEWEL]
    for name, answer in answers.items():
        if answer != ours:
            raise DifferentAnswer(f"{row.name}: {name} answers\n{answer[:2000]}\nand Newel\n{ours[:2000]}")


def measure(rows: Sequence[Row], found: Sequence[Worker], rounds: int) -> Iterator[tuple[Row, Times]]:
    """Give each row with its times: medians of rounds in which each contestant has its turn."""
    for row in rows:
        print(f"{row.name} ...", file=sys.stderr, flush=True)
        check(row, found)
        times: dict[str, list[float]] = {worker.name: [] for worker in found}
        for number in range(rounds):
            for worker in found if number % 2 else reversed(found):
                times[worker.name].append(worker.us(row))
        yield row, {name: statistics.median(measured) for name, measured in times.items()}
