"""Connections of psycopg that give up a server which does not answer: libpq itself would wait for ever."""

from __future__ import annotations

import time
from typing import Any, TypeVar, final

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")


class NoAnswer(psycopg.OperationalError):
    """The server did not answer in time."""


@final
class PatientConnection(psycopg.Connection[Any]):
    """A connection on which one call waits no longer than `patience` seconds, if that is set.

    A server's own `statement_timeout` does not help where the server is what hangs.
    """

    patience: float | None = None

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
