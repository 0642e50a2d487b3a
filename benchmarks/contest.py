"""All contestants of a row: their answers are compared first, then they are timed in turn, round by round."""

from __future__ import annotations

import contextlib
import html
import json
import statistics
from collections.abc import Iterator
from typing import Any, Final, final

from benchmarks.calls import Answer, Call
from benchmarks.process import Process
from benchmarks.rows import Row
from benchmarks.worker import Order

NEWEL: Final = "newel"


class DifferentAnswer(Exception):
    """A contestant did other work than the row asks for, so that its time says nothing."""


@final
class Worker:
    """The process of one contestant's application, as its parent sees it."""

    def __init__(self, name: str, contestant: str, site: str, call: Call) -> None:
        self._process: Final = Process("benchmarks.worker", contestant, site)
        self.name: Final = name
        self.call: Final = call
        self.close: Final = self._process.close

    def answer(self) -> Answer:
        """Send the call once."""
        return self._process.do(Order("answer", self.call), Answer)

    def us(self) -> float:
        """Time a batch of the call; microseconds for one."""
        return self._process.do(Order("time", self.call), float)


@contextlib.contextmanager
def workers(row: Row, peers: list[str]) -> Iterator[list[Worker]]:
    """Start a worker for Newel, for each peer, and for what the row is based on."""
    wanted = [(name, name, row.site, row.call) for name in (NEWEL, *peers)]
    if row.base:
        wanted.append((row.base.name, NEWEL, row.base.site, row.base.call))
    with contextlib.ExitStack() as stack:
        started = [Worker(*each) for each in wanted]
        for worker in started:
            stack.callback(worker.close)
        yield started


def meaning(answer: Answer, row: Row) -> Any:
    """Return what two right answers have in common: a document, a text, the words of a page, or only the status."""
    if row.compared == "status":
        return None
    if row.compared == "json":
        return json.loads(answer.body)
    text = answer.body.decode()
    return html.unescape(" ".join(text.split())).replace("> <", "><") if row.compared == "html" else text


def check(row: Row, found: list[Worker]) -> None:
    """Raise `DifferentAnswer` unless all contestants give the same answer, with the status of the row."""
    answers = {worker.name: worker.answer() for worker in found}
    first = next(iter(answers.values()))
    for name, answer in answers.items():
        if answer.status != row.status:
            raise DifferentAnswer(
                f"{row.name}: {name} answers {answer.status}, not {row.status}: {answer.body[:300]!r}"
            )
        if meaning(answer, row) != meaning(first, row):
            raise DifferentAnswer(
                f"{row.name}: {name} answers {answer.body!r}\nand {next(iter(answers))} {first.body!r}"
            )


def measure(row: Row, peers: list[str], rounds: int) -> dict[str, float]:
    """Return each contestant's microseconds for a row: the median of rounds in which each has its turn."""
    with workers(row, peers) as found:
        check(row, found)
        times: dict[str, list[float]] = {worker.name: [] for worker in found}
        for number in range(rounds):
            for worker in found if number % 2 else reversed(found):
                times[worker.name].append(worker.us())
    return {name: statistics.median(measured) for name, measured in times.items()}
