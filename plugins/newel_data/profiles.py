"""What a database may lack, and what an application then cannot ask for: told at boot, where it is declared.

Every provider keeps the contract's rules but those whose capability it does not offer. Three of them are of the
contract's heart, and may be absent from a database that is made for something else: see `Profile`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, final

import msgspec

from newel.errors import Problem
from newel_data.errors import TransactionsUnavailable
from newel_data.models import Models
from newel_data.port import Capability, Row, Unit
from newel_data.schema import StoredField, Table
from newel_data.tree import And, Compare, Condition, Delete, Measure, Update, Upsert, aggregate


@final
class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin says of its database while booting, by the hook `newel_database_profile`.

    name          as people know it
    capabilities  what it can do. Without "references" no model may have a `Ref`; without "unique" none may have a
                  unique set beside its key; without "transactions" a unit of work writes one row, and no delete of one
                  row may write others
    remedy        how this database could do more, if it could
    """

    name: str
    capabilities: frozenset[Capability]
    remedy: str = ""


def problems(profile: Profile, models: Models) -> Iterator[Problem]:
    """Yield what the models ask for and the database lacks, each at the place of its model."""
    for table in models.tables:
        yield from _problems(profile, table)


def suits(profile: Profile, table: Table) -> bool:
    """Tell whether a database has all that a model asks for."""
    return not any(_problems(profile, table))


def _problems(profile: Profile, table: Table) -> Iterator[Problem]:
    offered = profile.capabilities
    for field in table.references:
        if "references" not in offered:
            yield _problem(profile, table, f"{field.name} is a reference, and {profile.name} keeps none", _HOLD_THE_ID)
        elif "transactions" not in offered and (what := _further_writes(field)):
            yield _problem(
                profile, table, f"{field.name} has {what}, and a unit of {profile.name} writes one", _RESTRICT
            )
    for index in table.indexes:
        if index.unique and "unique" not in offered:
            names = ", ".join(index.names)
            what = f"({names}) is a unique set, and {profile.name} keeps none but that of keys"
            yield _problem(profile, table, what, _KEY)


_HOLD_THE_ID: Final = "hold the id in a field of its own (Field[str]), or choose a database that keeps references."
_RESTRICT: Final = 'declare on_delete="restrict", or choose a database with transactions.'
_KEY: Final = "make it the key, id: Field[str] = key(max_length=...), or choose a database that keeps unique sets."


def _further_writes(field: StoredField) -> str:
    """Return what makes the delete of another row write this one, in words."""
    action = field.reference.on_delete if field.reference is not None else "restrict"
    return "" if action == "restrict" else f"on_delete={action!r}, which writes further rows"


def _problem(profile: Profile, table: Table, what: str, remedy: str) -> Problem:
    return Problem(
        what=f"{table.model.__name__}.{what}.",
        remedy=", or ".join(filter(None, (profile.remedy, remedy))),
        places=(table.model.__declaration__.place,),
    )


# --- units without transactions ---------------------------------------------------------------------------------------


@final
class SingleWrite:
    """A unit of a database without transactions: it writes one row. What comes second could not be taken back."""

    __slots__ = ("_name", "_unit", "_written")

    def __init__(self, unit: Unit, name: str) -> None:
        self._unit: Final = unit
        self._name: Final = name
        self._written = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert one row."""
        self._claim(len(rows))
        self._unit.insert(table, rows)

    def update(self, update: Update) -> int:
        """Change one row."""
        self._claim(self._matching(update.table, update.where))
        return self._unit.update(update)

    def delete(self, delete: Delete) -> int:
        """Remove one row."""
        self._claim(self._matching(delete.table, delete.where))
        return self._unit.delete(delete)

    def upsert(self, upsert: Upsert) -> Row:
        """Insert or overwrite one row."""
        self._claim(1)
        return self._unit.upsert(upsert)

    def _matching(self, table: Table, where: Condition | None) -> int:
        """Return how many rows a write may concern: of one that names a key, one at most."""
        if _names_key(table, where):
            return 1
        counted = self._unit.aggregate(aggregate(table, (), (Measure("count"),), where))
        return int(counted[0][0])

    def _claim(self, rows: int) -> None:
        if rows + self._written > 1:
            raise TransactionsUnavailable(
                f"{self._name} has no transactions, so that a unit of work writes one row, and this was to be another "
                "one: write in several units (app.scope()), or choose a database with transactions: [use] database"
            )
        self._written += rows


def _names_key(table: Table, where: Condition | None) -> bool:
    """Tell whether a condition holds for one key alone: equality with it, or that and more."""
    match where:
        case Compare(operator="eq", target=target):
            return target.field is table.key and target.via is None
        case And(items=items):
            return any(_names_key(table, item) for item in items)
        case _:
            return False
