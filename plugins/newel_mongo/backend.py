"""The backend: what one `[mongo]` section and one closed set of models make, for one generation."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Final, final

from newel.errors import BootError
from newel_data.models import Models
from newel_data.port import WHOLE, Capability, Client, Drift, SyncReport
from newel_data.profiles import Profile, problems
from newel_data.rehearsal import Rehearsal
from newel_data.telling import Tree
from newel_mongo.clients import client_of
from newel_mongo.config import MongoConfig
from newel_mongo.connections import Connections
from newel_mongo.failures import Failures
from newel_mongo.references import References
from newel_mongo.statements import Statements
from newel_mongo.sync import Sync
from newel_mongo.unit import MongoUnit
from newel_mongo.verify import Verify

CAPABILITIES: Final[frozenset[Capability]] = WHOLE | frozenset[Capability](
    {
        "concurrent_units",
        "concurrent_writers",
        "database_checks",
        "native",
        "schema",
        "durable",
        "document_limit",
        "server",
    }
)
"""Not "snapshot_reads": a unit that only reads has no transaction (see `newel_mongo.unit`)."""


def profile_of(config: MongoConfig) -> Profile:
    """Return what a server can do as it is configured: on a standalone one there are no transactions."""
    if not config.single_document_only:
        return Profile(name="MongoDB", capabilities=CAPABILITIES)
    name = "MongoDB with [mongo] single_document_only"
    return Profile(name=name, capabilities=CAPABILITIES - {"transactions"}, remedy="use a replica set")


@final
class MongoBackend:
    """A MongoDB database. Opening connects to nothing; `newel_data.port.Backend` says what each method does.

    `whole`: `sync` creates existing collections as well, for nothing else looks after them in a database for tests.
    Raises `BootError` for models whose deletes need a second document, where units may write one only.
    """

    name = "MongoDB"
    foreign_keys = False

    def __init__(self, config: MongoConfig, models: Models, *, whole: bool = False) -> None:
        profile = profile_of(config)
        if found := list(problems(profile, models)):
            raise BootError(found)
        self.capabilities: Final = profile.capabilities
        self.models: Final = models
        self._whole: Final = whole
        self.document_limit: Final[int | None] = config.document_limit
        self.connections: Final = Connections(config, Failures(f"the database {config.url}"))
        self._statements: Final = Statements(models)
        self._references: Final = References(models, alone=config.single_document_only)

    def __repr__(self) -> str:
        return f"<MongoBackend {self.connections.config.url}>"

    def begin(self, *, read_only: bool) -> MongoUnit:
        """Begin a unit of work; it connects when it is first used."""
        return MongoUnit(self.connections, self._statements, self._references, read_only=read_only)

    def told(self, tree: Tree) -> str:
        """Return the command of a tree on one line, without values."""
        told: str = importlib.import_module("newel_mongo.telling").told(self._statements, tree)
        return told

    def check(self) -> None:
        """Try a connection."""
        with self.connections.apart():
            pass

    def sync(self, *, dry_run: bool = False) -> SyncReport:
        """Create what is missing."""
        with self.connections.apart(slowly=not dry_run) as database:
            return Sync(self.models, database, dry_run=dry_run, whole=self._whole).run()

    def verify(self) -> Sequence[Drift]:
        """Compare the database with the models."""
        with self.connections.apart(slowly=True) as database:
            return Verify(self.models, database).run()

    def rehearsal(self, suffix: str) -> Rehearsal:
        """Return a database for tests, beside this one."""
        made: Rehearsal = importlib.import_module("newel_mongo.rehearsal").MongoRehearsal(self, suffix)
        return made

    def client(self) -> Client:
        """Return the client program of the server."""
        return client_of(self.connections.config.url)

    def close(self) -> None:
        """Close the pool."""
        self.connections.close()
