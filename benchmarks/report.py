"""The table: each row beside its peers, with the ratio that was wanted and whether it was reached."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from benchmarks.contest import NEWEL
from benchmarks.load import DEPTH, Rate
from benchmarks.rows import ROUTES, Target
from benchmarks.starting import Start

RESULTS: Final = Path(__file__).with_name("results.md")
LIBRARIES: Final = (
    "falcon",
    "orjson",
    "bottle",
    "flask",
    "django",
    "granian",
    "werkzeug",
    "msgspec",
    "sqlalchemy",
    "psycopg",
    "pymysql",
    "pymongo",
    "jinja2",
    "mako",
)
HEAD: Final = ("row", "peer", "peer's", "Newel's", "ratio", "target", "reached")

MAX_MB: Final = 30.0
MAX_MB_OF_ROUTES: Final = 3.0
RATE: Final = 1.5


class Line(msgspec.Struct, frozen=True):
    """One line of the table. `reached` is None where no target was set."""

    row: str
    peer: str
    theirs: str
    ours: str
    ratio: str
    target: str = ""
    reached: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns."""
        told = {None: "", True: "yes", False: "NO"}[self.reached]
        return (self.row, self.peer, self.theirs, self.ours, self.ratio, self.target, told)


class Judged(Protocol):
    """A row as it is told: its name, and the ratios that are to be reached."""

    @property
    def name(self) -> str: ...

    @property
    def targets(self) -> Sequence[Target]: ...


def lines_of_row(row: Judged, times: Mapping[str, float]) -> Iterator[Line]:
    """Give a line for each contestant beside Newel of a row measured in microseconds."""
    ours = times[NEWEL]
    targets = {target.peer: target for target in row.targets}
    for peer, theirs in times.items():
        if peer != NEWEL:
            yield line_of_peer(row.name, peer, theirs, ours, targets.get(peer))


def line_of_peer(row: str, peer: str, theirs: float, ours: float, target: Target | None) -> Line:
    """Hold Newel's time against a peer's."""
    by_difference = target is not None and target.unit == "us"
    found = ours - theirs if by_difference else ours / theirs
    shape = "{:+.2f} us" if by_difference else "{:.2f}"
    return Line(
        row,
        peer,
        f"{theirs:.2f}",
        f"{ours:.2f}",
        shape.format(found),
        f"<= {shape.format(target.limit)}" if target else "",
        found <= target.limit if target else None,
    )


def lines_of_starts(starts: Mapping[tuple[str, int], Start]) -> Iterator[Line]:
    """Give the lines of the time until the first response, of the memory then, and of what many routes add to it."""
    peers = sorted({name for name, _ in starts} - {NEWEL})
    ours = starts.get((NEWEL, 0))
    for peer in peers:
        theirs = starts[peer, 0]
        wanted = peer == "bottle"
        yield Line(
            "import to first response",
            peer,
            f"{theirs.ms:.0f} ms",
            f"{ours.ms:.0f} ms" if ours else "",
            f"{ours.ms / theirs.ms:.2f}" if ours else "",
            "<= 1.00" if wanted else "",
            ours.ms <= theirs.ms if wanted and ours else None,
        )
    for name in [*peers, NEWEL]:
        yield from _lines_of_memory(name, starts)


def _lines_of_memory(name: str, starts: Mapping[tuple[str, int], Start]) -> Iterator[Line]:
    hello, many = starts.get((name, 0)), starts.get((name, ROUTES))
    if not hello or not many:
        return
    own = name == NEWEL
    more = many.mb - hello.mb
    for row, mb, limit in (
        ("memory, hello", hello.mb, MAX_MB),
        (f"memory, {ROUTES} routes add", more, MAX_MB_OF_ROUTES),
    ):
        shown = f"{mb:.1f} MB"
        yield Line(
            row,
            "" if own else name,
            "" if own else shown,
            shown if own else "",
            "",
            f"<= {limit:.0f} MB" if own else "",
            mb <= limit if own else None,
        )


def lines_of_rates(rates: Mapping[str, Rate]) -> Iterator[Line]:
    """Give the lines of requests per second, where more is better, and of the server's processor time for each."""
    ours = rates.get(NEWEL)
    for peer, theirs in rates.items():
        if peer == NEWEL:
            continue
        wanted = peer == "falcon"
        yield Line(
            "requests per second, granian",
            peer,
            f"{theirs.per_second:,.0f}/s",
            f"{ours.per_second:,.0f}/s" if ours else "",
            f"{ours.per_second / theirs.per_second:.2f}" if ours else "",
            f">= {RATE:.2f}" if wanted else "",
            ours.per_second / theirs.per_second >= RATE if wanted and ours else None,
        )
        if ours:
            yield line_of_peer("request served by granian", peer, theirs.us, ours.us, None)


def table(lines: Iterable[Line]) -> str:
    """Write lines as a table of Markdown whose columns stand under one another."""
    rows = [HEAD, *(line.cells for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    written = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(written)


def machine() -> str:
    """Say where and with what it was measured."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return (
        f"{time.strftime('%Y-%m-%d')}, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {_processor()}; {versions}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({len(names)} cores)" if names else platform.processor()


def write(lines: list[Line], rounds: int) -> None:
    """Write the results beside the code that made them."""
    counted = [line.reached for line in lines if line.reached is not None]
    RESULTS.write_text(
        f"# Newel beside its peers\n\nWritten by `python -m benchmarks --rounds {rounds}`; "
        f"{sum(counted)} of {len(counted)} targets reached. "
        f"Answers were compared before anything was timed.\n\n{machine()}.\n\n"
        "Microseconds of processor time for one request in process, medians over rounds in which each has its turn; "
        "ratios are Newel's time divided by the peer's. Requests per second: one worker, one thread, "
        f"pipelines of {DEPTH}, loopback; there more is better. A request served by granian: the "
        f"server's processor time for it in these rounds, its own work included.\n\n{table(lines)}\n",
        encoding="utf-8",
    )
