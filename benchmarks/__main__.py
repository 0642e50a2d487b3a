"""The one command: `python -m benchmarks [--rows TEXT ...] [--peers NAME ...] [--rounds N]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from benchmarks import contest, load, starting
from benchmarks.contest import NEWEL
from benchmarks.persistence.report import lines as lines_of_server
from benchmarks.persistence.rows import ROWS as STORED_ROWS
from benchmarks.persistence.rows import SERVERS
from benchmarks.report import (
    RESULTS,
    Line,
    lines_of_rates,
    lines_of_row,
    lines_of_starts,
    table,
    write,
)
from benchmarks.rows import ENGINE, ROWS

STARTING = "start"
LOAD = "granian"
PEERS = (
    *("bare", "falcon", "falcon-orjson", "bottle", "flask", "django", "django-middleware", ENGINE),
    *dict.fromkeys(peer for peers in SERVERS.values() for peer in peers),
)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    names = ", ".join(repr(name) for name in [*(row.name for row in ROWS), *(row.name for row in STORED_ROWS)])
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure Newel beside its peers, in one run.")
    parser.add_argument(
        "--rows",
        nargs="+",
        default=[],
        metavar="TEXT",
        help=f"only rows whose name contains one of these texts; rows: {names}, {STARTING!r}, {LOAD!r}",
    )
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=PEERS, metavar="NAME", help=f"of {', '.join(PEERS)}"
    )
    parser.add_argument(
        "--rounds", type=int, default=15, help="how often each has its turn in a row (default: %(default)s)"
    )
    parser.add_argument("--no-write", action="store_true", help=f"leave {RESULTS.name} as it is")
    return parser.parse_args()


def chosen(name: str, texts: list[str]) -> bool:
    """Tell whether a row is to be measured."""
    return not texts or any(text in name for text in texts)


def measured(rows: list[str], peers: list[str], rounds: int) -> Iterator[Line]:
    """Give the lines of the table as they are known."""
    for row in ROWS:
        if chosen(row.name, rows):
            print(f"{row.name} ...", file=sys.stderr, flush=True)
            times = contest.measure(row, [peer for peer in row.peers if peer in peers], rounds)
            yield from lines_of_row(row, times)
    for server in SERVERS:
        yield from lines_of_server(server, lambda name: chosen(name, rows), peers, rounds)
    if chosen(LOAD, rows):
        print(f"{LOAD} ...", file=sys.stderr, flush=True)
        yield from lines_of_rates(load.measure([NEWEL, *(peer for peer in load.PEERS if peer in peers)], rounds))
    if chosen(STARTING, rows):
        print(f"{STARTING} ...", file=sys.stderr, flush=True)
        yield from lines_of_starts(
            starting.measure([NEWEL, *(peer for peer in starting.PEERS if peer in peers)], rounds)
        )


def main() -> None:
    """Measure, print, write."""
    asked = arguments()
    lines = list(measured(asked.rows, list(asked.peers), asked.rounds))
    print(table(lines))
    if not asked.rows and not asked.no_write:
        write(lines, asked.rounds)


if __name__ == "__main__":
    main()
