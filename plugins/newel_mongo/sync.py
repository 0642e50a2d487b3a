"""`newel db sync`: create what is missing, change nothing that is there, and say what differs."""

from __future__ import annotations

from typing import Final, final

from pymongo.errors import OperationFailure, PyMongoError

from newel_data.models import Models
from newel_data.port import Difference, SyncReport
from newel_data.schema import Index, Table
from newel_mongo.comparing import Finding, findings
from newel_mongo.connections import Mongo
from newel_mongo.failures import is_duplicate
from newel_mongo.schema import keys_of, validator

_THERE: Final = 48
"""NamespaceExists."""

_NOT_OURS: Final = ", and it is to be made by what looks after it (existing=True)"


@final
class Sync:
    """One run. Collections are made outside of transactions: each is there at once.

    `whole`: nothing else looks after any collection.
    """

    def __init__(self, models: Models, database: Mongo, *, dry_run: bool, whole: bool = False) -> None:
        self._models: Final = models
        self._database: Final = database
        self._dry_run: Final = dry_run
        self._whole: Final = whole
        self._created: Final[list[str]] = []
        self._differences: Final[list[Difference]] = []

    def run(self) -> SyncReport:
        """Create what is missing. Raises what the database refuses."""
        for table in self._models.tables:
            for finding in findings(self._database, table):
                self._settle(finding)
        return SyncReport(tuple(self._created), tuple(self._differences))

    def _settle(self, finding: Finding) -> None:
        table = finding.table
        if table.existing and not self._whole:
            if finding.kind == "missing table":
                self._differences.append(Difference(table.name, f"{finding.what}{_NOT_OURS}"))
        elif finding.kind == "missing table":
            self._create_collection(table)
        elif finding.index is None:
            self._differences.append(Difference(table.name, finding.what, finding.statement))
        elif not self._create_index(table, finding.index):
            what = f"{finding.what}, and it cannot be unique: there are rows with the same values"
            self._differences.append(Difference(table.name, what, finding.statement))

    def _create_collection(self, table: Table) -> None:
        if self._dry_run or self._is_created(table):
            self._created.append(f"collection {table.name}")
        for index in table.indexes:
            self._create_index(table, index)

    def _is_created(self, table: Table) -> bool:
        """Create a collection; tell whether nobody else did so meanwhile: several processes may start at once."""
        try:
            self._database.create_collection(table.name, check_exists=False, validator=validator(table))
        except OperationFailure as error:
            if error.code == _THERE:
                return False
            raise
        return True

    def _create_index(self, table: Table, index: Index) -> bool:
        """Create an index; tell whether the documents that are there allow it."""
        keys = keys_of(index)
        if not self._dry_run:
            try:
                self._database[table.name].create_index(list(keys.keys), name=index.name, **keys.options())
            except PyMongoError as error:
                if is_duplicate(error):
                    return False
                raise
        self._created.append(f"index {index.name}")
        return True
