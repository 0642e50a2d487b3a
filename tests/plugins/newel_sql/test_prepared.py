"""What PostgreSQL has prepared: statements of units that only read are kept from unit to unit, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from newel_data import Conflict
from newel_sql import DatabaseUrl, SqlBackend, SqlConfig
from tests.databases import new_database, postgresql
from tests.plugins.newel_sql.board import MODELS, Author, database, stored

OFTEN = 8
"""More often than psycopg wants to see a statement before the server prepares it."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture
def backend(server: str) -> Iterator[SqlBackend]:
    url = DatabaseUrl.from_setting(new_database(server))
    backend = SqlBackend(SqlConfig(url=url, pool_size=1, pool_overflow=1), MODELS)
    backend.sync()
    stored(backend, Author(id="a", name="Ada"))
    yield backend
    backend.close()


def name(backend: SqlBackend) -> str:
    db = database(backend, read_only=True)
    try:
        return db.get(Author, "a").name
    finally:
        db.close()


def asked(backend: SqlBackend, statement: str) -> object:
    """Return the one value of a statement, in a unit that only reads."""
    db = database(backend, read_only=True)
    try:
        return db.native.scalar(text(statement))
    finally:
        db.close()


def test_what_is_read_in_many_units_is_prepared_once(backend: SqlBackend) -> None:
    assert [name(backend) for _ in range(OFTEN)] == ["Ada"] * OFTEN
    assert asked(backend, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%author%'") == 1


def test_a_statement_whose_column_has_changed_is_a_conflict_and_runs_again(backend: SqlBackend) -> None:
    for _ in range(OFTEN):
        name(backend)
    elsewhere = SqlBackend(backend.config, MODELS)
    with elsewhere._connected(read_only=False) as connection:
        connection.exec_driver_sql("ALTER TABLE author ALTER COLUMN name TYPE varchar(900)")
    elsewhere.close()
    with pytest.raises(Conflict):
        name(backend)
    assert name(backend) == "Ada"


def test_what_native_code_sets_ends_with_a_unit_that_only_reads(backend: SqlBackend) -> None:
    before = asked(backend, "SHOW work_mem")
    db = database(backend, read_only=True)
    db.native.execute(text("SET work_mem = '77MB'"))
    db.close()
    assert asked(backend, "SHOW work_mem") == before
