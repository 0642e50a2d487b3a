"""The client of one backend: PyMongo's pool, made at first use, and what becomes of it in a fork."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, final

import pymongo
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from newel_data.errors import TransactionsUnavailable
from newel_mongo.codecs import OPTIONS, Document
from newel_mongo.config import MongoConfig
from newel_mongo.failures import Failures

Mongo = Database[Document]
Session = ClientSession

_log: Final = logging.getLogger("newel.mongo")

_BRIEF: Final = 0.1
"""Seconds to tell a server that a unit is over, which does not answer."""

_REMEDY: Final = (
    "is a standalone server, which has no transactions: start it with --replSet rs0 and run rs.initiate() once, or say "
    "[mongo] single_document_only = true"
)


@final
class KeptCollections(Database[Document]):
    """A database whose collections are made once. PERF: PyMongo makes one whenever it is named, a tenth of a find."""

    def __init__(self, client: MongoClient[Document], name: str, **options: Any) -> None:
        super().__init__(client, name, **options)
        self._kept: Final[dict[str, Collection[Document]]] = {}

    def __getitem__(self, name: str) -> Collection[Document]:
        found = self._kept.get(name)
        if found is None:
            found = self._kept[name] = super().__getitem__(name)
        return found


@final
class Connections:
    """The client of one backend: shared by threads, never by two processes."""

    def __init__(self, config: MongoConfig, failures: Failures) -> None:
        self.config: Final = config
        self.failures: Final = failures
        self._locks: Final[dict[int, threading.Lock]] = {}
        self._inherited: Final[list[Any]] = []
        self._left: list[Any] = []
        self._client: MongoClient[Document] | None = None
        self._database: Mongo | None = None
        self._process = os.getpid()

    def database(self) -> Mongo:
        """Return the database, over a client that knows its server. Raises `TransactionsUnavailable`."""
        if self._database is None or self._process != os.getpid():
            return self._opened()
        return self._database

    def session(self) -> Session:
        """Begin a session with a transaction."""
        client = self.database().client
        if self._left:
            self._end_left(client)
        session = client.start_session(causal_consistency=False)
        session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority"), ReadPreference.PRIMARY)
        return session

    def leave(self, session: Session) -> None:
        """Give up a session whose server does not answer.

        Its transaction may be open there still and keep its documents from other units, for up to a minute
        (`transactionLifetimeLimitSeconds`): it is ended as soon as the server can be asked to.
        """
        self._left.append(session.session_id)
        with pymongo.timeout(_BRIEF):
            session.end_session()

    @contextmanager
    def apart(self, *, slowly: bool = False) -> Iterator[Mongo]:
        """Open a client for what is done beside requests, and close it again: a server may fork after boot.

        What is done `slowly` may take its time: an index may take an hour.
        """
        client = self._made(slowly=slowly)
        try:
            yield self._ready(client)
        except PyMongoError as error:
            raise self.failures.error(error) from error
        finally:
            client.close()

    def close(self) -> None:
        """Close the client."""
        with self._lock():
            client, self._client, self._database = self._client, None, None
            if client is not None and self._process == os.getpid():
                client.close()

    # --- inner parts

    def _lock(self) -> threading.Lock:
        """Return the lock of this process: a thread of its parent may hold the other one, for ever."""
        return self._locks.setdefault(os.getpid(), threading.Lock())

    def _opened(self) -> Mongo:
        """Ask the server what it is. Every thread does so itself, lest they wait for one another while it is down."""
        with self._lock():
            self._leave_inherited()
            if self._client is None:
                self._client = self._made()
            client = self._client
        self._database = database = self._ready(client)
        return database

    def _leave_inherited(self) -> None:
        """In a fork, leave the parent's client alone: neither used nor closed, but held, so that nobody closes it."""
        if self._process != os.getpid():
            self._inherited.append(self._client)
            self._client = self._database = None
            self._left, self._process = [], os.getpid()

    def _end_left(self, client: MongoClient[Document]) -> None:
        """End the transactions that units left behind when they lost the server."""
        left, self._left = self._left, []
        try:
            client.admin.command("killSessions", left)
        except OperationFailure:
            _log.warning("killSessions was refused: what lost units wrote stays locked until MongoDB ends it")
        except PyMongoError:
            self._left += left
            raise

    def _made(self, *, slowly: bool = False) -> MongoClient[Document]:
        milliseconds = int(self.config.timeout * 1000)
        options: dict[str, Any] = {
            "serverSelectionTimeoutMS": milliseconds,
            "connectTimeoutMS": milliseconds,
            "waitQueueTimeoutMS": milliseconds,
            "maxPoolSize": self.config.pool_size,
        }
        if not slowly:
            options["timeoutMS"] = milliseconds  # of one operation, with what PyMongo does to try it again
        ours = {name: value for name, value in options.items() if name.lower() not in self.config.url.options}
        return MongoClient(self.config.url.text, connect=False, **ours)

    def _ready(self, client: MongoClient[Document]) -> Mongo:
        """Return the database, after asking the server what it is."""
        alone = self.config.single_document_only
        with pymongo.timeout(self.config.timeout):
            hello = client.admin.command("hello")
        if not alone and "setName" not in hello and hello.get("msg") != "isdbgrid":
            raise TransactionsUnavailable(f"{self.failures.where} {_REMEDY}")
        return KeptCollections(
            client,
            self.config.url.database,
            codec_options=OPTIONS,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern() if alone else ReadConcern("majority"),
            write_concern=WriteConcern() if alone else WriteConcern("majority"),
        )
