"""Requests per second through a real server: granian, WSGI, one worker, one thread, on the loopback interface.

The load generator keeps a few connections busy with pipelined requests (RFC 9112, section 9.3.2): so it costs little
beside the server, which has the other core. It is bounded in time, and stops by itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final, final

from benchmarks.process import ROOT
from benchmarks.texts import GREETING, HOST

LOOPBACK: Final = "127.0.0.1"
PEERS: Final = ("bare", "falcon", "bottle", "flask", "django")
CONNECTIONS: Final = 8
DEPTH: Final = 16
"""How many requests a connection has under way."""

SECONDS: Final = 1.0
PATIENCE: Final = 30.0
REQUEST: Final = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: benchmarks\r\nAccept: */*\r\n\r\n".encode()


@final
class Connection:
    """One client: sends requests ahead, counts the answers by their bodies."""

    def __init__(self, port: int) -> None:
        self.socket: Final = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
        self.answered = 0
        self._rest = b""

    def send(self, count: int) -> None:
        """Send that many requests at once."""
        self.socket.sendall(REQUEST * count)

    def receive(self) -> int:
        """Read what is there; return how many answers it ends."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        text = self._rest + data
        found = text.count(GREETING.encode())
        self._rest = text[text.rfind(GREETING.encode()) + len(GREETING) :] if found else text
        self.answered += found
        return found


def requests_per_second(port: int, seconds: float) -> float:
    """Load the server for that long, and count."""
    connections = {found.socket.fileno(): found for found in (Connection(port) for _ in range(CONNECTIONS))}
    poll = select.poll()
    for number, connection in connections.items():
        poll.register(number, select.POLLIN)
        connection.send(DEPTH)
    before = time.perf_counter()
    while (now := time.perf_counter()) - before < seconds:
        for number, _ in poll.poll(PATIENCE * 1000):
            connection = connections[number]
            connection.send(connection.receive())
    answered = sum(connection.answered for connection in connections.values())
    for connection in connections.values():
        connection.socket.close()
    return answered / (now - before)


@contextlib.contextmanager
def served(contestant: str) -> Iterator[int]:
    """Run granian with a contestant's hello application until the end of the block; gives its port."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "1"]
    command += ["--http", "1", "--no-ws", "--no-log", "--host", LOOPBACK, "--port", str(port), "benchmarks.served:app"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "NEWEL_BENCHMARK": contestant})
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            requests_per_second(port, 0.1)
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not listen on port {port}")


def measure(contestants: list[str], rounds: int) -> dict[str, float]:
    """Return requests per second for each contestant: the median of rounds in which each has its turn.

    All servers run meanwhile; those that are not asked wait and cost nothing.
    """
    found: dict[str, list[float]] = {name: [] for name in contestants}
    with contextlib.ExitStack() as stack:
        ports = {name: stack.enter_context(served(name)) for name in contestants}
        for _ in range(rounds):
            for name, port in ports.items():
                found[name].append(requests_per_second(port, SECONDS))
    return {name: statistics.median(measured) for name, measured in found.items()}
