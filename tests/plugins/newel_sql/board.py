"""Models of these tests, and a SQLite backend of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from newel_data import Database, Field, Model, Models, Ref, field, ref, utcnow, version
from newel_sql import DatabaseUrl, SqlBackend, SqlConfig


class Author(Model):
    name: Field[str] = field(max_length=80, unique=True)
    nick: Field[str | None] = field(max_length=20, case_insensitive=True, unique=True, default=None)
    born: Field[date | None] = field(default=None)


class Notice(Model, table="order", unique=[("author", "title")]):
    """Stored under a reserved word, with a column that is one."""

    title: Field[str] = field(max_length=120, index=True)
    group: Field[str] = field(default="")
    author: Ref[Author] = ref(on_delete="cascade")
    editor: Ref[Author | None] = ref(on_delete="set_null", default=None)
    tags: Field[list[str]] = field(default_factory=list)
    price: Field[Decimal | None] = field(precision=12, scale=2, default=None)
    posted: Field[datetime] = field(default_factory=utcnow, index=True)
    views: Field[int] = field(default=0)
    version: Field[int] = version()


MODELS = Models([Author, Notice])


def config(url: str = "sqlite:///board.db", **settings: Any) -> SqlConfig:
    return SqlConfig(url=DatabaseUrl.from_setting(url), **settings)


def opened(folder: Path, models: Models = MODELS, **settings: Any) -> SqlBackend:
    """Open a backend on a file in a folder, without creating anything."""
    return SqlBackend(config(**settings), models, folder)


def database(backend: SqlBackend, *, read_only: bool = False) -> Database:
    return Database(backend, MODELS, read_only=read_only)


def stored(backend: SqlBackend, *objects: Any) -> None:
    db = database(backend)
    for obj in objects:
        db.add(obj)
    db.finish()
    db.close()
