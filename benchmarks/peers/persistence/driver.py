"""The driver alone, SQL and objects by hand: sqlite3 or psycopg. Nothing can cost less, and nothing checks anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from benchmarks.peers.persistence.objects import Author, Notice
from benchmarks.persistence import work

COLUMNS = "id, title, body, author_id, price, views, open, posted"
NEWEST = f"SELECT {COLUMNS} FROM notice ORDER BY posted DESC, id DESC LIMIT ?"
WITH_AUTHORS = (
    "SELECT n.id, n.title, n.body, n.author_id, n.price, n.views, n.open, n.posted, a.name "
    "FROM notice n JOIN author a ON a.id = n.author_id ORDER BY n.posted DESC, n.id DESC LIMIT ?"
)
TABLES = (
    "CREATE TABLE author (id {key} PRIMARY KEY, name TEXT NOT NULL)",
    """CREATE TABLE notice (id {key} PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL,
       author_id {key} NOT NULL REFERENCES author (id), price {decimal}, views BIGINT NOT NULL, open BOOLEAN NOT NULL,
       posted {time} NOT NULL)""",
    "CREATE INDEX notice_author ON notice (author_id)",
    "CREATE INDEX notice_posted ON notice (posted)",
)
TYPES = {
    "sqlite": {"key": "TEXT", "decimal": "TEXT", "time": "TEXT"},
    "postgresql": {"key": "VARCHAR(36)", "decimal": "NUMERIC(12, 2)", "time": "TIMESTAMPTZ(3)"},
}


class Store:
    author = "author_id"

    def __init__(self, server: str, url: str) -> None:
        self.on_sqlite = server == "sqlite"
        self.connection = _sqlite(url) if self.on_sqlite else _postgresql(url)
        self.made: Callable[[Any], Notice] = _of_text if self.on_sqlite else _of_values
        cursor = self.connection.cursor()
        for statement in TABLES:
            cursor.execute(statement.format(**TYPES[server]))
        cursor.executemany(self._sql("INSERT INTO author (id, name) VALUES (?, ?)"),
                           [(each["id"], each["name"]) for each in work.authors()])  # fmt: skip
        self.insert_many(cursor, list(work.notices()))

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def unit(self, *, writes: bool) -> Iterator[Any]:
        cursor = self.connection.cursor()
        cursor.execute(("BEGIN IMMEDIATE" if self.on_sqlite else "BEGIN") if writes else "BEGIN")
        try:
            yield cursor
            cursor.execute("COMMIT")
        except BaseException:
            cursor.execute("ROLLBACK")
            raise

    def forget(self) -> None:
        self.connection.execute(self._sql("DELETE FROM notice WHERE id >= ?"), (work.INSERTED,))

    def get(self, cursor: Any, number: int) -> Notice:
        cursor.execute(self._sql(f"SELECT {COLUMNS} FROM notice WHERE id = ?"), (work.notice_key(number),))
        return self.made(cursor.fetchone())

    def few(self, cursor: Any, number: int) -> list[Notice]:
        cursor.execute(self._sql(NEWEST), (work.FEW,))
        return list(map(self.made, cursor.fetchall()))

    def many(self, cursor: Any, number: int) -> list[Notice]:
        cursor.execute(self._sql(NEWEST), (work.MANY,))
        return list(map(self.made, cursor.fetchall()))

    def include(self, cursor: Any, number: int) -> list[Notice]:
        cursor.execute(self._sql(WITH_AUTHORS), (work.FEW,))
        notices, authors = [], {}
        for *row, name in cursor.fetchall():
            notice = self.made(row)
            if notice.author_id not in authors:
                authors[notice.author_id] = Author(notice.author_id, name)
            notice.author = authors[notice.author_id]
            notices.append(notice)
        return notices

    def insert(self, cursor: Any, values: work.Values) -> None:
        cursor.execute(self._insertion(), self._row(Notice(**values)))

    def insert_many(self, cursor: Any, values: list[work.Values]) -> None:
        cursor.executemany(self._insertion(), [self._row(Notice(**each)) for each in values])

    def update(self, cursor: Any, number: int) -> None:
        notice = self.get(cursor, number)
        notice.views = number
        cursor.execute(self._sql("UPDATE notice SET views = ? WHERE id = ?"), (notice.views, notice.id))

    def aggregate(self, cursor: Any, number: int) -> Any:
        statement = "SELECT count(*), sum(views), max(posted) FROM notice WHERE author_id = ?"
        cursor.execute(self._sql(statement), (work.author_key(number),))
        counted, total, latest = cursor.fetchone()
        return counted, int(total), datetime.fromisoformat(latest) if self.on_sqlite else latest.replace(tzinfo=UTC)

    def stream(self, cursor: Any) -> Iterator[Notice]:
        streaming = self.connection.cursor() if self.on_sqlite else self.connection.cursor("stream")
        streaming.execute(f"SELECT {COLUMNS} FROM notice")
        while rows := streaming.fetchmany(work.STREAM_SIZE):
            yield from map(self.made, rows)

    def _sql(self, statement: str) -> str:
        return statement if self.on_sqlite else statement.replace("?", "%s")

    def _insertion(self) -> str:
        return self._sql(f"INSERT INTO notice ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")

    def _row(self, notice: Notice) -> tuple[Any, ...]:
        price: Any = notice.price
        posted: Any = notice.posted
        if self.on_sqlite:
            price = None if price is None else str(price)
            posted = posted.isoformat(timespec="milliseconds")
        author, views = notice.author_id, notice.views
        return notice.id, notice.title, notice.body, author, price, views, notice.open, posted


def _of_values(row: Any) -> Notice:
    key, title, body, author_id, price, views, is_open, posted = row
    return Notice(key, title, body, author_id, price, views, is_open, posted.replace(tzinfo=UTC))


def _of_text(row: Any) -> Notice:
    key, title, body, author_id, price, views, is_open, posted = row
    amount = None if price is None else Decimal(price)
    return Notice(key, title, body, author_id, amount, views, bool(is_open), datetime.fromisoformat(posted))


def _sqlite(url: str) -> Any:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _postgresql(url: str) -> Any:
    import psycopg

    return psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC")


def build(server: str, url: str) -> Store:
    return Store(server, url)
