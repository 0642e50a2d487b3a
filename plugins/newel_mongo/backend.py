"""The backend: what one `[mongo]` section and one closed set of models make, for one generation."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Final, final

from newel.errors import BootError, Problem
from newel_data.models import Models
from newel_data.port import Capability, Drift, SyncReport
from newel_data.rehearsal import Rehearsal
from newel_data.telling import Tree
from newel_mongo.config import MongoConfig
from newel_mongo.connections import Connections
from newel_mongo.failures import Failures
from newel_mongo.references import References
from newel_mongo.statements import Statements
from newel_mongo.sync import Sync
from newel_mongo.unit import MongoUnit
from newel_mongo.verify import Verify

CAPABILITIES: Final[frozenset[Capability]] = frozenset(
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


@final
class MongoBackend:
    """A MongoDB database. Opening connects to nothing; `newel_data.port.Backend` says what each method does.

    `whole`: `sync` creates existing collections as well, for nothing else looks after them in a database for tests.
    Raises `BootError` for models whose deletes need a second document, where units may write one only.
    """

    name = "MongoDB"
    capabilities = CAPABILITIES
    foreign_keys = False

    def __init__(self, config: MongoConfig, models: Models, *, whole: bool = False) -> None:
        alone = config.single_document_only
        if alone and (problems := list(_second_documents(models))):
            raise BootError(problems)
        self.models: Final = models
        self._whole: Final = whole
        self.document_limit: Final[int | None] = config.document_limit
        self.connections: Final = Connections(config, Failures(f"the database {config.url}"))
        self._statements: Final = Statements(models)
        self._references: Final = References(models, alone=alone)

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

    def close(self) -> None:
        """Close the pool."""
        self.connections.close()


def _second_documents(models: Models) -> Iterator[Problem]:
    """Yield the references whose `on_delete` writes further documents."""
    for table in models.tables:
        for field in table.references:
            if field.reference is not None and field.reference.on_delete != "restrict":
                yield Problem(
                    what=f"{table.model.__name__}.{field.name} has on_delete={field.reference.on_delete!r}, which "
                    "writes further documents, and [mongo] single_document_only = true lets a unit write one.",
                    remedy='use a replica set, or declare on_delete="restrict".',
                    places=(table.model.__declaration__.place,),
                )
