"""Newel: one class for every server, because its models and queries are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from benchmarks.persistence import work
from newel_data import Database, Field, Model, Models, Ref, count, field, max_, ref, sum_
from newel_data.port import Backend


class Author(Model):
    name: Field[str] = field(max_length=80)


class Notice(Model):
    title: Field[str] = field(max_length=120)
    body: Field[str] = field()
    author: Ref[Author] = ref()
    price: Field[Decimal | None] = field(precision=12, scale=2, default=None)
    views: Field[int] = field(default=0)
    open: Field[bool] = field(default=True)
    posted: Field[datetime] = field(index=True)


class NewelStore:
    """`Database` over a backend; each unit is made as the kernel makes one for a request."""

    author: Final = "author"

    def __init__(self, backend: Backend, models: Models) -> None:
        self._backend: Final = backend
        self._models: Final = models
        backend.sync()
        with self.unit(writes=True) as db:
            db.add_all(Author(**values) for values in work.authors())
            db.add_all(Notice(**values) for values in work.notices(self.author))

    def close(self) -> None:
        self._backend.close()

    @contextmanager
    def unit(self, *, writes: bool) -> Iterator[Database]:
        db = Database(self._backend, self._models, read_only=not writes)
        try:
            yield db
            db.finish()
        finally:
            db.close()

    def forget(self) -> None:
        with self.unit(writes=True) as db:
            db.query(Notice).where(Notice.id >= work.INSERTED).delete()

    def get(self, db: Database, number: int) -> Notice:
        return db.get(Notice, work.notice_key(number))

    def few(self, db: Database, number: int) -> list[Notice]:
        return db.query(Notice).order_by(Notice.posted.desc()).limit(work.FEW).all()

    def many(self, db: Database, number: int) -> list[Notice]:
        return db.query(Notice).order_by(Notice.posted.desc()).limit(work.MANY).all()

    def include(self, db: Database, number: int) -> list[Notice]:
        return db.query(Notice).order_by(Notice.posted.desc()).limit(work.FEW).include(Notice.author).all()

    def insert(self, db: Database, values: work.Values) -> None:
        db.add(Notice(**values))

    def insert_many(self, db: Database, values: list[work.Values]) -> None:
        db.add_all([Notice(**each) for each in values])

    def update(self, db: Database, number: int) -> None:
        notice = db.get(Notice, work.notice_key(number))
        notice.views = number
        db.save(notice)

    def aggregate(self, db: Database, number: int) -> tuple[int, int, datetime]:
        found = (
            db.query(Notice)
            .where(Notice.author.id == work.author_key(number))
            .aggregate(n=count(), views=sum_(Notice.views), latest=max_(Notice.posted))
        )
        return found.n, found.views, found.latest

    def stream(self, db: Database) -> Iterator[Notice]:
        return db.query(Notice).stream(work.STREAM_SIZE)


def build(server: str, url: str) -> NewelStore:
    """Make the contestant on a server."""
    models = Models([Author, Notice])
    return NewelStore(_backend(server, url, models), models)


def _backend(server: str, url: str, models: Models) -> Any:
    if server == "memory":
        from newel_memory import MemoryBackend

        return MemoryBackend(models)
    if server == "mongodb":
        from newel_mongo import MongoBackend, MongoConfig, MongoUrl

        return MongoBackend(MongoConfig(url=MongoUrl.from_setting(url)), models)
    from newel_sql import DatabaseUrl, SqlBackend, SqlConfig

    return SqlBackend(SqlConfig(url=DatabaseUrl.from_setting(url)), models)
