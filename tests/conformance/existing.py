"""A database that something else made, under names of its own, with a few rows.

`legacy(server)` gives a new database of a server with what stood there before Newel came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from sqlalchemy import create_engine

from newel_data import Database, Field, Model, Models, Ref, field, ref
from newel_data.port import Backend
from newel_sql import DatabaseUrl
from tests.conformance.existing_models import Article, Writer
from tests.databases import new_database
from tests.services import mongodb_database


class Review(Model):
    """Ours, beside theirs: it refers to what was there."""

    article: Ref[Article] = ref(on_delete="cascade")
    text: Field[str] = field(max_length=200)


EXISTING: Final = Models([Writer, Article])
TOGETHER: Final = Models([Writer, Article, Review])

_SCHEMA: Final = (
    """CREATE TABLE "WRITERS" (
        "WRITER_NO" VARCHAR(10) NOT NULL PRIMARY KEY,
        "Name" VARCHAR(80) NOT NULL,
        "ACTIVE" INTEGER NOT NULL DEFAULT 1,
        CONSTRAINT "UQ WRITERS" UNIQUE ("Name")
    )""",
    """CREATE TABLE "Order" (
        "ORDER-NO" VARCHAR(12) NOT NULL PRIMARY KEY,
        "Select" VARCHAR(120) NOT NULL,
        "Written By" VARCHAR(10) NOT NULL,
        "REMARK" VARCHAR(40) DEFAULT 'none',
        CONSTRAINT "UQ_ORDER" UNIQUE ("Written By", "Select"),
        CONSTRAINT "FK_ORDER_1" FOREIGN KEY ("Written By") REFERENCES "WRITERS" ("WRITER_NO") ON DELETE CASCADE
    )""",
    """INSERT INTO "WRITERS" VALUES ('W1', 'Ada', 1), ('W2', 'Bob', 0)""",
    """INSERT INTO "Order" VALUES ('O1', 'Engines', 'W1', 'first'), ('O2', 'Cats', 'W2', NULL)""",
)

_DOCUMENTS: Final[dict[str, list[dict[str, Any]]]] = {
    "WRITERS": [{"_id": "W1", "Name": "Ada", "ACTIVE": 1}, {"_id": "W2", "Name": "Bob", "ACTIVE": 0}],
    "Order": [
        {"_id": "O1", "Select": "Engines", "Written By": "W1", "REMARK": "first"},
        {"_id": "O2", "Select": "Cats", "Written By": "W2"},
    ],
}


@contextmanager
def legacy(server: str, folder: Path, mongodb: str) -> Iterator[str]:
    """Give the URL of a database that something else made, of the server of that name."""
    match server:
        case "sqlite":
            with sqlite3.connect(folder / "legacy.db") as connection:
                for statement in _SCHEMA:
                    connection.execute(statement)
            connection.close()
            yield f"sqlite:///{folder / 'legacy.db'}"
        case "mongodb":
            with mongodb_database(mongodb) as url:
                _fill(url)
                yield url
        case _:
            yield made(new_database(server), *_SCHEMA)


def made(url: str, *statements: str) -> str:
    """Run statements on a database of SQL, past Newel, and return its URL."""
    engine = create_engine(DatabaseUrl.from_setting(url).url)
    maria = engine.dialect.name == "mariadb"
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(_of_mariadb(statement) if maria else statement)
    engine.dispose()
    return url


def _of_mariadb(statement: str) -> str:
    """Quote as MariaDB does; a key can be referred to by ours only where it has our collation."""
    table = " COLLATE utf8mb4_nopad_bin" if statement.startswith("CREATE TABLE") else ""
    return statement.replace('"', "`") + table


def _fill(url: str) -> None:
    with MongoClient[dict[str, Any]](url) as client:
        database = client.get_default_database()
        for name, documents in _DOCUMENTS.items():
            database[name].insert_many(documents)
        database["WRITERS"].create_index("Name", name="by name", unique=True)
        database["Order"].create_index(["Written By", "Select"], name="UQ_ORDER", unique=True)


@contextmanager
def unit(backend: Backend, models: Models = EXISTING) -> Iterator[Database]:
    """Run one unit of work, committed at the end."""
    db = Database(backend, models)
    try:
        yield db
        db.finish()
    finally:
        db.close()


def rows(url: str, table: str) -> list[dict[str, Any]]:
    """Return what stands in a table, read past Newel, by key."""
    if url.startswith("mongodb"):
        with MongoClient[dict[str, Any]](url) as client:
            return list(client.get_default_database()[table].find(sort=["_id"]))
    engine = create_engine(DatabaseUrl.from_setting(url).url)
    quoted = engine.dialect.identifier_preparer.quote(table)
    with engine.connect() as connection:
        found = [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {quoted} ORDER BY 1").mappings()]
    engine.dispose()
    return found
