"""`newel db verify`: what differs from the models, and rows that should not be there. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, final

from sqlalchemy import CheckConstraint, ColumnElement, Connection, and_, not_, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import ProgrammingError

from newel_data.port import Drift
from newel_data.schema import StoredField, Table
from newel_sql.comparing import Comparison
from newel_sql.tables import Tables

SHOWN: Final = 10
"""Keys that a finding names at most."""


@final
class Verify:
    """One run over an open connection."""

    def __init__(self, tables: Tables, connection: Connection) -> None:
        self._tables: Final = tables
        self._connection: Final = connection

    def run(self) -> list[Drift]:
        """Return all findings, table by table: first of its parts, then of its rows."""
        comparison = Comparison(self._tables, self._connection)
        found: list[Drift] = []
        missing: set[str] = set()
        for table in self._tables.models.tables:
            for finding in comparison.of(table):
                found.append(Drift(finding.kind, table.name, finding.what, finding.statement))
                if finding.kind in {"missing table", "missing column"}:
                    missing.add(table.name)
        for table in self._tables.models.tables:
            if table.name not in missing:
                found += self._strays(table)
                found += self._orphans(table, missing)
        return found

    def _strays(self, table: Table) -> Iterator[Drift]:
        """Yield the checks that rows do not pass: they were written past them, or before there were any."""
        made = self._tables.of(table)
        conditions = {
            str(each.name): each.sqltext for each in made.constraints if isinstance(each, CheckConstraint)
        }  # fmt: skip
        if not conditions or not self._keys(made, not_(and_(*conditions.values()))):
            return
        for name in sorted(conditions):
            if keys := self._keys(made, not_(conditions[name])):
                rule = self._tables.rules[name]
                yield Drift("stray type", table.name, f"{rule.field.column} {rule.text} ({name})", keys=keys)

    def _orphans(self, table: Table, missing: set[str]) -> Iterator[Drift]:
        """Yield the references that lead to no row."""
        for field in table.references:
            target = self._tables.target(field)
            if target.name not in missing and (keys := self._dangling(table, field, target)):
                yield Drift("orphan", table.name, f"{field.column} names no row of {target.name}", keys=keys)

    def _dangling(self, table: Table, field: StoredField, target: Table) -> tuple[str, ...]:
        made, other = self._tables.of(table), self._tables.of(target).alias("_other")
        column = made.c[field.column]
        there = select(other.c[target.key.column]).where(other.c[target.key.column] == column).exists()
        return self._keys(made, and_(column.is_not(None), not_(there)))

    def _keys(self, made: SqlTable, condition: ColumnElement[bool]) -> tuple[str, ...]:
        """Return some of the rows that meet a condition; none where the server cannot ask it of columns as they are.

        PostgreSQL has no length of a number, and does not compare one with a text. That the column is of another type
        was told by then.
        """
        key = next(iter(made.primary_key.columns))
        asked = self._connection.begin_nested()
        try:
            rows: Sequence[tuple[str]] = self._connection.execute(select(key).where(condition).limit(SHOWN)).all()
        except ProgrammingError:
            asked.rollback()
            return ()
        asked.commit()
        return tuple(str(value) for (value,) in rows)
