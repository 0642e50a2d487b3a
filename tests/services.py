"""What tests need from the machine: real server processes on the loopback interface, and a browser.

Nothing here skips: what is missing is an error that says what to install.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 30.0
"""Seconds that a server may take until it listens; on a busy machine a start takes some."""

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


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(command: Sequence[str], port: int, *, folder: Path) -> Iterator[str]:
    """Run a server until the end of the block; gives its base URL once it listens.

    What the server prints goes to `server.log` in `folder`, which is also its working directory, and is part of the
    error when it does not start.
    """
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_listening(process, port, log)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            _stop(process)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.02)
    ended = "did not listen" if process.returncode is None else f"ended with {process.returncode}"
    raise RuntimeError(f"{process.args!r} {ended}:\n{log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
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
