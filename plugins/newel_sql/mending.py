"""Statements that would mend a table. They are printed for whoever keeps the database, and never run from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, final

import msgspec
from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DDLElement, DropIndex
from sqlalchemy.sql.compiler import DDLCompiler

Part = Literal["table", "primary key", "column", "check", "foreign key", "index"]
"""What a table is made of."""

State = Literal["missing", "different", "extra"]
"""How a part of a table in the database may differ from what the models say."""


@final
class Damage(msgspec.Struct, frozen=True, eq=False):
    """A part of a table that is not as the models say. `present` are the columns that the database has."""

    table: Table
    part: Part
    name: str
    state: State
    present: frozenset[str] = frozenset()


def created(table: Table, compiler: DDLCompiler) -> str:
    """Return what creates a table and its indexes."""
    return script([_ddl(CreateTable(table), compiler), *_indexes(table, compiler)])


def created_index(damage: Damage, compiler: DDLCompiler) -> str:
    """Return what drops an index, where there is another one of that name, and creates it."""
    index = next(index for index in damage.table.indexes if index.name == damage.name)
    return script([_ddl(DropIndex(index, if_exists=True), compiler), _ddl(CreateIndex(index), compiler)])


def rebuilt(damage: Damage, compiler: DDLCompiler) -> str:
    """Return what makes a table anew beside the old one, moves the rows, and takes its place.

    A new column that takes no null has to be given a value: the statement leaves the place open.
    """
    quote, table = compiler.preparer.quote, damage.table
    old, new = quote(table.name), quote(f"{table.name}_new")
    columns = [column for column in table.columns if column.name in damage.present or not column.nullable]
    names = [quote(column.name) for column in columns]
    values = [quote(each.name) if each.name in damage.present else f"/* a value for {each.name} */" for each in columns]
    return script(
        [
            "PRAGMA foreign_keys = OFF",
            "BEGIN IMMEDIATE",
            _ddl(CreateTable(table), compiler).replace(f"CREATE TABLE {old}", f"CREATE TABLE {new}", 1),
            f"INSERT INTO {new} ({', '.join(names)}) SELECT {', '.join(values)} FROM {old}",  # noqa: S608  # names of models
            f"DROP TABLE {old}",
            f"ALTER TABLE {new} RENAME TO {old}",
            *_indexes(table, compiler),
            "COMMIT",
            "PRAGMA foreign_keys = ON",
        ]
    )


AlterColumn = Callable[[str, str, Column[Any], DDLCompiler], list[str]]
"""Statements that give a column its type, of a table, a column (both quoted) and what is declared."""


def altered(damage: Damage, compiler: DDLCompiler, alter_column: AlterColumn) -> str:
    """Return what alters a table where it is, on servers that can."""
    quote = compiler.preparer.quote
    table, name = quote(damage.table.name), quote(damage.name)
    match damage.part:
        case "column":
            return script(_altered_column(damage, compiler, alter_column))
        case "index":
            return created_index(damage, compiler)
        case "primary key":
            key = ", ".join(quote(column.name) for column in damage.table.primary_key.columns)
            return script([f"ALTER TABLE {table} DROP PRIMARY KEY", f"ALTER TABLE {table} ADD PRIMARY KEY ({key})"])
        case _:
            dropped = [] if damage.state == "missing" else [f"ALTER TABLE {table} DROP CONSTRAINT {name}"]
            return script([*dropped, *_added_constraint(damage, compiler)])


def _altered_column(damage: Damage, compiler: DDLCompiler, alter_column: AlterColumn) -> list[str]:
    quote = compiler.preparer.quote
    table, name = quote(damage.table.name), quote(damage.name)
    if damage.state == "extra":
        return [f"ALTER TABLE {table} DROP COLUMN {name}"]
    declared = damage.table.c[damage.name]
    if damage.state == "different":
        return alter_column(table, name, declared, compiler)
    value = "" if declared.nullable else f" DEFAULT /* a value for {damage.name} */"
    return [f"ALTER TABLE {table} ADD COLUMN {compiler.get_column_specification(declared)}{value}"]


def _added_constraint(damage: Damage, compiler: DDLCompiler) -> list[str]:
    if damage.state == "extra":
        return []
    constraint = next(each for each in damage.table.constraints if each.name == damage.name)
    return [_ddl(AddConstraint(constraint, isolate_from_table=False), compiler)]


def script(statements: Iterable[str]) -> str:
    """Return statements as one text."""
    return ";\n".join(statement.strip() for statement in statements) + ";"


def _indexes(table: Table, compiler: DDLCompiler) -> list[str]:
    ordered = sorted(table.indexes, key=lambda index: str(index.name))
    return [_ddl(CreateIndex(index), compiler) for index in ordered]


def _ddl(statement: DDLElement, compiler: DDLCompiler) -> str:
    return _single_percents(str(statement.compile(dialect=compiler.dialect)), compiler)


def spelled(condition: ColumnElement[Any], compiler: DDLCompiler) -> str:
    """Return a condition as it stands in a check."""
    text = compiler.sql_compiler.process(condition, include_table=False, literal_binds=True)
    return _single_percents(text, compiler)


def _single_percents(text: str, compiler: DDLCompiler) -> str:
    """Undo what is done for drivers that take `%s`: these statements are not run by one."""
    return text.replace("%%", "%") if compiler.dialect.paramstyle == "format" else text
