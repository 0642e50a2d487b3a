"""The page of what is proven where says what running every case gives: none that could be run is missing from it.

The cases themselves are run by the other tests of this folder, and by `python -m tests.conformance.prove`, which writes
the page. Here it is compared with what the databases can do.
"""

from __future__ import annotations

from newel_data.kit import Case, all_cases
from newel_data.kit.proof import Outcome, Server
from newel_memory.backend import CAPABILITIES as MEMORY
from newel_mongo.backend import CAPABILITIES as MONGO
from newel_sql.dialects.mariadb import MariadbDialect
from newel_sql.dialects.postgresql import PostgresqlDialect
from newel_sql.dialects.sqlite import SqliteDialect
from tests.conformance.prove import PAGE, page

WRITTEN = PAGE.read_text(encoding="utf-8")

SERVERS = [
    Server(name="memory", capabilities=MEMORY),
    Server(name="SQLite", capabilities=SqliteDialect.capabilities),
    Server(name="PostgreSQL", capabilities=PostgresqlDialect.capabilities),
    Server(name="MariaDB", capabilities=MariadbDialect.capabilities),
    Server(name="MongoDB", capabilities=MONGO, stand_in="| PROVEN ON STAND-IN |" in WRITTEN),
]

NOT_SHOWN_BY_THE_STAND_IN = {"aggregation: overflow is refused"}


def when_all_is_well(server: Server, case: Case) -> Outcome:
    """What becomes of a case where the database does what the contract says."""
    if not case.needs <= server.capabilities:
        return "left out"
    return "not shown" if server.stand_in and str(case) in NOT_SHOWN_BY_THE_STAND_IN else "passed"


def test_the_page_tells_every_case_on_every_database() -> None:
    wanted = page({server: {case: when_all_is_well(server, case) for case in all_cases()} for server in SERVERS})
    assert wanted == WRITTEN, "write the page: python -m tests.conformance.prove"
