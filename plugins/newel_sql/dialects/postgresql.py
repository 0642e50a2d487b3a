"""PostgreSQL, by psycopg 3.

Text is compared by code point (COLLATE "C"), times are of UTC whatever the server's zone is, and a list is the same
text as everywhere. Nulls stand first in indexes as they do in orders, or the server would not use them.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, final

import psycopg
from sqlalchemy import Column as SqlColumn
from sqlalchemy import Connection, Insert, Table, cast, func, literal_column, text
from sqlalchemy.dialects.postgresql import BYTEA, DOUBLE_PRECISION, TIMESTAMP, insert
from sqlalchemy.engine import Inspector
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import BIGINT, BOOLEAN, DATE, NUMERIC, TEXT, TIME, UUID, Integer

from newel_data.encoding import list_of, microseconds, timedelta_of
from newel_data.port import Capability
from newel_data.schema import Kind, StoredField, Type
from newel_data.tree import Bucket
from newel_data.turning import Function
from newel_sql.codecs import Codec, list_text
from newel_sql.config import SqlConfig
from newel_sql.dialects.base import OF_SERVERS, Column, Dialect, overwriting
from newel_sql.dialects.patience import PatientConnection
from newel_sql.failures import Failure
from newel_sql.failures import Kind as FailureKind
from newel_sql.mending import Damage, altered

_SYNC_LOCK: Final = 0x6E6577656C  # "newel"
_FOR_LOCKS: Final = 500  # milliseconds in which a lock that is not had is told as that


@final
class PostgresqlDialect(Dialect):
    """PostgreSQL."""

    name: ClassVar = "PostgreSQL"
    capabilities: ClassVar[frozenset[Capability]] = OF_SERVERS
    error: ClassVar = psycopg.Error
    max_values: ClassVar = 65_535
    maintenance: ClassVar = "postgres"
    dropping: ClassVar = "DROP DATABASE IF EXISTS {} WITH (FORCE)"

    def __init__(self, config: SqlConfig) -> None:
        super().__init__(config)
        self._streams: Final = itertools.count()

    # --- connections

    def engine_options(self) -> dict[str, Any]:
        """Begin transactions ourselves, and wait no longer than configured for server or lock."""
        limit = int(self.config.timeout * 1000)
        limits = f"-c lock_timeout={limit} -c statement_timeout={limit + _FOR_LOCKS}"
        return {
            "paramstyle": "format",
            "connect_args": {
                "autocommit": True,
                "connect_timeout": max(2, math.ceil(self.config.timeout)),  # less than two means two to libpq
                "options": f"-c TimeZone=UTC {limits}",
            },
        }

    def connect(self, parameters: Mapping[str, Any]) -> PatientConnection:
        """Open a connection that gives up a server which does not answer."""
        return PatientConnection.connect(**parameters)

    def on_connect(self, connection: PatientConnection) -> None:
        """Say how long to wait; the options say everything else."""
        connection.patience = self.patience

    def take_time(self, connection: PatientConnection) -> None:
        """Wait for ever, and let the server do so."""
        connection.execute("SET statement_timeout = 0")
        connection.patience = None

    def begin(self, connection: PoolProxiedConnection, cursor: Any, *, read_only: bool) -> None:
        """Begin. A unit that only reads sees one state of the database from beginning to end."""
        statement = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if read_only else "BEGIN"
        if self.config.echo:
            cursor.execute(statement)
        else:
            dbapi: Any = connection.dbapi_connection
            dbapi.command(statement.encode())

    def leave(self, connection: Any) -> None:
        """Commit. PERF: psycopg forgets at each rollback which statements the server has prepared."""
        connection.commit()

    def restrict(self, cursor: Any, *, read_only: bool) -> None:
        """Refuse writes until the savepoint ends."""
        if read_only:
            cursor.execute("SET TRANSACTION READ ONLY")

    def stream_cursor(self, connection: PoolProxiedConnection) -> Any:
        """Return a cursor of the server."""
        dbapi: Any = connection.dbapi_connection
        return psycopg.ServerCursor(dbapi, f"newel_{next(self._streams)}")

    def failure(self, error: Exception) -> Failure:
        """Read the SQLSTATE, and the names beside it.

        See https://www.postgresql.org/docs/current/errcodes-appendix.html.
        """
        if not isinstance(error, psycopg.Error) or error.sqlstate is None:
            return Failure(_refused(str(error)) if isinstance(error, psycopg.OperationalError) else "other")
        told = error.diag
        kind = _KINDS.get(error.sqlstate) or _KINDS.get(error.sqlstate[:2], "other")
        if told.source_function == _STALE:
            kind = "conflict"
        columns = (told.column_name,) if told.column_name else _named_in(told.message_detail or "")
        # SECURITY: the detail of a violation quotes the row.
        error.args = (told.message_primary,) if kind in _QUOTING else error.args
        return Failure(kind, told.table_name or "", columns, told.constraint_name or "")

    # --- columns

    def codec(self, type_: Type) -> Codec:
        """Return how values of a type stand in a column."""
        return _CODECS[type_.kind](type_)

    def type_checks(self, column: Column, type_: Type) -> Iterable[tuple[str, Column]]:
        """Check what the type itself lets pass: infinite floats, and NaN, which is greater still."""
        if type_.kind == "float":
            infinite: Column = literal_column("'Infinity'::double precision")
            yield "range", func.abs(column) < infinite

    def length(self, column: Column, type_: Type) -> Column:
        """Return the number of code points, or of bytes."""
        function = func.octet_length if type_.kind == "bytes" else func.char_length
        return function(column, type_=Integer())

    def index_term(self, column: Column, field: StoredField) -> Column:
        """Put nulls first."""
        return column.asc().nulls_first() if field.nullable else column

    # --- expressions

    def ordered(self, column: Column, field: StoredField, *, descending: bool) -> Column:
        """Return a term of an order."""
        if not field.nullable:
            return super().ordered(column, field, descending=descending)
        return column.desc().nulls_last() if descending else column.asc().nulls_first()

    def position(self, column: Column, wanted: Column) -> Column:
        """Return where a text stands in a column."""
        return func.strpos(column, wanted, type_=Integer())

    def ending(self, column: Column, length: Column) -> Column:
        """Return the last code points of a text."""
        return func.right(column, length, type_=column.type)

    def bucket(self, column: Column, type_: Type, bucket: Bucket) -> tuple[Column, Function | None]:
        """Truncate in UTC."""
        moment = func.timezone(literal_column("'UTC'"), column) if type_.kind == "datetime" else column
        return cast(func.date_trunc(literal_column(f"'{bucket}'"), moment), DATE()), None

    def total(self, column: Column, type_: Type) -> tuple[Column, Function | None]:
        """Return the sum: of integers it is a NUMERIC, which does not overflow."""
        if type_.kind == "int":
            return func.sum(column, type_=NUMERIC()), int
        return func.sum(column, type_=column.type), None

    def extreme(self, column: Column, function: str) -> Column:
        """Return the least or greatest value, also of types that have no such function here."""
        kind = type(self.plain(column.type))
        if kind is BOOLEAN:
            return (func.bool_and if function == "min" else func.bool_or)(column)
        if kind is UUID:
            return cast(super().extreme(cast(column, TEXT()), function), UUID())
        if kind is BYTEA:
            digits = super().extreme(func.encode(column, "hex", type_=TEXT()), function)
            return func.decode(digits, "hex", type_=BYTEA())
        return super().extreme(column, function)

    # --- statements

    def upsert(
        self, table: Table, row: Mapping[str, Any], *, by: list[str], overwrite: list[str], bump: str | None
    ) -> Insert:
        """Return INSERT ... ON CONFLICT DO UPDATE ... RETURNING."""
        statement: Insert = overwriting(insert(table).values(row), by=by, overwrite=overwrite, bump=bump)
        return statement.returning(*table.columns)

    def emptying(self, tables: Sequence[str]) -> Sequence[str]:
        """Return one statement for all: a TRUNCATE of one alone is refused where another refers to it."""
        return [f"TRUNCATE {', '.join(tables)}"] if tables else []

    # --- the schema

    def alone(self) -> str | None:
        """Let one process at a time create tables."""
        return f"SELECT pg_advisory_xact_lock({_SYNC_LOCK})"

    def options(self, inspector: Inspector, table: str) -> Mapping[str, Any]:
        """Return the collations of a table's columns."""
        connection = inspector.bind
        if not isinstance(connection, Connection):
            return {}
        rows = connection.execute(_COLLATIONS, {"name": table})
        return {row.attname: row.collname for row in rows}

    def found(self, column: Mapping[str, Any], options: Mapping[str, Any], compiler: DDLCompiler) -> str:
        """Return the type of a column of the database, with its collation."""
        found = super().found(column, options, compiler).partition(" COLLATE ")[0]
        collation = options.get(column["name"])
        return f'{found} COLLATE "{collation}"' if collation else found

    def same_check(self, text: str) -> str:
        """Leave out what the server changes when it tells a check: parentheses, casts, zeros, and IN as = ANY."""
        for pattern, instead in _RETOLD:
            text = re.sub(pattern, instead, text)
        return text

    def mend(self, damage: Damage, compiler: DDLCompiler) -> str:
        """Alter the table."""
        return altered(damage, compiler, _alter_column)


