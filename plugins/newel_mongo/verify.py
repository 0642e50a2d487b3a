"""`newel db verify`: what differs from the models, and documents that should not be there. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, final

from newel_data.models import Models
from newel_data.port import Drift
from newel_data.schema import StoredField, Table
from newel_mongo.codecs import KEY, Document, stored_name
from newel_mongo.comparing import findings
from newel_mongo.conditions import beside
from newel_mongo.connections import Mongo
from newel_mongo.schema import rule_of, validator

SHOWN: Final = 10
"""Keys that a finding names at most."""


@final
class Verify:
    """One run over the database."""

    def __init__(self, models: Models, database: Mongo) -> None:
        self._models: Final = models
        self._database: Final = database

    def run(self) -> list[Drift]:
        """Return all findings: first of collections, then of their documents."""
        found = [
            Drift(finding.kind, table.name, finding.what, finding.statement)
            for table in self._models.tables
            for finding in findings(self._database, table)
        ]
        for table in self._models.tables:
            found += self._strays(table)
            found += self._orphans(table)
        return found

    def _strays(self, table: Table) -> Iterator[Drift]:
        """Yield the fields whose rules documents break: they were written past them, or before there were any."""
        if not self._breaking(table, validator(table)):
            return
        for field in table.fields:
            if keys := self._breaking(table, rule_of(field)):
                yield Drift("stray type", table.name, f"{stored_name(field)} breaks its rules", keys=keys)

    def _breaking(self, table: Table, rule: Document) -> tuple[str, ...]:
        return _keys(self._database[table.name].find({"$nor": [rule]}, {KEY: True}, limit=SHOWN))

    def _orphans(self, table: Table) -> Iterator[Drift]:
        """Yield the references that lead to no document."""
        for field in table.references:
            if field.reference is not None and (keys := self._dangling(table, field, field.reference.target)):
                target = self._models.table(field.reference.target).name
                yield Drift("orphan", table.name, f"{field.column} names no document of {target}", keys=keys)

    def _dangling(self, table: Table, field: StoredField, target: type[Any]) -> tuple[str, ...]:
        other, name, column = self._models.table(target).name, beside(field), stored_name(field)
        stages: list[Document] = [
            {"$match": {column: {"$ne": None}}},
            {"$lookup": {"from": other, "localField": column, "foreignField": KEY, "as": name}},
            {"$match": {name: {"$size": 0}}},
            {"$limit": SHOWN},
            {"$project": {KEY: True}},
        ]
        with self._database[table.name].aggregate(stages, allowDiskUse=True) as cursor:
            return _keys(cursor)


def _keys(documents: Iterable[Document]) -> tuple[str, ...]:
    return tuple(str(document[KEY]) for document in documents)
