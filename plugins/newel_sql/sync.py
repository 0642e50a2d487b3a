"""`newel db sync`: create what is missing, change nothing that is there, and say what differs."""

from __future__ import annotations

from typing import Final, final

from sqlalchemy import Connection, ForeignKeyConstraint, func, literal, select
from sqlalchemy import Index as SqlIndex
from sqlalchemy import Table as SqlTable
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DDLElement

from newel_data.port import Difference, SyncReport
from newel_sql.comparing import Comparison, Finding
from newel_sql.tables import Tables

_NOT_OURS: Final = ", and is to be made by what looks after it (existing=True)"


@final
class Sync:
    """One run over an open connection, in one transaction. `whole`: nothing else looks after any table."""

    def __init__(self, tables: Tables, connection: Connection, *, dry_run: bool, whole: bool = False) -> None:
        if not dry_run and (alone := tables.dialect.alone()) is not None:
            connection.exec_driver_sql(alone)
        self._comparison: Final = Comparison(tables, connection)
        self._connection: Final = connection
        self._dry_run: Final = dry_run
        self._whole: Final = whole
        self._created: Final[list[str]] = []
        self._absent: Final[set[str]] = set()
        self._later: Final[list[ForeignKeyConstraint]] = []
        self._waits_not: Final = not connection.dialect.supports_alter

    def run(self) -> SyncReport:
        """Create what is missing. Raises what the database refuses."""
        findings = [finding for finding in self._comparison.findings() if self._concerns(finding)]
        self._absent.update(finding.name for finding in findings if finding.kind == "missing table")
        absent = {(finding.table, finding.name) for finding in findings if finding.kind == "missing column"}
        differences = []
        for finding in findings:
            if finding.existing and not self._whole:
                differences.append(Difference(finding.table.name, f"{finding.what}{_NOT_OURS}"))
            elif finding.kind == "missing table":
                self._create_table(finding.table)
            elif (obstacle := self._obstacle(finding, absent)) is None:
                self._create(f"index {finding.name}", CreateIndex(index_of(finding)))
            else:
                differences.append(Difference(finding.table.name, f"{finding.what}{obstacle}", finding.statement))
        for reference in self._later:
            self._run(AddConstraint(reference, isolate_from_table=False))
        return SyncReport(tuple(self._created), tuple(differences))

    def _concerns(self, finding: Finding) -> bool:
        """Tell whether a finding is for `sync`: of a table that something else looks after, only that it is absent."""
        return self._whole or not finding.existing or finding.kind == "missing table"

    def _create_table(self, table: SqlTable) -> None:
        """Create a table; a reference to one that is not there yet (a cycle) is added in the end."""
        later = [] if self._waits_not else [each for each in _references(table) if _target(each) in self._absent]
        self._later.extend(later)
        now = [each for each in _references(table) if each not in later]
        self._create(f"table {table.name}", CreateTable(table, include_foreign_key_constraints=now))
        self._absent.discard(table.name)
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
        self._run(statement)

    def _run(self, statement: DDLElement) -> None:
        if not self._dry_run:
            self._connection.execute(statement)


def _references(table: SqlTable) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda each: str(each.name))


def _target(reference: ForeignKeyConstraint) -> str:
    """Return the table that a reference leads to, where that is another one than its own."""
    name = reference.referred_table.name
    return "" if reference.table.name == name else name


def index_of(finding: Finding) -> SqlIndex:
    """Return the index that a finding is about."""
    return next(index for index in finding.table.indexes if index.name == finding.name)
