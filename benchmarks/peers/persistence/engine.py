"""SQLAlchemy's engine for its ORM and Core: on SQLite with write-ahead log and foreign keys, as Newel has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.types import TypeDecorator

DRIVERS = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql"}


def engine_of(server: str, url: str) -> Engine:
    engine = create_engine(make_url(url).set(drivername=DRIVERS.get(server, server)))
    if server == "sqlite":
        event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


class Utc(TypeDecorator[datetime]):
    """Aware datetimes on servers without zones: the recipe "Store Timezone Aware Timestamps as UTC" of its manual."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(DATETIME(fsp=3))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)
