"""MariaDB, by PyMySQL.

Text is compared by code point and without padding (`utf8mb4_nopad_bin`), times are stored in UTC, and an update
computes from the row as it was (`SIMULTANEOUS_ASSIGNMENT`). The driver writes values into the statement, escaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any, ClassVar, Final, final
from uuid import UUID

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions, convert_datetime
from pymysql.cursors import Cursor, SSCursor
from sqlalchemy import Column as SqlColumn
from sqlalchemy import Insert, Table, and_, case, cast, func, literal_column, null
from sqlalchemy.dialects.mysql import (
    BIGINT,
    DATETIME,
    DECIMAL,
    DOUBLE,
    LONGBLOB,
    LONGTEXT,
    TIME,
    TINYINT,
    VARCHAR,
    insert,
)
from sqlalchemy.engine import Inspector
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import DATE, VARBINARY, Integer

from newel_data.encoding import list_of, microseconds, timedelta_of
from newel_data.port import Capability
from newel_data.schema import Kind, Type
from newel_data.tree import Bucket
from newel_data.turning import Function
from newel_sql.codecs import Codec, list_text
from newel_sql.dialects.base import OF_SERVERS, Column, Dialect
from newel_sql.failures import Failure
from newel_sql.failures import Kind as FailureKind
from newel_sql.mending import Damage, altered

_COLLATION: Final = "utf8mb4_nopad_bin"
_MODE: Final = "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION,SIMULTANEOUS_ASSIGNMENT"
_FOR_LOCKS: Final = 0.5  # seconds in which a lock that is not had is told as that
_MAX_SHORT: Final = 640
"""The longest text that may stand in an index, and so in a VARCHAR; longer ones are kept beside the row."""

_COLUMNS_OF_INDEX: Final = (
    "SELECT column_name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND table_name = %s AND index_name = %s ORDER BY seq_in_index"
)


@final
class MariadbDialect(Dialect):
    """MariaDB."""

    name: ClassVar = "MariaDB"
    capabilities: ClassVar[frozenset[Capability]] = OF_SERVERS
    error: ClassVar = pymysql.Error
    max_values: ClassVar = 65_535
    cascades_first: ClassVar = True
    unchecked: ClassVar = (
        ("SET foreign_key_checks = 0", "START TRANSACTION"),
        ("COMMIT", "SET foreign_key_checks = 1"),
    )
    no_action: ClassVar = "RESTRICT"
    table_options: ClassVar = {
        "mariadb_engine": "InnoDB",
        "mariadb_default_charset": "utf8mb4",
        "mariadb_collate": _COLLATION,
    }

    # --- connections

    def engine_options(self) -> dict[str, Any]:
        """Begin transactions ourselves, and wait no longer than configured for server or lock."""
        return {
            "paramstyle": "format",
            "connect_args": {
                "autocommit": True,
                "charset": "utf8mb4",
                "collation": _COLLATION,
                "sql_mode": _MODE,
                "cursorclass": PatientCursor,
                "conv": _CONVERSIONS,
                "connect_timeout": math.ceil(self.config.timeout),
                "read_timeout": self.patience,
                "write_timeout": self.patience,
            },
        }

    def on_connect(self, connection: pymysql.Connection[Any]) -> None:
        """Say how long to wait for a lock and for a statement."""
        seconds = math.ceil(self.config.timeout)
        limits = f"innodb_lock_wait_timeout = {seconds}, max_statement_time = {seconds + _FOR_LOCKS}"
        with connection.cursor() as cursor:
            cursor.execute(f"SET time_zone = '+00:00', {limits}")

    def take_time(self, connection: Any) -> None:
        """Wait for ever, and let the server do so."""
        with connection.cursor() as cursor:
            cursor.execute("SET max_statement_time = 0")
        connection._read_timeout = None

    def begin(self, connection: PoolProxiedConnection, cursor: Any, *, read_only: bool) -> None:
        """Begin. A unit that only reads sees one state of the database from beginning to end."""
        cursor.execute(
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY" if read_only else "START TRANSACTION READ WRITE"
        )  # fmt: skip

    def stream_cursor(self, connection: PoolProxiedConnection) -> Any:
        """Return a cursor that leaves the rows with the server until they are asked for."""
        dbapi: Any = connection.dbapi_connection
        return StreamCursor(dbapi)

    def failure(self, error: Exception) -> Failure:
        """Read the number of an error, and the names in its text.

        See https://mariadb.com/kb/en/mariadb-error-code-reference/.
        """
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[1]) if len(error.args) > 1 else ""
        kind = _KINDS.get(number)
        if kind is None:
            lost = isinstance(error, pymysql.err.InterfaceError) or 2000 <= number < 3000
            return Failure("unavailable" if lost else "other")
        if kind == "unique":
            # SECURITY: the text quotes the values.
            name = text.rpartition(" for key ")[2].strip("'")
            error.args = (number, f"Duplicate entry for key '{name}'")
            return Failure("unique", constraint=name)
        constraint = re.search(r"CONSTRAINT `([^`]+)`", text)
        column = re.search(r"[Cc]olumn '([^']+)'|`([^`.]+)` [-+*]|FOREIGN KEY \(`([^`]+)`\)", text)
        columns = tuple(name for name in column.groups() if name) if column else ()
        return Failure(kind, columns=columns, constraint=constraint[1] if constraint else "")

    def indexed(self, cursor: Any, table: str, index: str) -> tuple[str, ...]:
        """Ask the server: an error of MariaDB tells only the name of an index."""
        try:
            cursor.execute(_COLUMNS_OF_INDEX, (table, index))
            return tuple(str(name) for (name,) in cursor.fetchall())
        except pymysql.Error:
            return ()

    # --- columns

    def codec(self, type_: Type) -> Codec:
        """Return how values of a type stand in a column."""
        return _CODECS[type_.kind](type_)

    def type_checks(self, column: Column, type_: Type) -> Iterable[tuple[str, Column]]:
        """Check what the type itself lets pass: a BOOLEAN is a small integer."""
        if type_.kind == "bool":
            yield "type", column.in_([literal_column("0"), literal_column("1")])

    def length(self, column: Column, type_: Type) -> Column:
        """Return the number of code points, or of bytes."""
        function = func.octet_length if type_.kind == "bytes" else func.char_length
        length: Column = function(column, type_=Integer())
        return length

    # --- expressions

    def position(self, column: Column, wanted: Column) -> Column:
        """Return where a text stands in a column."""
        return func.locate(wanted, column, type_=Integer())

    def ending(self, column: Column, length: Column) -> Column:
        """Return the last code points of a text."""
        return func.right(column, length, type_=column.type)

    def bucket(self, column: Column, type_: Type, bucket: Bucket) -> tuple[Column, Function | None]:
        """Cut the text of a time: 2024-05-01 12:30:00.000."""
        if bucket == "day":
            return func.date(column, type_=DATE()), None
        width, rest = (7, "-01") if bucket == "month" else (4, "-01-01")
        cut = func.left(cast(column, VARCHAR(32)), literal_column(str(width)))
        return cast(func.concat(cut, literal_column(f"'{rest}'")), DATE()), None

    def total(self, column: Column, type_: Type) -> tuple[Column, Function | None]:
        """Return the sum: of integers it is a DECIMAL, which does not overflow.

        A sum of floats that does is 0 to the server, unless something is done with it: then it is an error.
        """
        if type_.kind == "float":
            return func.sum(column) + literal_column("0e0"), None
        return func.sum(column), int if type_.kind == "int" else None

    # --- statements

    def upsert(
        self, table: Table, row: Mapping[str, Any], *, by: list[str], overwrite: list[str], bump: str | None
    ) -> Insert:
        """Return INSERT ... ON DUPLICATE KEY UPDATE ... RETURNING.

        The server overwrites a row that collides in any unique set. Where it is another set, the key becomes null,
        which fails the statement.
        """
        statement = insert(table).values(row)
        same = and_(*[table.c[name] == statement.inserted[name] for name in by])
        key = next(iter(table.primary_key.columns))
        change: dict[str, Any] = {key.name: case((same, key), else_=null())}
        change |= {name: statement.inserted[name] for name in overwrite}
        if bump is not None:
            change[bump] = table.c[bump] + literal_column("1")
        return statement.on_duplicate_key_update(change).returning(*table.columns)

    # --- the schema

    def alone(self) -> str | None:
        """Let one process at a time create tables, until its connection is closed."""
        return f"SELECT GET_LOCK('newel', {math.ceil(self.config.timeout)})"

    def declared(self, column: SqlColumn[Any], compiler: DDLCompiler) -> str:
        """Return the type of a column, without what the server adds to it."""
        return _same_type(super().declared(column, compiler))

    def options(self, inspector: Inspector, table: str) -> Mapping[str, Any]:
        """Return the options of a table: its collation is among them."""
        return inspector.get_table_options(table)

    def found(self, column: Mapping[str, Any], options: Mapping[str, Any], compiler: DDLCompiler) -> str:
        """Return the type of a column of the database. A collation that is its table's goes without saying."""
        found = _same_type(super().found(column, options, compiler))
        if "collation" not in vars(column["type"]) or "COLLATE" in found:
            return found
        return f"{found} COLLATE {options.get('mariadb_collate')}"

    def same_check(self, text: str) -> str:
        """Leave out how the server writes a check: parentheses, quotes, escapes, lower case."""
        return re.sub(r"[()'`\s]|_utf8mb4|\\n|\\", "", text).lower()

    def mend(self, damage: Damage, compiler: DDLCompiler) -> str:
        """Alter the table."""
        return altered(damage, compiler, _alter_column)


