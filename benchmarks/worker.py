"""A process that holds one application, and answers or times what it is told on its standard input.

`python -m benchmarks.worker CONTESTANT SITE`. Orders and results are lines of JSON.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
from typing import Any, BinaryIO, Final, Literal

import msgspec

from benchmarks.calls import Answer, Application, Call, ask, environ_of, fresh

BATCH_NS: Final = 25_000_000
"""How long one timed batch takes, about: long beside the clock's grain, short beside the machine's other work."""

LARGEST_BATCH: Final = 4000
SMALLEST_BATCH: Final = 20


class Order(msgspec.Struct, frozen=True):
    """What the worker is to do: answer a call once, or time a batch of them."""

    do: Literal["answer", "time"]
    call: Call


def build(contestant: str, site: str) -> Application:
    """Make the application of a contestant: `hello-500` is the small one with that many more routes."""
    module = contestant.replace("-", "_")
    if site.startswith("hello-"):
        return _application(f"benchmarks.hello.{module}", int(site.removeprefix("hello-")))
    if site.startswith("page-"):
        rendering: Application = importlib.import_module("benchmarks.engines").build(
            contestant, site.removeprefix("page-")
        )
        return rendering
    if contestant == "newel":
        return _application("benchmarks.newel_app", site)
    return _application(f"benchmarks.peers.{module}", site)


def _application(module: str, argument: Any) -> Application:
    built: Application = importlib.import_module(module).build(argument)
    return built


def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
    """Take a response's head as a server does, and send it nowhere."""


def batch_ns(application: Application, call: Call, count: int) -> int:
    """Return the processor time of a batch of equal calls; environs are made before the clock starts."""
    environs = fresh(environ_of(call), call.body, count)
    before = time.process_time_ns()
    for environ in environs:
        body = application(environ, start_response)
        for _ in body:
            pass
        if close := getattr(body, "close", None):
            close()
    return time.process_time_ns() - before


class Timer:
    """Times calls of one application in batches whose size it finds once for each call."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._counts: dict[Call, int] = {}

    def us(self, call: Call) -> float:
        """Return the microseconds of one call, from one batch."""
        count = self._counts.get(call) or self._warm(call)
        return batch_ns(self._application, call, count) / count / 1000

    def _warm(self, call: Call) -> int:
        each = min(batch_ns(self._application, call, SMALLEST_BATCH) for _ in range(3)) / SMALLEST_BATCH
        count = min(max(int(BATCH_NS / each), SMALLEST_BATCH), LARGEST_BATCH)
        batch_ns(self._application, call, count)
        gc.collect()
        gc.freeze()
        self._counts[call] = count
        return count


def serve(application: Application, orders: BinaryIO, results: BinaryIO) -> None:
    """Carry out orders until there are no more."""
    timer = Timer(application)
    for line in orders:
        order = msgspec.json.decode(line, type=Order)
        result: Answer | float = ask(application, order.call) if order.do == "answer" else timer.us(order.call)
        results.write(msgspec.json.encode(result) + b"\n")
        results.flush()


def main() -> None:
    """Build the application, then serve; what an application prints goes to standard error."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    contestant, site = sys.argv[1:]
    serve(build(contestant, site), sys.stdin.buffer, results)


if __name__ == "__main__":
    main()
