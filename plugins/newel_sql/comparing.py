"""What a database has, beside what the models say: the findings of `newel db sync` and `newel db verify`.

Both sides are described alike, part by part ("check notice_title_too_long" is "length(title) <= 120"), so that whatever
is not the same text is a finding. Parts that only the database has are findings where they concern what is written:
columns, checks and references. Further indexes are nobody's business here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, final

import msgspec
from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, MetaData, inspect
from sqlalchemy import Table as SqlTable
from sqlalchemy.schema import CreateTable

from newel_data.port import DriftKind
from newel_data.schema import Table
from newel_sql.dialects.base import Dialect
from newel_sql.mending import Damage, Part, State, created, spelled
from newel_sql.tables import Tables

Description = dict[tuple[Part, str], str]


@final
class Finding(msgspec.Struct, frozen=True):
    """One part that is not as the models say, in words. `statement` would mend it.

    `existing`: something else looks after the table.
    """

    damage: Damage
    what: str
    statement: str
    existing: bool = False

    @property
    def table(self) -> SqlTable:
        """The table as the models have it."""
        return self.damage.table

    @property
    def name(self) -> str:
        """The name of the part."""
        return self.damage.name

    @property
    def kind(self) -> DriftKind:
        """What `verify` calls it."""
        if self.damage.state == "missing":
            return _MISSING.get(self.damage.part, "difference")
        return "difference"


_NOTHING: Final = CreateTable(SqlTable("nothing", MetaData()))
"""A statement, because a compiler wants one; it serves to spell the parts of others."""

_BY_ANY_NAME: Final = frozenset({"check", "foreign key", "index"})
"""Parts that do the same whatever they are called."""

_PARTLY: Final = ("_where", "_length", "expressions")
"""What the inspector says of an index, or of its options, that holds some rows only, or a part of their values."""

_MISSING: Final[dict[Part, DriftKind]] = {
    "table": "missing table",
    "column": "missing column",
    "index": "missing index",
}


@final
class Comparison:
    """A database beside the models, over one open connection."""

    def __init__(self, tables: Tables, connection: Connection) -> None:
        self._tables: Final = tables
        self._dialect: Final[Dialect] = tables.dialect
        self._inspector: Final = inspect(connection)
        self._compiler: Final = connection.dialect.ddl_compiler(connection.dialect, _NOTHING)
        self._there: Final = frozenset(self._names())

    def findings(self) -> Iterator[Finding]:
        """Yield everything that differs, table by table, in the order in which tables can be created."""
        for table in self._tables.models.tables:
            yield from self.of(table)

    def of(self, table: Table) -> Iterator[Finding]:
        """Yield what differs in one table."""
        made = self._tables.of(table)
        if table.name not in self._there:
            statement = created(made, self._compiler)
            damage = Damage(made, "table", table.name, "missing")
            yield Finding(damage, f"table {table.name} is missing", statement, table.existing)
            return
        wanted, found = self._wanted(made), self._found(made)
        present = frozenset(name for part, name in found if part == "column")
        for (part, name), state, what in _differences(wanted, found):
            damage = Damage(made, part, name, state, present)
            yield Finding(damage, what, self._mending(damage, table), table.existing)

    def _names(self) -> Iterator[str]:
        """Yield the names of what can be read as a table: views as well, for models of what something else made."""
        yield from self._inspector.get_table_names()
        if any(table.existing for table in self._tables.models.tables):
            yield from self._inspector.get_view_names()

    def _mending(self, damage: Damage, table: Table) -> str:
        """Return what would mend a part. A table that something else looks after is not to be altered: only an index
        can be put beside it.
        """
        return "" if table.existing and damage.part != "index" else self._dialect.mend(damage, self._compiler)

    # --- both sides

    def _wanted(self, table: SqlTable) -> Description:
        described: Description = {("primary key", "of the table"): _listed(table.primary_key.columns.keys())}
        for column in table.columns:
            declared = self._dialect.declared(column, self._compiler)
            described["column", column.name] = _column(declared, nullable=bool(column.nullable))
        for constraint in sorted(table.constraints, key=lambda each: str(each.name)):
            name = str(constraint.name)
            if isinstance(constraint, CheckConstraint):
                described["check", name] = self._dialect.same_check(spelled(constraint.sqltext, self._compiler))
            elif isinstance(constraint, ForeignKeyConstraint):
                target = constraint.elements[0].column
                described["foreign key", name] = _reference(
                    constraint.column_keys, target.table.name, [target.name], constraint.ondelete
                )
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            columns = [column.name for column in index.columns]
            described["index", str(index.name)] = _index(columns, unique=bool(index.unique))
        return described

    def _found(self, table: SqlTable) -> Description:
        key = self._inspector.get_pk_constraint(table.name)
        described: Description = {("primary key", "of the table"): _listed(key["constrained_columns"])}
        options = self._dialect.options(self._inspector, table.name)
        for column in self._inspector.get_columns(table.name):
            found = self._dialect.found(column, options, self._compiler)
            described["column", column["name"]] = _column(found, nullable=column["nullable"])
        for check in self._inspector.get_check_constraints(table.name):
            text = self._dialect.same_check(check["sqltext"])
            described["check", check["name"] or text] = text
        for foreign in self._inspector.get_foreign_keys(table.name):
            text = _reference(
                foreign["constrained_columns"],
                foreign["referred_table"],
                foreign["referred_columns"],
                foreign.get("options", {}).get("ondelete") or self._dialect.no_action,
            )
            described["foreign key", foreign["name"] or text] = text
        for index in self._inspector.get_indexes(table.name):
            columns = [str(name) for name in index["column_names"]]
            plain = not any(each.endswith(_PARTLY) for each in (*index, *index.get("dialect_options", ())))
            described["index", str(index["name"])] = _index(columns, unique=bool(index["unique"]), plain=plain)
        for unique in self._inspector.get_unique_constraints(table.name):
            text = _index(unique["column_names"], unique=True)
            described.setdefault(("index", unique["name"] or text), text)
        return described


def _differences(wanted: Description, found: Description) -> Iterator[tuple[tuple[Part, str], State, str]]:
    wanted, found = _without_namesakes(wanted, found)
    for key, text in wanted.items():
        name = " ".join(key)
        if key not in found:
            yield key, "missing", f"{name} is missing"
        elif text != found[key]:
            yield key, "different", f"{name} is {found[key]!r}, and the models say {text!r}"
    for key in found:
        if key not in wanted and key[0] != "index":
            yield key, "extra", f"{' '.join(key)} is not in the models"


def _without_namesakes(wanted: Description, found: Description) -> tuple[Description, Description]:
    """Leave out what is there under another name: an index, a check or a reference that says the same."""
    missing, extra = dict(wanted), dict(found)
    for (part, name), text in wanted.items():
        others = [key for key in extra if key[0] == part and key not in wanted and extra[key] == text]
        if (part, name) not in found and others and part in _BY_ANY_NAME:
            del missing[part, name]
            del extra[others[0]]
    return missing, extra


def _listed(names: Any) -> str:
    return ", ".join(names)


def _column(type_: str, *, nullable: bool) -> str:
    return type_ if nullable else f"{type_} NOT NULL"


def _reference(columns: Any, table: str, targets: Any, action: str | None) -> str:
    return f"({_listed(columns)}) REFERENCES {table} ({_listed(targets)}) ON DELETE {action}"


def _index(columns: Any, *, unique: bool, plain: bool = True) -> str:
    return f"{'UNIQUE ' if unique else ''}({_listed(columns)}){'' if plain else ' of a part'}"
