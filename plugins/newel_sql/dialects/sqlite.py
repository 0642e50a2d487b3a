"""SQLite: one file (or memory), one writer at a time, readers beside it (WAL).

What it lacks as a type is stored as text of a fixed width, which sorts as the values do: decimals (a numeric column
would keep a float of them), dates and times. Each column checks what it holds, because SQLite does not care by itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar, Final, final
from uuid import UUID

from sqlalchemy import Insert, Table, cast, func, literal_column
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import BLOB, INTEGER, REAL, TEXT, Integer

from newel_data.encoding import EXACT, decimal_of, decimal_text, list_of, microseconds, time_text, timedelta_of
from newel_data.port import WHOLE, Capability
from newel_data.schema import Kind, Type
from newel_data.tree import Bucket
from newel_data.turning import Function
from newel_sql.codecs import Codec, list_text
from newel_sql.dialects.base import Column, Dialect, overwriting
from newel_sql.failures import Failure
from newel_sql.failures import Kind as FailureKind
from newel_sql.mending import Damage, created_index, rebuilt

_READ_ONLY: Final = "query_only"
_SUM: Final = "newel_sum"
_INFINITE: Final = "9e999"


@final
class SqliteDialect(Dialect):
    """SQLite, by the driver in Python."""

    name: ClassVar = "SQLite"
    capabilities: ClassVar[frozenset[Capability]] = WHOLE | frozenset[Capability](
        {"concurrent_units", "snapshot_reads", "database_checks", "native", "schema", "durable"}
    )
    error: ClassVar = sqlite3.Error
    max_values: ClassVar = 32_766
    cascades_first: ClassVar = True
    unchecked: ClassVar = (
        ("PRAGMA query_only = 0", "PRAGMA foreign_keys = 0", "BEGIN IMMEDIATE"),
        ("COMMIT", "PRAGMA foreign_keys = 1"),
    )

    # --- connections

    def engine_options(self) -> dict[str, Any]:
        """Begin transactions ourselves: what the driver would begin, and when, differs between versions of Python."""
        timeout = self.config.timeout
        return {"connect_args": {"isolation_level": None, "timeout": timeout, "check_same_thread": False}}

    def on_connect(self, connection: sqlite3.Connection) -> None:
        """Readers see the last commit while somebody writes (WAL), and references are kept."""
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_aggregate(_SUM, 1, Sum)  # type: ignore[arg-type]  # None is a result, too

    def begin(self, connection: PoolProxiedConnection, cursor: Any, *, read_only: bool) -> None:
        """Begin. A unit that may write takes the writer's place at once.

        A transaction that reads before it writes would fail the moment somebody else has written, however long it may
        wait (SQLITE_BUSY_SNAPSHOT).
        """
        if connection.info.get(_READ_ONLY) is not read_only:
            cursor.execute(f"PRAGMA query_only = {int(read_only)}")
            connection.info[_READ_ONLY] = read_only
        cursor.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")

    def restrict(self, cursor: Any, *, read_only: bool) -> None:
        """Refuse writes, or let them pass again."""
        cursor.execute(f"PRAGMA query_only = {int(read_only)}")

    def failure(self, error: Exception) -> Failure:
        """Read SQLite's result codes, and the names in its texts (https://sqlite.org/rescode.html)."""
        code = getattr(error, "sqlite_errorcode", 0)
        text = str(error)
        if (read := _BY_EXTENDED_CODE.get(code)) is not None:
            return read(text)
        primary = code & 0xFF
        if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return Failure("conflict")
        if primary in _UNAVAILABLE:
            return Failure("unavailable")
        if primary == sqlite3.SQLITE_READONLY:
            return Failure("read only")
        return _by_text(text)

    # --- columns

    def codec(self, type_: Type) -> Codec:
        """Return how values of a type stand in a column."""
        return _CODECS[type_.kind](type_)

    def type_checks(self, column: Column, type_: Type) -> Iterable[tuple[str, Column]]:
        """Check the storage class: an integer that overflows becomes a float, and anything fits anywhere."""
        storage: Column = literal_column(f"'{_STORED_AS.get(type_.kind, 'text')}'")
        code = "range" if type_.kind == "int" else "type"
        yield code, func.typeof(column).in_([storage, literal_column("'null'")])
        if type_.kind == "bool":
            yield "type", column.in_([literal_column("0"), literal_column("1")])
        if type_.kind == "float":
            yield "range", func.abs(column) < literal_column(_INFINITE)

    def length(self, column: Column, type_: Type) -> Column:
        """Return the number of code points, or of bytes."""
        return func.length(column, type_=Integer())

    # --- expressions

    def position(self, column: Column, wanted: Column) -> Column:
        """Return where a text stands in a column."""
        return func.instr(column, wanted, type_=Integer())

    def ending(self, column: Column, length: Column) -> Column:
        """Return the last code points of a text."""
        return func.substr(column, -length, type_=column.type)

    def bucket(self, column: Column, type_: Type, bucket: Bucket) -> tuple[Column, Function | None]:
        """Cut the text of a time: 2024-05-01T12:30:00.000Z."""
        width, rest = _BUCKETS[bucket]
        cut: Column = func.substr(column, literal_column("1"), literal_column(str(width)), type_=TEXT())
        return cut.concat(literal_column(f"'{rest}'")), date.fromisoformat

    def total(self, column: Column, type_: Type) -> tuple[Column, Function | None]:
        """Return the sum. SQLite raises where integers overflow; decimals are summed in Python."""
        if type_.kind != "decimal":
            return func.sum(column, type_=column.type), None
        scale = type_.scale
        total = getattr(func, _SUM)(column, type_=TEXT())
        return total, lambda units: Decimal(units).scaleb(-scale, EXACT)

    # --- statements

    def upsert(
        self, table: Table, row: Mapping[str, Any], *, by: list[str], overwrite: list[str], bump: str | None
    ) -> Insert:
        """Return INSERT ... ON CONFLICT DO UPDATE ... RETURNING."""
        # NOTE: a float without a fraction is kept as an integer, which RETURNING does not undo.
        columns = [cast(column, REAL()) if isinstance(column.type, REAL) else column for column in table.columns]
        statement: Insert = overwriting(insert(table).values(row), by=by, overwrite=overwrite, bump=bump)
        return statement.returning(*columns)

    # --- the schema

    def mend(self, damage: Damage, compiler: DDLCompiler) -> str:
        """Make the table anew: SQLite alters next to nothing (https://sqlite.org/lang_altertable.html, section 7)."""
        if damage.part == "index":
            return created_index(damage, compiler)
        return rebuilt(damage, compiler)


