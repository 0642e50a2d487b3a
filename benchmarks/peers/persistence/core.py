"""SQLAlchemy Core doing the same as Newel: rows into objects, with the same conversions, by hand.

On SQLite decimals and times are kept as text, which is exact and costs least to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from benchmarks.peers.persistence.engine import Utc, engine_of
from benchmarks.peers.persistence.objects import Author, Notice
from benchmarks.persistence import work


class Store:
    author = "author_id"

    def __init__(self, server: str, url: str) -> None:
        self.engine = engine_of(server, url)
        self.as_text = server == "sqlite"
        self.made: Callable[..., Notice] = _of_text if self.as_text else _of_values
        metadata = MetaData()
        self.authors = Table("author", metadata, Column("id", String(36), primary_key=True), Column("name", String(80)))
        self.notices = Table(
            "notice",
            metadata,
            Column("id", String(36), primary_key=True),
            Column("title", String(120), nullable=False),
            Column("body", Text, nullable=False),
            Column("author_id", ForeignKey("author.id"), nullable=False, index=True),
            Column("price", String(14) if self.as_text else Numeric(12, 2)),
            Column("views", BigInteger, nullable=False),
            Column("open", Boolean, nullable=False),
            Column("posted", String(24) if self.as_text else Utc, nullable=False, index=True),
        )
        metadata.create_all(self.engine)
        with self.unit(writes=True) as connection:
            connection.execute(insert(self.authors), list(work.authors()))
            self.insert_many(connection, list(work.notices()))

    @contextmanager
    def unit(self, *, writes: bool) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection
            if writes:
                connection.commit()

    def forget(self) -> None:
        with self.unit(writes=True) as connection:
            connection.execute(delete(self.notices).where(self.notices.c.id >= work.INSERTED))

    def get(self, connection: Connection, number: int) -> Notice:
        wanted = select(self.notices).where(self.notices.c.id == work.notice_key(number))
        return self.made(*connection.execute(wanted).one())

    def few(self, connection: Connection, number: int) -> list[Notice]:
        return [self.made(*row) for row in connection.execute(self._newest(work.FEW))]

    def many(self, connection: Connection, number: int) -> list[Notice]:
        return [self.made(*row) for row in connection.execute(self._newest(work.MANY))]

    def include(self, connection: Connection, number: int) -> list[Notice]:
        source = self.notices.join(self.authors)
        wanted = self._newest(work.FEW).add_columns(self.authors.c.name).select_from(source)
        notices, authors = [], {}
        for *row, name in connection.execute(wanted):
            notice = self.made(*row)
            if notice.author_id not in authors:
                authors[notice.author_id] = Author(notice.author_id, name)
            notice.author = authors[notice.author_id]
            notices.append(notice)
        return notices

    def insert(self, connection: Connection, values: work.Values) -> None:
        connection.execute(insert(self.notices), self._row(Notice(**values)))

    def insert_many(self, connection: Connection, values: list[work.Values]) -> None:
        connection.execute(insert(self.notices), [self._row(Notice(**each)) for each in values])

    def update(self, connection: Connection, number: int) -> None:
        notice = self.get(connection, number)
        notice.views = number
        connection.execute(update(self.notices).where(self.notices.c.id == notice.id).values(views=notice.views))

    def aggregate(self, connection: Connection, number: int) -> Any:
        columns = self.notices.c
        wanted = select(func.count(), func.sum(columns.views), func.max(columns.posted))
        counted, total, latest = connection.execute(wanted.where(columns.author_id == work.author_key(number))).one()
        return counted, int(total), datetime.fromisoformat(latest) if self.as_text else latest

    def stream(self, connection: Connection) -> Iterator[Notice]:
        wanted = select(self.notices).execution_options(yield_per=work.STREAM_SIZE)
        for row in connection.execute(wanted):
            yield self.made(*row)

    def _newest(self, count: int) -> Any:
        columns = self.notices.c
        return select(self.notices).order_by(columns.posted.desc(), columns.id.desc()).limit(count)

    def _row(self, notice: Notice) -> dict[str, Any]:
        return {
            "id": notice.id,
            "title": notice.title,
            "body": notice.body,
            "author_id": notice.author_id,
            "price": str(notice.price) if self.as_text and notice.price is not None else notice.price,
            "views": notice.views,
            "open": notice.open,
            "posted": notice.posted.astimezone(UTC).isoformat(timespec="milliseconds") if self.as_text
            else notice.posted,
        }  # fmt: skip


def _of_values(*row: Any) -> Notice:
    return Notice(*row)


def _of_text(
    id: str, title: str, body: str, author_id: str, price: str | None, views: int, open: bool, posted: str
) -> Notice:
    amount = None if price is None else Decimal(price)
    return Notice(id, title, body, author_id, amount, views, open, datetime.fromisoformat(posted))


def build(server: str, url: str) -> Store:
    return Store(server, url)
