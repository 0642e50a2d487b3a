"""Who takes part on which server, and the ratios that Newel wants to reach when it reads."""

from __future__ import annotations

from typing import Final

import msgspec

from benchmarks.persistence.work import OPERATIONS, Operation
from benchmarks.rows import Target

_PEERS: Final = "benchmarks.peers.persistence"

NEWEL: Final = "newel"
CORE: Final = "sqlalchemy core"
ORM: Final = "sqlalchemy orm"
DJANGO: Final = "django orm"
MEMORY: Final = "newel, memory"
MEMORY_SERVER: Final = "memory"

CONTESTANTS: Final = {
    NEWEL: "benchmarks.persistence.newel",
    MEMORY: "benchmarks.persistence.newel",
    CORE: f"{_PEERS}.core",
    ORM: f"{_PEERS}.orm",
    DJANGO: f"{_PEERS}.django_orm",
    "sqlite3": f"{_PEERS}.driver",
    "psycopg": f"{_PEERS}.driver",
    "pymongo": f"{_PEERS}.pymongo_driver",
}
"""The module of each contestant."""

SERVERS: Final = {
    "sqlite": (CORE, ORM, DJANGO, "sqlite3", MEMORY),
    "postgresql": (CORE, ORM, DJANGO, "psycopg"),
    "mariadb": (CORE, ORM),
    "mongodb": ("pymongo",),
}
"""Newel's peers on each server."""

TARGETS: Final = (Target(CORE, 1.3), Target(ORM, 0.6), Target(DJANGO, 0.6), Target("pymongo", 1.3))


class Row(msgspec.Struct, frozen=True):
    """One operation on one server, with or without a unit of its own."""

    server: str
    operation: Operation
    own_unit: bool

    @property
    def name(self) -> str:
        """What the row is called in the table."""
        unit = "in its own unit" if self.own_unit else "in a unit"
        return f"{self.server}: {self.operation.name}, {unit}"

    @property
    def targets(self) -> tuple[Target, ...]:
        """The ratios that are to be reached: what reads has some."""
        return () if self.operation.writes else TARGETS


ROWS: Final = tuple(
    Row(server, operation, own_unit) for server in SERVERS for operation in OPERATIONS for own_unit in (False, True)
)
