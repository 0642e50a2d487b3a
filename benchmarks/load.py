"""Requests per second through a real server: granian, WSGI, one worker, one thread, on the loopback interface.

The load generator keeps a few connections busy with pipelined requests (RFC 9112, section 9.3.2): so it costs little
beside the server, which has the other core. It is bounded in time, and stops by itself.

Beside the rate stands the processor time that a request took the server: other work on the machine disturbs it less.
What `bare` reaches, which does nothing, is the most that an application can reach on this server.
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
from pathlib import Path
from typing import Final, final

import msgspec

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
class Rate(msgspec.Struct, frozen=True):
    """Requests per second, and the microseconds of processor time that each of them took the server."""

    per_second: float
    us: float


@final
class Server(msgspec.Struct, frozen=True):
    """A server that runs: its port, and its first process."""

    port: int
    process: int

    def seconds(self) -> float:
        """Return the processor time that it has used until now, with its workers and threads (Linux only)."""
        threads = (thread for process in _family(self.process) for thread in _threads(process))
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def _threads(process: int) -> list[Path]:
    return list(Path(f"/proc/{process}/task").iterdir())


def _family(process: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield process
    for thread in _threads(process):
        for child in (thread / "children").read_text().split():
            yield from _family(int(child))


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


def loaded(server: Server, seconds: float) -> Rate:
    """Load the server for that long, and count."""
    connections = {found.socket.fileno(): found for found in (Connection(server.port) for _ in range(CONNECTIONS))}
    used = server.seconds()
    poll = select.poll()
    for number, connection in connections.items():
        poll.register(number, select.POLLIN)
        connection.send(DEPTH)
    before = time.perf_counter()
    while (now := time.perf_counter()) - before < seconds:
        for number, _ in poll.poll(PATIENCE * 1000):
            connection = connections[number]
            connection.send(connection.receive())
    used = server.seconds() - used
    answered = sum(connection.answered for connection in connections.values())
    for connection in connections.values():
        connection.socket.close()
    return Rate(answered / (now - before), used / answered * 1e6)


@contextlib.contextmanager
def served(contestant: str) -> Iterator[Server]:
    """Run granian with a contestant's hello application until the end of the block."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "1"]
    command += ["--http", "1", "--no-ws", "--no-log", "--host", LOOPBACK, "--port", str(port), "benchmarks.served:app"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "NEWEL_BENCHMARK": contestant})
    server = Server(port, process.pid)
    try:
        _wait_for(process, server)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(process: subprocess.Popen[bytes], server: Server) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            loaded(server, 0.1)
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not listen on port {server.port}")


def measure(contestants: list[str], rounds: int) -> dict[str, Rate]:
    """Return the medians for each contestant, of rounds in which each has its turn.

    All servers run meanwhile; those that are not asked wait and cost nothing.
    """
    found: dict[str, list[Rate]] = {name: [] for name in contestants}
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(served(name)) for name in contestants}
        for _ in range(rounds):
            for name, server in servers.items():
                found[name].append(loaded(server, SECONDS))
    return {
        name: Rate(statistics.median(one.per_second for one in rates), statistics.median(one.us for one in rates))
        for name, rates in found.items()
    }
