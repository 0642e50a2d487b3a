"""A database for tests, beside the application's own on the same server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, final
from urllib.parse import urlsplit

import msgspec.structs
from pymongo.errors import PyMongoError

from newel_mongo.backend import MongoBackend
from newel_mongo.config import MongoUrl

_LONGEST: Final = 30
"""Of the application's name what is kept: MongoDB takes 63 bytes with the suffix."""


@final
class MongoRehearsal:
    """See `newel_data.rehearsal`. Units commit as they always do, and documents are removed afterwards.

    MongoDB has no savepoints, so that one transaction around all units could not undo one of them.
    """

    def __init__(self, of: MongoBackend, suffix: str) -> None:
        config = of.connections.config
        base = re.sub("[^a-z0-9]+", "_", config.url.database.lower())[:_LONGEST]
        self.url: Final = _beside(config.url, f"{base}_{suffix}")
        self.backend: Final = MongoBackend(msgspec.structs.replace(config, url=self.url), of.models, whole=True)

    @property
    def name(self) -> str:
        """The URL, without its password."""
        return str(self.url)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variable with the URL."""
        return {"NEWEL_MONGO__URL": self.url.text}

    def create(self) -> None:
        """Nothing: a database comes with its first collection."""

    def drop(self) -> None:
        """Remove it."""
        self.backend.close()
        with self.backend.connections.apart() as database:
            database.client.drop_database(self.url.database)

    @contextmanager
    def isolated(self, *, shared: bool) -> Iterator[None]:
        """Remove at the end what is there."""
        try:
            yield
        finally:
            self._empty()

    def _empty(self) -> None:
        connections = self.backend.connections
        try:
            database = connections.database()
            for table in self.backend.models.tables:
                database[table.name].delete_many({})
        except PyMongoError as error:
            raise connections.failures.error(error) from error


def _beside(url: MongoUrl, database: str) -> MongoUrl:
    """Return the URL of another database. Who may log in is still looked up where it was: by default, in the first."""
    parts = urlsplit(url.text)
    query = parts.query
    if parts.scheme == "mongodb" and "@" in parts.netloc and "authsource" not in url.options:
        query = f"{query}&authSource={url.database}".lstrip("&")
    return MongoUrl.from_setting(parts._replace(path=f"/{database}", query=query).geturl())