# --- columns ----------------------------------------------------------------------------------------------------------


def datetime_text(value: datetime) -> str:
    """Write a datetime of UTC as text that sorts, and that `datetime.fromisoformat` reads: 2024-05-01T12:30:00.000Z."""
    return value.isoformat(timespec="milliseconds")[:23] + "Z"


def _plain(type_: Any) -> Callable[[Type], Codec]:
    return lambda type_of_field: Codec(type_)


def _decimal(type_: Type) -> Codec:
    precision, scale = type_.precision, type_.scale
    return Codec(TEXT(), lambda value: decimal_text(value, precision, scale), lambda text: decimal_of(text, scale))


def _list(type_: Type) -> Codec:
    element = type_.element or type_
    return Codec(TEXT(), lambda values: list_text(type_, values), lambda text: list_of(element, text))


_CODECS: Final[dict[Kind, Callable[[Type], Codec]]] = {
    "str": _plain(TEXT()),
    "int": _plain(INTEGER()),
    "float": _plain(REAL()),
    "decimal": _decimal,
    "bool": lambda type_: Codec(INTEGER(), None, bool),
    "bytes": _plain(BLOB()),
    "datetime": lambda type_: Codec(TEXT(), datetime_text, datetime.fromisoformat),
    "date": lambda type_: Codec(TEXT(), date.isoformat, date.fromisoformat),
    "time": lambda type_: Codec(TEXT(), time_text, time.fromisoformat),
    "timedelta": lambda type_: Codec(INTEGER(), microseconds, timedelta_of),
    "uuid": lambda type_: Codec(TEXT(), str, UUID),
    "list": _list,
    "json": _plain(TEXT()),
}

_STORED_AS: Final[dict[Kind, str]] = {
    "int": "integer",
    "bool": "integer",
    "timedelta": "integer",
    "float": "real",
    "bytes": "blob",
}

_BUCKETS: Final[dict[Bucket, tuple[int, str]]] = {"day": (10, ""), "month": (7, "-01"), "year": (4, "-01-01")}


@final
class Sum:
    """The exact sum of decimals as an aggregate function of SQLite: of their texts, in units of the last digit."""

    __slots__ = ("_total",)

    def __init__(self) -> None:
        self._total: int | None = None

    def step(self, text: str | None) -> None:
        """Add one decimal, as `decimal_text` wrote it."""
        if text is not None:
            self._total = (self._total or 0) + int(decimal_of(text, 0))

    def finalize(self) -> str | None:
        """Return the units, or None where there were none."""
        return None if self._total is None else str(self._total)


# --- what errors say --------------------------------------------------------------------------------------------------


def _names_after_colon(text: str) -> tuple[str, tuple[str, ...]]:
    """Read "UNIQUE constraint failed: notice.author_id, notice.title"."""
    names = [name.strip().partition(".") for name in text.partition(": ")[2].split(",")]
    return names[0][0], tuple(column for _, _, column in names)


def _of_columns(kind: FailureKind) -> Callable[[str], Failure]:
    def read(text: str) -> Failure:
        table, columns = _names_after_colon(text)
        return Failure(kind, table=table, columns=columns)

    return read


def _by_text(text: str) -> Failure:
    """Read an error that has no code of its own (SQLITE_ERROR)."""
    if text.startswith(("no such table", "no such column")) or "has no column named" in text:
        return Failure("no table")
    return Failure("range" if text == "integer overflow" else "other")


_BY_EXTENDED_CODE: Final[dict[int, Callable[[str], Failure]]] = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: _of_columns("unique"),
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: _of_columns("unique"),
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: _of_columns("null"),
    sqlite3.SQLITE_CONSTRAINT_CHECK: lambda text: Failure("check", constraint=text.partition(": ")[2]),
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: lambda text: Failure("reference"),
    sqlite3.SQLITE_CONSTRAINT_TRIGGER: lambda text: Failure("reference"),  # ON DELETE RESTRICT
}

_UNAVAILABLE: Final = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOTADB}
)
