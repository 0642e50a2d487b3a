"""Newel's `Database` does what the benchmarks ask of it: each answer is that of the driver with SQL written by hand."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from benchmarks.persistence.rows import CONTESTANTS, MEMORY, NEWEL, ROWS, SERVERS
from benchmarks.persistence.work import OPERATIONS, Operation
from benchmarks.persistence.worker import Timer

Timers = dict[str, Timer]


@pytest.fixture(scope="module")
def timers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timers]:
    folder = tmp_path_factory.mktemp("databases")
    with ExitStack() as stack:

        def made(contestant: str, server: str) -> Timer:
            url = f"sqlite:///{folder / contestant}.db"
            store = importlib.import_module(CONTESTANTS[contestant]).build(server, url)
            stack.callback(store.close)
            return Timer(store)

        yield {name: made(name, "memory" if name == MEMORY else "sqlite") for name in ("sqlite3", NEWEL, MEMORY)}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_newel_answers_as_the_driver_does(operation: Operation, timers: Timers) -> None:
    expected = timers["sqlite3"].answer(operation)
    assert expected
    assert timers[NEWEL].answer(operation) == expected
    assert timers[MEMORY].answer(operation) == expected


def test_every_peer_has_a_module_and_every_row_of_reading_a_target() -> None:
    assert {peer for peers in SERVERS.values() for peer in peers} <= CONTESTANTS.keys()
    for row in ROWS:
        assert row.operation.writes or {target.peer for target in row.targets} & {*SERVERS[row.server]}
