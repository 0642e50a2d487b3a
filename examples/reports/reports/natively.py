"""Which way the trends are made: decided once, here, by what the database is. A plugin of the application's own."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

from newel import Provider, hookimpl
from newel_data import Database
from newel_data.port import Backend
from reports.trends import Trends

_NATIVELY = {
    "MongoDB": ("reports.mongo", "MongoTrends"),
    "SQLite": ("reports.sql", "SqlTrends"),
    "PostgreSQL": ("reports.sql", "SqlTrends"),
    "MariaDB": ("reports.sql", "SqlTrends"),
}
_ANYWHERE = ("reports.anywhere", "PortableTrends")


@hookimpl
def newel_providers() -> Iterable[Provider]:
    """Supply the trends to each request that asks for them, over its own unit of work."""
    yield Provider(contract=Trends, open=_open)


def _open(db: Database, backend: Backend) -> Trends:
    """Choose by the name of the database. Modules of others, and their libraries, are not imported."""
    module, name = _NATIVELY.get(backend.name, _ANYWHERE)
    made: Any = getattr(importlib.import_module(module), name)
    trends: Trends = made(db)
    return trends
