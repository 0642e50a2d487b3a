"""The rows of persistence in the table: times, and what a stream of a million rows takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from benchmarks.persistence import contest, streaming
from benchmarks.persistence.rows import MEMORY, NEWEL, ROWS, SERVERS, TARGETS
from benchmarks.persistence.servers import NewDatabase, started
from benchmarks.persistence.streaming import Streamed
from benchmarks.report import Line, line_of_peer, lines_of_row

MAX_MB: Final = 16.0
"""How much memory a stream may add, whatever the number of rows."""


def lines(server: str, chosen: Callable[[str], bool], peers: Sequence[str], rounds: int) -> Iterator[Line]:
    """Give the lines of a server as they are known."""
    rows = [row for row in ROWS if row.server == server and chosen(row.name)]
    streams = server in streaming.SERVERS and chosen(_stream(server))
    taking_part = [peer for peer in SERVERS[server] if peer in peers]
    if not rows and not streams:
        return
    with started(server) as new_database:
        if new_database is None:
            return
        if rows:
            with contest.workers(server, taking_part, new_database) as found:
                for row, times in contest.measure(rows, found, rounds):
                    yield from lines_of_row(row, times)
        if streams:
            yield from _lines_of_streams(server, taking_part, new_database)


def _stream(server: str) -> str:
    return f"{server}: stream of {streaming.ROWS:,} rows".replace(",", " ")


def _lines_of_streams(server: str, peers: Sequence[str], new_database: NewDatabase) -> Iterator[Line]:
    names = [NEWEL, *(peer for peer in peers if peer != MEMORY)]
    found = {name: streaming.measure(name, server, new_database()) for name in names}
    targets = {target.peer: target for target in TARGETS}
    for peer in names[1:]:
        yield line_of_peer(_stream(server), peer, found[peer].us, found[NEWEL].us, targets.get(peer))
    yield from _lines_of_memory(f"{_stream(server)}, memory", found)


def _lines_of_memory(row: str, found: dict[str, Streamed]) -> Iterator[Line]:
    for name, streamed in found.items():
        shown = f"{streamed.mb:.1f} MB"
        if name == NEWEL:
            yield Line(row, "", "", shown, "", f"<= {MAX_MB:.0f} MB", streamed.mb <= MAX_MB)
        else:
            yield Line(row, name, shown, "", "")
