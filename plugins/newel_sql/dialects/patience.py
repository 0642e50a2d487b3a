"""Connections of psycopg that give up a server which does not answer: libpq itself would wait for ever."""

from __future__ import annotations

import time
from typing import Any, TypeVar, final

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus

T = TypeVar("T")


class NoAnswer(psycopg.OperationalError):
    """The server did not answer in time."""


@final
class PatientConnection(psycopg.Connection[Any]):
    """A connection on which one call waits no longer than `patience` seconds, if that is set.

    A server's own `statement_timeout` does not help where the server is what hangs.
    """

    patience: float | None = None

    def command(self, statement: bytes) -> None:
        """Run a statement without values, whose answer is that it was done. Raises what a cursor would raise.

        PERF: it takes half of what a cursor takes, which would convert, count and perhaps prepare the statement.
        """
        with self.lock:
            self.pgconn.send_query(statement)
            result = self.wait(execute(self.pgconn))[-1]
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)

    def wait(self, gen: PQGen[T], *args: Any, **kwargs: Any) -> T:
        """Run what psycopg does on the connection, and close the connection where that takes too long."""
        if self.patience is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_limited(gen, time.monotonic() + self.patience), *args, **kwargs)
        except NoAnswer:
            self.close()
            raise


def _limited(gen: PQGen[T], until: float) -> PQGen[T]:
    """Pass on what psycopg waits for, which is told each tenth of a second that nothing has come."""
    try:
        awaited = next(gen)
        while True:
            ready = yield awaited
            if not ready and time.monotonic() > until:
                raise NoAnswer("the server did not answer in time")
            awaited = gen.send(ready)
    except StopIteration as done:
        result: T = done.value
        return result