_COLLATIONS: Final = text(
    "SELECT attname, collname FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation "
    "WHERE attrelid = to_regclass(quote_ident(:name))"
)

_RETOLD: Final = (
    (r"::[a-z ]+(\(\d+(,\s*\d+)?\))?(\[\])?", ""),
    (r"= ANY \(+ARRAY\[(.*?)\]\)+", r"IN (\1)"),
    (r"[()'\"\s]", ""),
    (r"(?:(\.\d*[1-9])0*|\.0+)?\+00(:00)?", r"\1+00"),
)


# --- columns ----------------------------------------------------------------------------------------------------------


def _plain(type_: Any) -> Callable[[Type], Codec]:
    return lambda type_of_field: Codec(type_)


def _list(type_: Type) -> Codec:
    element = type_.element or type_
    return Codec(
        TEXT(collation="C"), lambda values: list_text(type_, values), lambda text: list_of(element, text)
    )  # fmt: skip


def _in_utc(value: datetime) -> datetime:
    """Return the moment in UTC: native code may have set another zone. PERF: else psycopg gives UTC itself."""
    return value if value.tzinfo is UTC else value.astimezone(UTC)


_CODECS: Final[dict[Kind, Callable[[Type], Codec]]] = {
    "str": _plain(TEXT(collation="C")),
    "int": _plain(BIGINT()),
    "float": _plain(DOUBLE_PRECISION()),
    "decimal": lambda type_: Codec(NUMERIC(type_.precision, type_.scale)),
    "bool": _plain(BOOLEAN()),
    "bytes": _plain(BYTEA()),
    "datetime": lambda type_: Codec(TIMESTAMP(timezone=True, precision=3), None, _in_utc),
    "date": _plain(DATE()),
    "time": _plain(TIME()),
    "timedelta": lambda type_: Codec(BIGINT(), microseconds, timedelta_of),
    "uuid": _plain(UUID()),
    "list": _list,
    "json": _plain(TEXT(collation="C")),
}


