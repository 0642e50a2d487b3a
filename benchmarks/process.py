"""A worker as its parent sees it: a process that takes orders and returns results, each a line of JSON."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final, TypeVar, final

import msgspec

T = TypeVar("T")

ROOT: Final = Path(__file__).parent.parent


@final
class Process:
    """A module run as a worker."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process: Final = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def do(self, order: msgspec.Struct, kind: type[T]) -> T:
        """Send an order and wait for its result. Raises `RuntimeError` where the process has ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return msgspec.json.decode(line, type=kind)

    def close(self) -> None:
        """End the process: it stops when there are no more orders."""
        self._process.communicate()
