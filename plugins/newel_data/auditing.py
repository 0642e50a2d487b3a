"""What `newel audit` lists of persistence: where an application would have to change with its database.

Looked at: names that models give to what is stored, and the source of the application's own modules (uses of the native
client, imports of drivers, names that raise `NotPortable`). Source is read and never run.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, final

from newel.auditing import own_files
from newel.errors import Place, place_of
from newel.generation import Generation
from newel.records import Finding
from newel_data import refusals
from newel_data.kinds import snake_case
from newel_data.models import Models
from newel_data.refusals import Refusals
from newel_data.schema import Table

CLIENTS: Final[Mapping[str, str]] = {
    "newel_memory": "memory",
    "newel_mongo": "MongoDB",
    "newel_sql": "SQL",
    "sqlalchemy": "SQL",
    "sqlite3": "SQLite",
    **dict.fromkeys(("asyncpg", "psycopg", "psycopg2"), "PostgreSQL"),
    **dict.fromkeys(("MySQLdb", "mariadb", "mysql", "pymysql"), "MariaDB"),
    **dict.fromkeys(("bson", "gridfs", "pymongo"), "MongoDB"),
}
"""Packages that speak to one database, and what they speak to."""

_DATABASE: Final = "Database"
_NOT_PORTABLE: Final = "NotPortable"


def findings(generation: Generation, models: Models, modules: Iterable[str]) -> Iterator[Finding]:
    """Yield what is bound to one database: of the models, then of the source, file by file.

    `modules` are those that the configuration lists the models of; they are looked at wherever they are.
    """
    for table in models.tables:
        yield from _foreign_names(table)
    listed = [Path(place_of(importlib.import_module(name)).file) for name in modules]
    names = frozenset(table.model.__name__ for table in models.tables)
    for file in sorted({*own_files(generation), *listed}):
        yield from in_source(file, names)


# --- models -----------------------------------------------------------------------------------------------------------


def _foreign_names(table: Table) -> Iterator[Finding]:
    """Yield one finding for a model that says under which names it is stored: something else made those."""
    declaration = table.model.__declaration__
    given = [] if declaration.table == snake_case(table.model.__name__) else [f"as {declaration.table!r}"]
    given += [f"{name} as {column!r}" for name, each in declaration.fields.items() if (column := each.options.column)]
    if given:
        what = f"{table.model.__name__} is stored under names that were given to it: {', '.join(given)}"
        yield Finding("bound", what, place=declaration.place)


# --- source -----------------------------------------------------------------------------------------------------------


def in_source(file: Path, models: frozenset[str]) -> Iterator[Finding]:
    """Yield what one file has that binds it to a database, in the order of its lines; `models` are names of classes."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError):  # it was imported, so that it is compiled code or was changed since
        return
    reading = _Reading(tree, models)
    found = {(node.lineno, what): None for node in ast.walk(tree) for what in reading.of(node)}  # type: ignore[attr-defined]
    for line, what in sorted(found):
        yield Finding("bound", what, place=Place(str(file), line))


@final
class _Reading:
    """What the nodes of one file mean. `databases` are the names that stand for a `Database` in it."""

    def __init__(self, tree: ast.AST, models: frozenset[str]) -> None:
        self._models: Final = models
        self._databases: Final = frozenset(name for node in ast.walk(tree) for name in _database_names(node))

    def of(self, node: ast.AST) -> Iterator[str]:
        """Yield what binds a node to a database, in words."""
        match node:
            case ast.Import(names=names):
                yield from _imported([alias.name for alias in names])
            case ast.ImportFrom(module=str(module), level=0):
                yield from _imported([module])
            case ast.Call(func=ast.Attribute(attr="mapped"), args=[_], keywords=[]):
                yield f"{ast.unparse(node)}: a class of one database's client"
            case ast.Attribute(attr="native"):
                yield f"{ast.unparse(node)}: one database's own client"
            case ast.Attribute(attr=name):
                yield from self._refused(node, name)
            case ast.ExceptHandler(type=ast.expr() as caught) if _NOT_PORTABLE in _words(caught):
                yield f"{_NOT_PORTABLE} is caught: something is asked for that not every database does"
            case _:
                pass

    def _refused(self, node: ast.Attribute, name: str) -> Iterator[str]:
        """Yield what asking for this attribute raises, where it is one of a column, a query or a database."""
        for known, asked in (
            (refusals.COLUMN, self._is_column),
            (refusals.QUERY, _is_query),
            (refusals.DATABASE, self._is_database),
        ):
            if name in known and asked(node.value):
                yield f"{ast.unparse(node)} raises {_NOT_PORTABLE}: {_instead(known, name)}"

    def _is_column(self, node: ast.expr) -> bool:
        """Tell whether this is `Notice.title` or `Notice.author.name`."""
        return isinstance(node, ast.Attribute) and _root(node) in self._models

    def _is_database(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._databases


def _database_names(node: ast.AST) -> Iterator[str]:
    """Yield a name that stands for a `Database`: by its annotation, or by what it is given."""
    match node:
        case ast.arg(arg=name, annotation=ast.expr() as kind) if _DATABASE in _words(kind):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) if _DATABASE in _words(kind):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript(slice=ast.Name(id="Database"))):
            yield name
        case _:
            pass


def _imported(modules: Iterable[str]) -> Iterator[str]:
    for module in modules:
        if (database := CLIENTS.get(module.partition(".")[0])) is not None:
            yield f"imports {module}, which speaks to {database} alone"


def _is_query(node: ast.expr) -> bool:
    """Tell whether this is `db.query(Notice)`, or a step further along it."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "query":
            return True
        node = node.func.value
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _words(node: ast.expr) -> set[str]:
    """Return the names in an expression; of an annotation in quotes, the names in the text."""
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)
    return {word.rpartition(".")[2] for word in text.replace("|", " ").replace(",", " ").strip("()").split()}


def _instead(known: Refusals, name: str) -> str:
    feature, _, instead = known[name]
    return f"{feature}. Instead: {instead}"
