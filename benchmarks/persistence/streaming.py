"""A million rows from a cursor: `python -m benchmarks.persistence.streaming MODULE SERVER URL` in a process of its own.

Prints the processor time and the most memory that the stream added to what the process held before.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, create_engine, inspect

from benchmarks.persistence import work
from benchmarks.persistence.rows import CONTESTANTS
from benchmarks.process import ROOT
from newel_sql import DatabaseUrl

DOUBLINGS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 10)
"""The places of a key's digits that tell one copy of a row from another."""

ROWS: Final = work.NOTICES * 2 ** len(DOUBLINGS)
SERVERS: Final = ("sqlite", "postgresql")


class Streamed(msgspec.Struct, frozen=True):
    """What a stream of `ROWS` took: microseconds of processor time for a row, and memory in MB."""

    us: float
    mb: float


def measure(contestant: str, server: str, url: str) -> Streamed:
    """Measure a contestant on an empty database, in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.persistence.streaming", CONTESTANTS[contestant], server, url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{contestant} did not stream: {done.stderr}")
    return msgspec.json.decode(done.stdout, type=Streamed)


def multiply(url: str) -> None:
    """Copy the stored notices, again and again, until there are `ROWS`."""
    engine = create_engine(DatabaseUrl.from_setting(url).url)
    with engine.begin() as connection:
        names = [str(column["name"]) for column in inspect(connection).get_columns("notice")]
        for place in DOUBLINGS:
            _double(connection, place, names)
    engine.dispose()


def _double(connection: Connection, place: int, names: list[str]) -> None:
    key = f"substr(id, 1, {place - 1}) || '1' || substr(id, {place + 1})"
    copied = ", ".join(key if name == "id" else name for name in names)
    connection.exec_driver_sql(f"INSERT INTO notice ({', '.join(names)}) SELECT {copied} FROM notice")


def memory(what: str) -> float:
    """Return what the process holds ("VmRSS"), or held at most ("VmHWM"), in MB."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    if found is None:
        raise OSError(f"/proc/self/status has no {what}")
    return int(found[1]) / 1024


def streamed(store: work.Store) -> Streamed:
    """Read all rows, keeping none."""
    with store.unit(writes=False) as unit:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most held so far is forgotten
        held, before = memory("VmRSS"), time.process_time()
        counted = deque(enumerate(store.stream(unit), 1), maxlen=1)
        taken = time.process_time() - before
    if counted[0][0] != ROWS:
        raise RuntimeError(f"{counted[0][0]} rows were streamed, not {ROWS}")
    return Streamed(taken / ROWS * 1_000_000, memory("VmHWM") - held)


def main() -> None:
    """Fill, stream, print."""
    module, server, url = sys.argv[1:]
    store = importlib.import_module(module).build(server, url)
    multiply(url)
    print(msgspec.json.encode(streamed(store)).decode())


if __name__ == "__main__":
    main()
