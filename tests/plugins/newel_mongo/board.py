"""Models of these tests, and a MongoDB backend of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from newel_data import Database, Field, Model, Models, Ref, field, ref, utcnow, version
from newel_mongo import MongoBackend, MongoConfig, MongoUrl


class Author(Model):
    name: Field[str] = field(max_length=80, unique=True)
    nick: Field[str | None] = field(max_length=20, unique=True, default=None)
    born: Field[date | None] = field(minimum=date(1800, 1, 1), default=None)


class Notice(Model, unique=[("author", "title")]):
    title: Field[str] = field(max_length=120, index=True)
    author: Ref[Author] = ref(on_delete="cascade")
    fan: Ref[Author | None] = ref(on_delete="set_null", check="weak", default=None)
    price: Field[Decimal | None] = field(precision=12, scale=2, default=None)
    posted: Field[datetime] = field(default_factory=utcnow, index=True)
    views: Field[int] = field(default=0)
    version: Field[int] = version()


class Award(Model):
    author: Ref[Author] = ref(on_delete="restrict")
    year: Field[int] = field(minimum=1900)


MODELS = Models([Author, Notice, Award])


def opened(url: str, models: Models = MODELS, **settings: Any) -> MongoBackend:
    """Open a backend, without creating anything."""
    return MongoBackend(MongoConfig(url=MongoUrl.from_setting(url), **settings), models)


def database(backend: MongoBackend, *, read_only: bool = False) -> Database:
    return Database(backend, backend.models, read_only=read_only)


def stored(backend: MongoBackend, *objects: Any) -> None:
    db = database(backend)
    for obj in objects:
        db.add(obj)
    db.finish()
    db.close()
