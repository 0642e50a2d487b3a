"""`newel db shell`: the client program that a database has of its own, found, and run in place of this one.

SECURITY: a password never stands on a command line, where every user of the machine reads it: clients take it from
their environment.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from newel.errors import Problem, ProblemError
from newel_data.port import Backend, Client, HasClient


def client_of(backend: Backend) -> Client:
    """Return the client of a backend's database. Raises `ProblemError` where it has none."""
    if isinstance(backend, HasClient):
        return backend.client()
    what = f"{backend.name} has no client program of its own."
    raise ProblemError(Problem(what=what, remedy="use `newel shell`, which has the models and Database at hand."))


def run(client: Client, more: Sequence[str]) -> int:
    """Run a client with further arguments until it ends, and return its exit status. Raises `ProblemError`."""
    program = next(filter(None, map(shutil.which, client.programs)), None)
    if program is None:
        named = " or ".join(client.programs)
        raise ProblemError(Problem(what=f"there is no {named} on PATH.", remedy=client.install))
    with _interrupts_left_to_it():
        command, variables = [program, *client.arguments, *more], {**os.environ, **client.environment}
        return subprocess.run(command, env=variables, check=False).returncode  # noqa: S603  -- the user asked for it


@contextmanager
def _interrupts_left_to_it() -> Iterator[None]:
    """Let Ctrl-C end a query of the client, and not the client."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