def _alter_column(table: str, column: str, declared: SqlColumn[Any], compiler: DDLCompiler) -> list[str]:
    null = "DROP" if declared.nullable else "SET"
    type_ = compiler.dialect.type_compiler_instance.process(declared.type)
    return [
        f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {type_}",
        f"ALTER TABLE {table} ALTER COLUMN {column} {null} NOT NULL",
    ]


# --- what errors say --------------------------------------------------------------------------------------------------

_KINDS: Final[dict[str, FailureKind]] = {
    "08": "unavailable",  # connection exceptions
    "22003": "range",  # numeric value out of range
    "23502": "null",
    "23503": "reference",
    "23001": "reference",  # restrict violation
    "23505": "unique",
    "23514": "check",
    "25006": "read only",
    "40": "conflict",  # serialization failure, deadlock
    "42501": "no right",
    "42P01": "no table",
    "42703": "no table",
    "53": "unavailable",  # out of connections, memory, disk
    "55P03": "conflict",  # lock not available in time
    "57014": "too slow",  # the statement's time is over
    "57P01": "unavailable",  # shut down
    "57P02": "unavailable",
    "57P03": "unavailable",  # starting up
}

_STALE: Final = "RevalidateCachedQuery"
"""Where the server says, in whatever language, that a column of a prepared statement has changed: it is prepared anew
after a rollback."""

_REFUSALS: Final[tuple[tuple[str, FailureKind], ...]] = (
    (r'database ".*" does not exist', "no database"),
    (r'authentication failed|no password supplied|role ".*" does not exist|no pg_hba\.conf entry', "no access"),
    (r"permission denied for database", "no access"),
)


def _refused(text: str) -> FailureKind:
    """Read why no connection was made, for which the driver gives no code; a server may say it in another language."""
    kinds: list[FailureKind] = [kind for pattern, kind in _REFUSALS if re.search(pattern, text)]
    return kinds[0] if kinds else "unavailable"


_QUOTING: Final = frozenset({"unique", "reference", "check", "null", "range", "other"})


def _named_in(detail: str) -> tuple[str, ...]:
    """Return the columns that a detail names, in any language: Key (author_id, title)=(...) already exists."""
    found = re.search(r"\((.*?)\)=\(", detail)
    return tuple(name.strip('"') for name in found[1].split(", ")) if found else ()
