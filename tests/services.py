"""What tests need from the machine: real server processes on the loopback interface, a browser, and databases.

Tests of a database server that the machine lacks are reported as not run. Where everything must run
(`NEWEL_TEST_EVERYTHING=1`) a missing server is an error, but for MongoDB, which many machines cannot have.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, final
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

ROOT: Final = Path(__file__).parents[1]
LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 60.0
"""Seconds that something may take which is waited for; on a busy machine the start of a server takes some."""

BROWSER_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
BROWSER_OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Options with which Chromium asks nothing of the internet and runs as root."""


EVERYTHING: Final = "NEWEL_TEST_EVERYTHING"


def not_there(program: str, package: str) -> NoReturn:
    """Report the test as not run, because a server is not installed; an error where everything must run."""
    reason = f"not run: there is no {program}; on Debian: apt-get install {package}"
    if os.environ.get(EVERYTHING):
        raise RuntimeError(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def own_port() -> Iterator[int]:
    """Keep a port of the loopback interface until the end of the block, for a server or for none.

    NOTE: a socket keeps it that is bound and does not listen. A server may be bound to it as well, since servers set
    SO_REUSEADDR; the system gives it to nobody else, be it another test's server or an end of some connection.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind((LOOPBACK, 0))
        yield int(keeper.getsockname()[1])


@contextlib.contextmanager
def serving(
    command: Sequence[str], port: int, *, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run a server until the end of the block; gives its base URL once it listens.

    What the server prints goes to `server.log` in `folder`, which is also its working directory, and is part of the
    error when it does not start. `environment` is added to that of the tests.
    """
    process = ServerProcess(command, port, folder=folder, environment=environment)
    with process.running():
        yield f"http://{LOOPBACK}:{port}"


@final
class ServerProcess:
    """A server that tests may kill, suspend and start again: on the same port, with the same data."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        ready: str = "",
        ending: signal.Signals = signal.SIGTERM,
    ) -> None:
        """`ready` is what the server logs when it takes requests, where it listens earlier; `ending` ends it."""
        self._command: Final = command
        self._ready: Final = ready.encode()
        self._ending: Final = ending
        self._port: Final = port
        self._folder: Final = folder
        self._environment: Final = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        log = self._folder / "server.log"
        with log.open("ab") as output:
            before = output.tell()
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            _wait_until(lambda: self._listens() and self._ready in log.read_bytes()[before:], self._process, log)
        except BaseException:
            self.stop()
            raise

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((LOOPBACK, self._port)) == 0

    def stop(self) -> None:
        """Let it end as it likes to."""
        if self._process is not None:
            _stop(self._process, self._ending)
            self._process = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it until the end of the block."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    @contextlib.contextmanager
    def killed(self) -> Iterator[None]:
        """Kill it as a power cut would, and start it again at the end of the block."""
        assert self._process is not None
        family = _stopped(self._process.pid)
        _signal(family, signal.SIGKILL)
        self._process.wait()
        until = time.monotonic() + PATIENCE
        while any(_parent_of(number) for number in family) and time.monotonic() < until:
            time.sleep(0.01)
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Let it do nothing at all until the end of the block, although it is there."""
        assert self._process is not None
        family = _stopped(self._process.pid)
        _signal(family, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(family, signal.SIGCONT)


def _stopped(first: int) -> list[int]:
    """Stop a process, so that it starts no other; return it and those it started: maybe one for each connection."""
    _signal([first], signal.SIGSTOP)
    until = time.monotonic() + PATIENCE
    while _state_and_parent(first)[0] not in {"T", "Z", ""} and time.monotonic() < until:
        time.sleep(0.001)
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [first, *(number for number in numbers if _parent_of(number) == first)]


def _parent_of(number: int) -> int:
    """Return which process started one; 0 where it is gone, or dead and not yet taken off."""
    state, parent = _state_and_parent(number)
    return 0 if state == "Z" else parent


def _state_and_parent(number: int) -> tuple[str, int]:
    """Return what a process does, as `ps` writes it (T: stopped), and which process started it; "" where it is gone."""
    try:
        state, parent = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "", 0
    return state, int(parent)


def _signal(numbers: Sequence[int], kind: signal.Signals) -> None:
    for number in numbers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, kind)


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        if ready():
            return
        time.sleep(0.02)
    ended = "is not ready" if process.returncode is None else f"ended with {process.returncode}"
    raise RuntimeError(f"{process.args!r} {ended}:\n{log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes], ending: signal.Signals) -> None:
    process.send_signal(ending)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def browser() -> str:
    """Return the path of the system's Chromium, which Playwright drives by `executable_path`."""
    for name in BROWSER_NAMES:
        if path := shutil.which(name):
            return path
    raise RuntimeError(
        f"no browser: looked for {', '.join(BROWSER_NAMES)} on PATH; on Debian: apt-get install chromium"
    )


# --- MongoDB ----------------------------------------------------------------------------------------------------------

MONGODB: Final = "NEWEL_TEST_MONGODB"
STAND_IN: Final = ROOT.parent / "shared" / "mongo-standin" / "serve"
NO_MONGODB: Final = f"not run: no MongoDB; name a replica set in {MONGODB}, or put mongod on PATH"


UNPROVEN: Final = "UNPROVEN: the stand-in ends it by an error of its own"


def is_of_stand_in(error: Exception) -> bool:
    """Tell whether the stand-in itself failed, so that nothing is shown: neither of MongoDB nor of the backend."""
    return "internal error of the stand-in" in str(error.__cause__)


@contextlib.contextmanager
def mongodb_server(folder: Path) -> Iterator[str | None]:
    """Give the URL of a replica set: the one that is named, or else one that is started; None where none can be."""
    if named := os.environ.get(MONGODB):
        yield named
    else:
        with own_port() as port, started_mongodb(folder, port, "rs0") as url:
            yield url


@contextlib.contextmanager
def started_mongodb(folder: Path, port: int, replica_set: str = "") -> Iterator[str | None]:
    """Run a `mongod`, or else the stand-in, until the end of the block; None without either."""
    server = mongodb_process(folder, port, replica_set)
    if server is None:
        yield None
        return
    with server.running():
        if replica_set and shutil.which("mongod"):
            _initiate(port)
        yield _url(port, replica_set)


def mongodb_process(folder: Path, port: int, replica_set: str = "", *stand_in: str) -> ServerProcess | None:
    """Return a `mongod`, or else the stand-in with more options, to be started; None without either."""
    if program := shutil.which("mongod"):
        options = ["--dbpath", str(folder), "--bind_ip", LOOPBACK, "--port", str(port)]
        options += ["--setParameter", "enableTestCommands=1"]  # fail points
        options += ["--replSet", replica_set] if replica_set else []
        return ServerProcess([program, *options], port, folder=folder)
    if STAND_IN.is_file():
        options = ["--port", str(port), *(["--replset", replica_set] if replica_set else ["--standalone"]), *stand_in]
        return ServerProcess([sys.executable, str(STAND_IN), *options], port, folder=folder)
    return None


def _url(port: int, replica_set: str) -> str:
    return f"mongodb://{LOOPBACK}:{port}/" + (f"?replicaSet={replica_set}" if replica_set else "")


def _initiate(port: int) -> None:
    """Make a replica set of one server, and wait until it takes writes."""
    members = [{"_id": 0, "host": f"{LOOPBACK}:{port}"}]
    with _client(f"mongodb://{LOOPBACK}:{port}/?directConnection=true") as client:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
    with _client(f"mongodb://{LOOPBACK}:{port}/?replicaSet=rs0") as client:
        client.admin.command("ping")


def _client(url: str) -> Any:
    from pymongo import MongoClient

    return MongoClient(url)


@contextlib.contextmanager
def mongodb_database(server: str) -> Iterator[str]:
    """Give the URL of a database of its own on a server, and drop the database at the end."""
    name = f"newel_{uuid4().hex[:12]}"
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    with _client(server) as client:
        client.drop_database(name)