# --- cursors ----------------------------------------------------------------------------------------------------------


class PatientCursor(Cursor):
    """A cursor that lets an open stream take its rows first: the protocol carries one result at a time."""

    def execute(self, query: str, args: object = None) -> int:
        """Hold the rows of an open stream, and run."""
        _hold_stream(self.connection)
        return super().execute(query, args)


class StreamCursor(SSCursor):
    """A cursor whose rows stay with the server, until another statement needs the connection: then they are held."""

    _held: Iterator[Any] | None = None

    def execute(self, query: str, args: object = None) -> int:
        """Run, as the one stream of the connection."""
        connection: Any = self.connection
        _hold_stream(connection)
        connection.newel_stream = self
        return super().execute(query, args)

    def hold(self) -> None:
        """Take all rows that are left."""
        self._held = iter(super().fetchall())

    def fetchmany(self, size: int | None = None) -> Any:
        """Return the next rows, from wherever they are."""
        if self._held is None:
            return super().fetchmany(size)
        return list(islice(self._held, size or self.arraysize))

    def close(self) -> None:
        """Let the connection go on with something else."""
        connection: Any = self.connection
        if getattr(connection, "newel_stream", None) is self:
            connection.newel_stream = None
        try:
            super().close()
        except (pymysql.Error, AttributeError) as error:  # PyMySQL reads on where there is no connection any more
            result: Any = getattr(self, "_result", None)
            if result is not None:
                result.unbuffered_active = False
            raise pymysql.err.InterfaceError("the connection was lost") from error


