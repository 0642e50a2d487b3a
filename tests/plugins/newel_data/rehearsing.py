"""An application for tests of tests, and the databases that it is tested on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newel import App, Plugin, Router, hookimpl
from newel_data import Database, Field, Model, Ref, UniqueViolation, field, ref
from tests.databases import SERVERS, new_database
from tests.services import mongodb_database, mongodb_server


class Author(Model):
    name: Field[str] = field(max_length=80, unique=True)
    friend: Ref[Author | None] = ref(on_delete="restrict", default=None)


class Notice(Model):
    title: Field[str] = field(max_length=80, unique=True)
    author: Ref[Author] = ref(on_delete="restrict")


class Board(Plugin):
    name = "board"
    requires = ("data",)

    @hookimpl
    def newel_models(self) -> Iterable[type[Model]]:
        return [Notice, Author]


router = Router()


@router.get("/authors")
def authors(db: Database) -> list[str]:
    return [author.name for author in db.query(Author).order_by(Author.name)]


@router.get("/streamed")
def streamed(db: Database) -> Iterator[str]:
    for author in db.query(Author).order_by(Author.name).stream(size=1):
        yield f"{author.name} "


@router.post("/authors/<name>")
def add(db: Database, name: str) -> str:
    try:
        db.add(Author(name=name))
    except UniqueViolation:
        return f"taken, of {db.query(Author).count()}"
    return "added"


@router.post("/broken/<name>")
def broken(db: Database, name: str) -> str:
    db.add(Author(name=name))
    msg = "after the row was added"
    raise ValueError(msg)


def application(sections: dict[str, Any], *plugins: type[Plugin]) -> App:
    return App(sections, routes=[router], plugins=[Board, *plugins], profile="development")


def total(app: App) -> int:
    """Return the number of authors, in a unit of its own."""
    with app.scope() as scope:
        return scope[Database].query(Author).count()


DATABASES = ("memory", "sqlite", "postgresql", "mariadb", "mongodb")


@contextmanager
def sections_of(database: str, folder: Path) -> Iterator[dict[str, Any] | None]:
    """Give the configuration of an application on a database; None where there can be none."""
    if database == "memory":
        yield {"use": {"database": "memory"}}
    elif database == "sqlite":
        yield {"use": {"database": "sql"}, "sql": {"url": f"sqlite:///{folder}/board.db"}}
    elif database == "mongodb":
        with mongodb_server(folder) as server:
            if server is None:
                yield None
                return
            with mongodb_database(server) as url:
                yield {"use": {"database": "mongo"}, "mongo": {"url": url}}
    else:
        with SERVERS[database]() as server:
            yield {"use": {"database": "sql"}, "sql": {"url": new_database(server)}}
