"""The client of one backend: PyMongo's pool, made at first use, and what becomes of it in a fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, final

from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from newel_data.errors import TransactionsUnavailable
from newel_mongo.codecs import OPTIONS, Document
from newel_mongo.config import MongoConfig
from newel_mongo.failures import Failures

Mongo = Database[Document]
Session = ClientSession

_REMEDY: Final = (
    "is a standalone server, which has no transactions: start it with --replSet rs0 and run rs.initiate() once, or say "
    "[mongo] single_document_only = true"
)


@final
class Connections:
    """The client of one backend: shared by threads, never by two processes."""

    def __init__(self, config: MongoConfig, failures: Failures) -> None:
        self.config: Final = config
        self.failures: Final = failures
        self._lock: Final = threading.Lock()
        self._inherited: Final[list[Any]] = []
        self._database: Mongo | None = None
        self._process = os.getpid()

    def database(self) -> Mongo:
        """Return the database, over a client that knows its server. Raises `TransactionsUnavailable`."""
        if self._database is None or self._process != os.getpid():
            return self._opened()
        return self._database

    def session(self) -> Session:
        """Begin a session with a transaction."""
        session = self.database().client.start_session(causal_consistency=False)
        session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority"), ReadPreference.PRIMARY)
        return session

    @contextmanager
    def apart(self) -> Iterator[Mongo]:
        """Open a client for what is done beside requests, and close it again: a server may fork after boot."""
        client = self._client()
        try:
            yield self._ready(client)
        except PyMongoError as error:
            raise self.failures.error(error) from error
        finally:
            client.close()

    def close(self) -> None:
        """Close the client."""
        with self._lock:
            database, self._database = self._database, None
            if database is not None and self._process == os.getpid():
                database.client.close()

    # --- inner parts

    def _opened(self) -> Mongo:
        with self._lock:
            self._leave_inherited()
            if self._database is None:
                self._database = self._tried()
            return self._database

    def _leave_inherited(self) -> None:
        """In a fork, leave the parent's client alone: neither used nor closed, but held, so that nobody closes it."""
        if self._process != os.getpid():
            self._inherited.append(self._database)
            self._database, self._process = None, os.getpid()

    def _tried(self) -> Mongo:
        client = self._client()
        try:
            return self._ready(client)
        except BaseException:
            client.close()
            raise

    def _client(self) -> MongoClient[Document]:
        milliseconds = int(self.config.timeout * 1000)
        options: dict[str, Any] = {
            "serverSelectionTimeoutMS": milliseconds,
            "connectTimeoutMS": milliseconds,
            "socketTimeoutMS": milliseconds,
            "waitQueueTimeoutMS": milliseconds,
            "maxPoolSize": self.config.pool_size,
        }
        ours = {name: value for name, value in options.items() if name.lower() not in self.config.url.options}
        return MongoClient(self.config.url.text, connect=False, **ours)

    def _ready(self, client: MongoClient[Document]) -> Mongo:
        """Return the database, after asking the server what it is."""
        alone = self.config.single_document_only
        hello = client.admin.command("hello")
        if not alone and "setName" not in hello and hello.get("msg") != "isdbgrid":
            raise TransactionsUnavailable(f"{self.failures.where} {_REMEDY}")
        return client.get_database(
            self.config.url.database,
            codec_options=OPTIONS,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern() if alone else ReadConcern("majority"),
            write_concern=WriteConcern() if alone else WriteConcern("majority"),
        )
