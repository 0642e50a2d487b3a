"""Times on PostgreSQL and MariaDB, where native code and tables of others do what Newel would not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from newel_sql import DatabaseUrl, SqlBackend, SqlConfig
from tests.databases import mariadb, new_database, postgresql
from tests.plugins.newel_sql.board import MODELS, Author, Notice, database, stored

MOMENT = datetime(2024, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def on_postgresql() -> Iterator[SqlBackend]:
    with postgresql() as server:
        yield from _opened(server)


@pytest.fixture(scope="module")
def on_mariadb() -> Iterator[SqlBackend]:
    with mariadb() as server:
        yield from _opened(server)


def _opened(server: str) -> Iterator[SqlBackend]:
    backend = SqlBackend(SqlConfig(url=DatabaseUrl.from_setting(new_database(server))), MODELS)
    backend.sync()
    yield backend
    backend.close()


def test_a_zone_that_native_code_sets_changes_no_time_of_its_unit(on_postgresql: SqlBackend) -> None:
    author = Author(name="Ada")
    notice = Notice(title="t", author=author, posted=MOMENT)
    stored(on_postgresql, author, notice)
    db = database(on_postgresql)
    db.native.execute(text("SET LOCAL TimeZone = 'Asia/Tokyo'"))
    found = db.get(Notice, notice.id).posted
    db.close()
    assert (MOMENT, UTC) == (found, found.tzinfo)


@pytest.mark.parametrize("digits", range(7))
def test_a_datetime_of_any_precision_is_read(on_mariadb: SqlBackend, digits: int) -> None:
    written = f"2024-05-01 12:30:15.{123456:06}"[: 20 + digits].rstrip(".")
    exact = datetime(2024, 5, 1, 12, 30, 15, int("123456"[:digits].ljust(6, "0")))  # noqa: DTZ001
    assert exact == _asked(on_mariadb, f"SELECT CAST('{written}' AS DATETIME({digits}))")


def test_a_date_that_is_none_comes_to_native_code_as_its_text(on_mariadb: SqlBackend) -> None:
    assert _asked(on_mariadb, "SELECT CAST('2024-00-10 00:00:00' AS DATETIME)") == "2024-00-10 00:00:00"


def _asked(backend: SqlBackend, statement: str) -> object:
    db = database(backend)
    try:
        return db.native.scalar(text(f"SET STATEMENT sql_mode = '' FOR {statement}"))
    finally:
        db.close()
