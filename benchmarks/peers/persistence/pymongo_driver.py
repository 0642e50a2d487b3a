"""PyMongo alone, with the timeout that Newel has, and objects by hand. Only what writes is a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from bson.decimal128 import Decimal128
from pymongo import DESCENDING, MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from benchmarks.peers.persistence.objects import Author, Notice, with_authors
from benchmarks.persistence import work


class Store:
    author = "author_id"

    def __init__(self, server: str, url: str) -> None:
        self.client: MongoClient[Any] = MongoClient(url, timeoutMS=5000)
        self.database = self.client.get_default_database(
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority"),
        )
        self.notices, self.authors = self.database["notice"], self.database["author"]
        self.notices.create_index([("author_id", 1)])
        self.notices.create_index([("posted", 1)])
        self.authors.insert_many([{"_id": each["id"], "name": each["name"]} for each in work.authors()])
        self.insert_many(None, list(work.notices()))

    @contextmanager
    def unit(self, *, writes: bool) -> Iterator[Any]:
        if writes:
            with self.client.start_session(causal_consistency=False) as session, session.start_transaction():
                yield session
        else:
            yield None

    def forget(self) -> None:
        self.notices.delete_many({"_id": {"$gte": work.INSERTED}})

    def get(self, session: Any, number: int) -> Notice:
        return _made(self.notices.find_one({"_id": work.notice_key(number)}, session=session))

    def few(self, session: Any, number: int) -> list[Notice]:
        return [_made(document) for document in self._newest(session, work.FEW)]

    def many(self, session: Any, number: int) -> list[Notice]:
        return [_made(document) for document in self._newest(session, work.MANY)]

    def include(self, session: Any, number: int) -> list[Notice]:
        notices = self.few(session, number)
        keys = list({notice.author_id for notice in notices})
        found = self.authors.find({"_id": {"$in": keys}}, session=session)
        return with_authors(notices, {each["_id"]: Author(each["_id"], each["name"]) for each in found})

    def insert(self, session: Any, values: work.Values) -> None:
        self.notices.insert_one(_document(Notice(**values)), session=session)

    def insert_many(self, session: Any, values: list[work.Values]) -> None:
        self.notices.insert_many([_document(Notice(**each)) for each in values], session=session)

    def update(self, session: Any, number: int) -> None:
        notice = self.get(session, number)
        notice.views = number
        self.notices.update_one({"_id": notice.id}, {"$set": {"views": notice.views}}, session=session)

    def aggregate(self, session: Any, number: int) -> Any:
        views = {"$sum": {"$toDecimal": "$views"}}  # exact: MongoDB's own sum of integers may become a double
        group = {"_id": None, "n": {"$sum": 1}, "views": views, "latest": {"$max": "$posted"}}
        stages: list[dict[str, Any]] = [{"$match": {"author_id": work.author_key(number)}}, {"$group": group}]
        found = next(self.notices.aggregate(stages, session=session))
        return found["n"], int(found["views"].to_decimal()), found["latest"]

    def stream(self, session: Any) -> Iterator[Notice]:
        return map(_made, self.notices.find(batch_size=work.STREAM_SIZE, session=session))

    def _newest(self, session: Any, count: int) -> Any:
        order = [("posted", DESCENDING), ("_id", DESCENDING)]
        return self.notices.find(sort=order, limit=count, session=session)


def _made(document: Any) -> Notice:
    price = document["price"]
    return Notice(
        document["_id"],
        document["title"],
        document["body"],
        document["author_id"],
        None if price is None else price.to_decimal(),
        document["views"],
        document["open"],
        document["posted"],
    )


def _document(notice: Notice) -> dict[str, Any]:
    return {
        "_id": notice.id,
        "title": notice.title,
        "body": notice.body,
        "author_id": notice.author_id,
        "price": None if notice.price is None else Decimal128(notice.price),
        "views": notice.views,
        "open": notice.open,
        "posted": notice.posted,
    }


def build(server: str, url: str) -> Store:
    return Store(server, url)