def _hold_stream(connection: Any) -> None:
    stream = getattr(connection, "newel_stream", None)
    if stream is not None:
        connection.newel_stream = None
        stream.hold()


# --- columns ----------------------------------------------------------------------------------------------------------


def _moment(text: str) -> Any:
    """Return the naive `datetime` of a DATETIME. PERF: PyMySQL takes a pattern, and a quarter of reading a row, for it.

    What is none (2024-00-00, which a table of others may hold) is what PyMySQL makes of it.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return convert_datetime(text)


_CONVERSIONS: Final = {**conversions, FIELD_TYPE.DATETIME: _moment, FIELD_TYPE.TIMESTAMP: _moment}
"""What PyMySQL makes of values, by type on the way in and by number on the way out."""


def _text(type_: Type) -> Codec:
    if type_.max_length is None or type_.max_length > _MAX_SHORT:
        return Codec(LONGTEXT(collation=_COLLATION))
    return Codec(VARCHAR(type_.max_length, collation=_COLLATION))


def _bytes(type_: Type) -> Codec:
    if type_.max_length is None or type_.max_length > _MAX_SHORT:
        return Codec(LONGBLOB())
    return Codec(VARBINARY(type_.max_length))


def _list(type_: Type) -> Codec:
    element = type_.element or type_
    return Codec(
        LONGTEXT(collation=_COLLATION),
        lambda values: list_text(type_, values),
        lambda text: list_of(element, text),
    )


def _naive(value: datetime) -> datetime:
    return value.replace(tzinfo=None)


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


def _time_of_day(value: timedelta) -> time:
    return (datetime(1, 1, 1, tzinfo=UTC) + value).time()


_CODECS: Final[dict[Kind, Callable[[Type], Codec]]] = {
    "str": _text,
    "int": lambda type_: Codec(BIGINT()),
    "float": lambda type_: Codec(DOUBLE()),
    "decimal": lambda type_: Codec(DECIMAL(type_.precision, type_.scale)),
    "bool": lambda type_: Codec(TINYINT(1), None, bool),
    "bytes": _bytes,
    "datetime": lambda type_: Codec(DATETIME(fsp=3), _naive, _in_utc),
    "date": lambda type_: Codec(DATE()),
    "time": lambda type_: Codec(TIME(fsp=6), None, _time_of_day),
    "timedelta": lambda type_: Codec(BIGINT(), microseconds, timedelta_of),
    "uuid": lambda type_: Codec(VARCHAR(36, collation=_COLLATION), str, UUID),
    "list": _list,
    "json": lambda type_: Codec(LONGTEXT(collation=_COLLATION)),
}


def _same_type(text: str) -> str:
    """Leave out the display width of integers, and the character set, which the collation implies."""
    text = re.sub(r"\b(BIGINT|TINYINT)\(\d+\)", r"\1", text)
    return re.sub(r" (CHARACTER SET|CHARSET) \w+", "", text)


def _alter_column(table: str, column: str, declared: SqlColumn[Any], compiler: DDLCompiler) -> list[str]:
    return [f"ALTER TABLE {table} MODIFY COLUMN {compiler.get_column_specification(declared)}"]


# --- what errors say --------------------------------------------------------------------------------------------------

_KINDS: Final[dict[int, FailureKind]] = {
    1020: "conflict",  # the row changed since the snapshot
    1040: "unavailable",  # too many connections
    1044: "no access",  # to the database
    1045: "no access",
    1048: "null",
    1049: "no database",
    1053: "unavailable",  # shut down
    1054: "no table",
    1062: "unique",
    1142: "no right",
    1143: "no right",
    1146: "no table",
    1205: "conflict",  # lock wait timeout
    1213: "conflict",  # deadlock
    1264: "range",
    1364: "null",
    1406: "too long",
    1451: "reference",
    1452: "reference",
    1586: "unique",
    1690: "range",
    1792: "read only",
    1927: "unavailable",  # connection killed
    1969: "too slow",  # the statement's time is over
    4025: "check",
}
