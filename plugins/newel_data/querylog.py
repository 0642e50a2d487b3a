"""The statements of one request: what the log says of them, what it warns of, and what the error page shows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Hashable
from typing import Final, Literal, final

import msgspec

from newel.records import Panel

LOG: Final = logging.getLogger("newel.data.queries")

SHOWN: Final = 200
"""How many statements of one request are kept, to be shown."""

Kind = Literal["select", "aggregate", "insert", "update", "delete", "upsert"]

_READ: Final = (
    "if each row of a result asks for it, let one query fetch them all: .include(...) brings what references lead to, "
    ".where(Model.id.in_(ids)) the rows of many keys"
)
_REMEDIES: Final[dict[Kind, str]] = {
    "select": _READ,
    "aggregate": "group_by(...).aggregate(...) computes for all groups at once",
    "insert": "db.add_all(...) inserts many rows at once",
    "update": "db.query(...).where(...).update(...) changes many rows at once",
    "delete": "db.query(...).where(...).delete() removes many rows at once",
    "upsert": "read the rows that are there first, and insert the others by db.add_all(...)",
}


@final
class LoggedQuery(msgspec.Struct, frozen=True):
    """One statement that ran. `rows` were returned, or matched; `values` is empty where they are not to be shown.

    `shape` is equal for statements that differ in their values only. `error` names the exception it ended with.
    """

    kind: Kind
    statement: str
    values: str
    milliseconds: float
    rows: int
    caller: str
    shape: Hashable
    error: str = ""


@final
class Repeated:
    """Statements of one shape: the first of them, how many there were, and who asked."""

    __slots__ = ("callers", "first", "number")

    def __init__(self, first: LoggedQuery) -> None:
        self.first: Final = first
        self.number = 0
        self.callers: Final[Counter[str]] = Counter()

    def __str__(self) -> str:
        most = self.callers.most_common(1)[0][0]
        at = f", at {most}" if most else ""
        return f"one statement ran {self.number} times{at}: {self.first.statement}; {_REMEDIES[self.first.kind]}"


@final
class QueryLog:
    """What one request, or one scope outside any, asked of its database: a contract, opened where queries are observed.

    `entries` are the first `SHOWN` statements: a command may run for long. `repeated` is how often one of them may run
    before it is warned of (0: as often as it likes).
    """

    def __init__(self, request: str, repeated: int) -> None:
        self.request: Final = request
        self.entries: Final[list[LoggedQuery]] = []
        self.number = 0
        self.milliseconds = 0.0
        self._limit: Final = repeated
        self._shapes: Final[dict[Hashable, Repeated]] = {}

    def add(self, entry: LoggedQuery) -> None:
        """Take down a statement that ran, and log it."""
        self.number += 1
        self.milliseconds += entry.milliseconds
        if self.number <= SHOWN:
            self.entries.append(entry)
        known = self._shapes.setdefault(entry.shape, Repeated(entry))
        known.number += 1
        known.callers[entry.caller] += 1
        if LOG.isEnabledFor(logging.DEBUG):
            LOG.debug("%s", _line(entry))

    def close(self) -> None:
        """Log how many there were, and warn of those that ran too often."""
        if self.number:
            LOG.debug("%s: %s", self.request, self.summary())
        for warning in self.warnings():
            LOG.warning("%s: %s", self.request, warning)

    def summary(self) -> str:
        """Return how many there were, and how long they took together."""
        return f"{self.number} {'query' if self.number == 1 else 'queries'} in {self.milliseconds:.1f} ms"

    def warnings(self) -> list[str]:
        """Return a sentence for each statement that ran too often: how often, for whom most of all, and what helps."""
        return [str(known) for known in self._shapes.values() if 0 < self._limit <= known.number]

    def panel(self) -> Panel:
        """Return what the error page of development shows."""
        rows = [
            (f"{entry.milliseconds:.2f}", entry.error or str(entry.rows), entry.statement, entry.values, entry.caller)
            for entry in self.entries
        ]
        more = [f"the first {SHOWN} are shown"] if self.number > SHOWN else []
        return Panel(
            title=f"Database: {self.summary()}",
            columns=("ms", "rows", "statement", "values", "at"),
            rows=tuple(rows),
            notes=(*self.warnings(), *more),
        )


def _line(entry: LoggedQuery) -> str:
    ended = f"ended with {entry.error}" if entry.error else f"{entry.rows} rows"
    values = f" [{entry.values}]" if entry.values else ""
    at = f" at {entry.caller}" if entry.caller else ""
    return f"{entry.milliseconds:.2f} ms, {ended}: {entry.statement}{values}{at}"
