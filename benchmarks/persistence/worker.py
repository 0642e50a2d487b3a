"""A process that holds one contestant on one database, and answers or times what it is told on its standard input.

`python -m benchmarks.persistence.worker MODULE SERVER URL`. Orders and results are lines of JSON.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import time
from typing import Any, Final, Literal, final

import msgspec

from benchmarks.persistence.work import OPERATIONS, Operation, Store, answer_of

BATCH_NS: Final = 40_000_000
"""How long one timed batch takes, about: long beside the clock's grain, short beside the machine's other work."""

LARGEST_BATCH: Final = 1000


class Order(msgspec.Struct, frozen=True):
    """What the worker is to do: answer an operation once, or time a batch, in one unit or each in its own."""

    do: Literal["answer", "time"]
    operation: str
    own_unit: bool = False


class Undone(Exception):
    """Ends a unit that is to be rolled back."""


@final
class Timer:
    """Times operations of one contestant in batches, whose sizes it finds once for each."""

    def __init__(self, store: Store) -> None:
        self._store: Final = store
        self._counts: Final[dict[Order, int]] = {}
        self._number = 0

    def answer(self, operation: Operation) -> Any:
        """Do it once, undo it, and return what every contestant's answer must equal."""
        answer = None
        with contextlib.suppress(Undone), self._store.unit(writes=operation.writes) as unit:
            answer = answer_of(self._store, operation, unit, 0)
            raise Undone
        return answer

    def us(self, order: Order, operation: Operation) -> float:
        """Return the microseconds of processor time of one operation, from one batch."""
        count = self._counts.get(order) or self._warm(order, operation)
        return self._batch_ns(order, operation, count) / count / 1000

    def _warm(self, order: Order, operation: Operation) -> int:
        self._batch_ns(order, operation, 3)
        each = min(self._batch_ns(order, operation, 3) for _ in range(3)) / 3
        count = self._counts[order] = min(max(int(BATCH_NS / each), 3), LARGEST_BATCH)
        self._batch_ns(order, operation, count)
        gc.collect()
        gc.freeze()
        return count

    def _batch_ns(self, order: Order, operation: Operation, count: int) -> int:
        arguments = [operation.argument(self._store, self._number + each) for each in range(count)]
        self._number += count
        run = getattr(self._store, operation.method)
        taken = (self._in_own_units if order.own_unit else self._in_one_unit)(run, arguments, writes=operation.writes)
        if operation.inserts and order.own_unit:
            self._store.forget()
        return taken

    def _in_own_units(self, run: Any, arguments: list[Any], *, writes: bool) -> int:
        unit = self._store.unit
        before = time.process_time_ns()
        for argument in arguments:
            with unit(writes=writes) as opened:
                run(opened, argument)
        return time.process_time_ns() - before

    def _in_one_unit(self, run: Any, arguments: list[Any], *, writes: bool) -> int:
        taken = 0
        with contextlib.suppress(Undone), self._store.unit(writes=writes) as unit:
            run(unit, arguments[0])  # a unit connects when it is first used
            before = time.process_time_ns()
            for argument in arguments[1:]:
                run(unit, argument)
            taken = time.process_time_ns() - before
            raise Undone
        return taken * len(arguments) // (len(arguments) - 1)


def main() -> None:
    """Build the contestant, then carry out orders until there are no more; what it prints goes to standard error."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, server, url = sys.argv[1:]
    timer = Timer(importlib.import_module(module).build(server, url))
    operations = {operation.name: operation for operation in OPERATIONS}
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        operation = operations[order.operation]
        result = json.dumps(timer.answer(operation)) if order.do == "answer" else timer.us(order, operation)
        results.write(msgspec.json.encode(result) + b"\n")
        results.flush()


if __name__ == "__main__":
    main()
