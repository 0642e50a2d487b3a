"""`newel db sync`: create what is missing, change nothing that is there, and say what differs."""

from __future__ import annotations

from typing import Final, final

from sqlalchemy import Connection, func, literal, select
from sqlalchemy import Index as SqlIndex
from sqlalchemy import Table as SqlTable
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from newel_data.port import Difference, SyncReport
from newel_sql.comparing import Comparison, Finding
from newel_sql.tables import Tables


@final
class Sync:
    """One run over an open connection, in one transaction."""

    def __init__(self, tables: Tables, connection: Connection, *, dry_run: bool) -> None:
        self._comparison: Final = Comparison(tables, connection)
        self._connection: Final = connection
        self._dry_run: Final = dry_run
        self._created: Final[list[str]] = []

    def run(self) -> SyncReport:
        """Create what is missing. Raises what the database refuses."""
        findings = list(self._comparison.findings())
        absent = {(finding.table, finding.name) for finding in findings if finding.kind == "missing column"}
        differences = []
        for finding in findings:
            if finding.kind == "missing table":
                self._create_table(finding.table)
            elif (obstacle := self._obstacle(finding, absent)) is None:
                self._create(f"index {finding.name}", CreateIndex(index_of(finding)))
            else:
                differences.append(Difference(finding.table.name, f"{finding.what}{obstacle}", finding.statement))
        return SyncReport(tuple(self._created), tuple(differences))

    def _create_table(self, table: SqlTable) -> None:
        self._create(f"table {table.name}", CreateTable(table))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            self._create(f"index {index.name}", CreateIndex(index))

    def _obstacle(self, finding: Finding, absent: set[tuple[SqlTable, str]]) -> str | None:
        """Return why something cannot be created without a change of what is there, or None for an index that can."""
        if finding.kind != "missing index":
            return ""
        index = index_of(finding)
        if any((finding.table, column.name) in absent for column in index.columns):
            return ", and so is a column of it"
        if index.unique and self._duplicates(finding.table, index):
            return ", and cannot be unique: there are rows with the same values"
        return None

    def _duplicates(self, table: SqlTable, index: SqlIndex) -> bool:
        columns = list(index.columns)
        query = select(literal(1)).select_from(table).where(*[column.is_not(None) for column in columns])
        query = query.group_by(*columns).having(func.count() > 1).limit(1)
        return self._connection.execute(query).first() is not None

    def _create(self, what: str, statement: DDLElement) -> None:
        self._created.append(what)
        if not self._dry_run:
            self._connection.execute(statement)


def index_of(finding: Finding) -> SqlIndex:
    """Return the index that a finding is about."""
    return next(index for index in finding.table.indexes if index.name == finding.name)
