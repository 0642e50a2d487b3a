"""Units that are savepoints of one transaction, as tests have them: the kit's cases hold for them as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import cast

import pytest

from newel_data.kit import Kit, cases
from newel_data.models import Models
from newel_data.port import Backend
from newel_sql import SqlBackend
from newel_sql.connections import Connections
from newel_sql.dialects.sqlite import SqliteDialect
from newel_sql.holding import Held
from tests.databases import SERVERS, new_database
from tests.plugins.newel_sql.board import config

TOGETHER = {"concurrent_units", "concurrent_writers", "snapshot_reads", "durable"}
"""What units of one connection cannot show."""

UNCOMMITTED = ["nesting: an inner block joins the unit"]
"""Cases that look whether one unit sees what another has not committed: on one connection it does."""


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Give a function that returns the URL of an empty database."""
    if request.param == "sqlite":
        yield lambda: "sqlite://"
        return
    with SERVERS[request.param]() as server:
        yield lambda: new_database(server)


@pytest.fixture
def kit(url: Callable[[], str]) -> Iterator[Kit]:
    with ExitStack() as ends:

        def held(models: Models) -> Backend:
            backend = SqlBackend(config(url()), models)
            backend.sync()
            ends.callback(backend.close)
            connection = Held(backend.connections)
            ends.callback(connection.end)
            ends.enter_context(backend.holding(cast("Connections", connection)))
            return backend

        kit = Kit(held)
        yield kit
        kit.close()


def test_units_of_one_transaction_keep_every_promise_that_one_connection_can_show(kit: Kit) -> None:
    failed = []
    for case in cases(SqliteDialect.capabilities - TOGETHER):
        try:
            case(kit)
        except AssertionError:
            failed.append(str(case))
    assert failed == UNCOMMITTED
