"""Write `docs/reference/proof.md`: which row of the persistence contract was shown on which database.

    python -m tests.conformance.prove

Runs every case of the kit on each database that this machine has; the exit status is 1 where one fails.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from newel_data.kit.faults import Faults
from newel_data.kit.proof import Outcomes, Server, exceptions, prove, table
from newel_memory import MemoryBackend
from newel_memory.backend import CAPABILITIES as MEMORY
from newel_mongo.backend import CAPABILITIES as MONGO
from newel_sql.dialects.base import Dialect
from newel_sql.dialects.mariadb import MariadbDialect
from newel_sql.dialects.postgresql import PostgresqlDialect
from newel_sql.dialects.sqlite import SqliteDialect
from tests.databases import HASTY, backend_at, mariadb, new_database, postgresql
from tests.proxies import proxy_before
from tests.services import is_of_stand_in, mongodb_database, mongodb_server

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "proof.md"

TEXT: Final = """# What is proven where

This page is written by `python -m tests.conformance.prove`, which runs every case of the persistence kit on each
database that the machine has. A row is PROVEN where each of its cases was run and passed. PROVEN ON STAND-IN: a
program that speaks the server's protocol and follows its documentation was asked in its place; a real server still has
the last word. UNPROVEN: nobody could be asked. Where not every case of a row was shown, the number is given, and the
second table names the others.

{table}
## Cases that were not shown

{exceptions}"""


@contextlib.contextmanager
def servers() -> Iterator[list[Server]]:
    """Give every database that the contract names."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _mongodb(Path(folder)) as mongodb,
        postgresql() as postgresql_server,
        proxy_before(new_database(postgresql_server)) as of_postgresql,
        mariadb() as mariadb_server,
        proxy_before(new_database(mariadb_server)) as of_mariadb,
    ):
        yield [
            Server(name="memory", open_backend=MemoryBackend, capabilities=MEMORY),
            _sql(SqliteDialect, None, f"sqlite:///{folder}/proof.db"),
            _sql(PostgresqlDialect, *of_postgresql),
            _sql(MariadbDialect, *of_mariadb),
            mongodb,
        ]


def _sql(dialect: type[Dialect], faults: Faults | None, url: str) -> Server:
    return Server(
        name=dialect.name,
        open_backend=partial(backend_at, url, timeout=HASTY),
        faults=faults,
        capabilities=dialect.capabilities,
    )


@contextlib.contextmanager
def _mongodb(folder: Path) -> Iterator[Server]:
    with mongodb_server(folder) as url:
        if url is None:
            yield Server(name="MongoDB")
            return
        with mongodb_database(url) as database, proxy_before(database) as (proxy, through):
            yield Server(
                name="MongoDB",
                open_backend=partial(backend_at, through, timeout=HASTY),
                faults=proxy,
                capabilities=MONGO,
                stand_in=_is_stand_in(url),
                is_own_fault=is_of_stand_in,
            )


def _is_stand_in(url: str) -> bool:
    from pymongo import MongoClient

    with MongoClient[Any](url) as client:
        return "stand-in" in client.admin.command("buildInfo").get("modules", ())


def page(results: Mapping[Server, Outcomes]) -> str:
    """Return the page that tells these results."""
    return TEXT.format(table=table(results), exceptions=exceptions(results))


def main() -> int:
    """Run everything, write the page, and tell what failed."""
    failures: list[str] = []
    with servers() as found:
        results = {server: prove(server, failures.append) for server in found}
    PAGE.write_text(page(results), encoding="utf-8")
    sys.stdout.write("\n".join([*failures, f"wrote {PAGE}", ""]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
