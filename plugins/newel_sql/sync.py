"""`newel db sync`: create what is missing, change nothing that is there, and say what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, final

from sqlalchemy import Connection, inspect
from sqlalchemy import Index as SqlIndex
from sqlalchemy import Table as SqlTable
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from newel_data.port import Difference, SyncReport
from newel_sql.tables import Tables


@final
class Sync:
    """One run over an open connection, in one transaction."""

    def __init__(self, tables: Tables, connection: Connection, *, dry_run: bool) -> None:
        self._tables: Final = tables
        self._connection: Final = connection
        self._dry_run: Final = dry_run
        self._created: Final[list[str]] = []

    def run(self) -> SyncReport:
        """Create what is missing. Raises what the database refuses, and then has created nothing."""
        there = set(inspect(self._connection).get_table_names())
        differences: list[Difference] = []
        for table in self._tables.metadata.tables.values():
            if table.name not in there:
                self._create(f"table {table.name}", CreateTable(table))
            for index in self._missing_indexes(table, new=table.name not in there):
                self._create(f"index {index.name}", CreateIndex(index))
        return SyncReport(created=tuple(self._created), differences=tuple(differences))

    def _missing_indexes(self, table: SqlTable, *, new: bool) -> Iterator[SqlIndex]:
        known = set() if new else {index["name"] for index in inspect(self._connection).get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            if index.name not in known:
                yield index

    def _create(self, what: str, statement: DDLElement) -> None:
        self._created.append(what)
        if not self._dry_run:
            self._connection.execute(statement)
