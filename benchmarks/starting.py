"""The rows measured from outside: processor time and memory from the start of Python to the first response."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from typing import Final

import msgspec

from benchmarks.process import ROOT
from benchmarks.rows import ROUTES

PEERS: Final = ("bare", "falcon", "bottle", "flask", "django")


class Start(msgspec.Struct, frozen=True):
    """What one start took: milliseconds of processor time, MB of memory at most."""

    ms: float
    mb: float


def start(contestant: str, routes: int, compiled: str) -> Start:
    """Start a fresh interpreter, ask once, and read what it took; `compiled` is a folder of compiled modules."""
    command = [sys.executable, "-m", "benchmarks.cold", contestant, str(routes)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = compiled
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{contestant} did not start: {done.stderr}")
    ms, mb = done.stdout.split()
    return Start(float(ms), float(mb))


def measure(contestants: list[str], rounds: int) -> dict[tuple[str, int], Start]:
    """Return the medians for each contestant, with no further route and with many, each taking its turn."""
    kinds = [(name, routes) for name in contestants for routes in (0, ROUTES)]
    found: dict[tuple[str, int], list[Start]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as compiled:
        for kind in kinds:
            start(*kind, compiled)  # the first start compiles
        for _ in range(rounds):
            for kind in kinds:
                found[kind].append(start(*kind, compiled))
    return {
        kind: Start(statistics.median(one.ms for one in starts), statistics.median(one.mb for one in starts))
        for kind, starts in found.items()
    }
