"""The port: what a database backend implements, and nothing else does.

One page for whoever writes one
===============================

newel_data holds all of the semantics once; a backend translates. It is made of two classes: a `Backend` (one for each
generation, shared by threads, owns the pool) and a `Unit` (one unit of work: a connection and a transaction, used by
one thread). A backend is made from its own configuration and the closed set of models, `newel_data.Models`:
`models.tables` are the `Table`s in the order in which they can be created (referenced first, but for cycles), and
`models.table(reference.target)` is where a reference points.

What newel_data does for every backend
--------------------------------------
Resolves models and names; checks and normalises every value before it gets here (types, null, length, range, choices,
NFC, time zones, rounding, quantising, enums, the folded companions); builds, checks and simplifies the query tree; adds
the key to every order; turns averages into sum and count, pages into conditions, includes into batched `in`; tracks
changes, raises versions, finds out that a write matched nothing; cuts bulk work into calls of at most `CHUNK` rows or
keys; walks cascades where the database's own foreign keys do not (below); decides which unit reads and which writes,
rolls back after an error, keeps failed and closed units from use, runs `on_commit`.

What a backend does
-------------------
- **Translates** the trees of `newel_data.tree` (read what its docstring promises). Statements can be kept by `shape`:
  `statement = cache.get(select.shape) or compile(select)`, then run with `select.values`. The cache belongs to the
  backend and is bounded.
- **Raises the errors** of `newel_data.errors`, with the driver's as their cause: `UniqueViolation` with the names of
  the `Index` (`index.names`; `("id",)` for the key), `ReferenceViolation`, `ConstraintViolation` (a check of the
  database), `OutOfRange`, `Conflict` (may be retried), `DatabaseUnavailable`. After any exception newel_data calls
  `rollback` and never uses the unit again.
- **Keeps the rules in the database too**: unique indexes, foreign keys (or what stands for them), checks of type, null,
  length, range and choices, from `StoredField.type`. A write whose reference dangles raises `ReferenceViolation`.
- **Orders and compares** as `newel_data.tree` says: text by code point and case-sensitive, nulls first ascending.

Values that cross the port, both ways
-------------------------------------
| kind | Python | notes |
|---|---|---|
| str | `str` | NFC unless the field says otherwise; no NUL, no lone surrogates |
| int | `int` | never a bool; 64 bit signed |
| float | `float` | finite; `-0.0` is stored as `0.0` |
| decimal | `Decimal` | exactly `scale` digits after the point; a negative zero never |
| bool | `bool` | |
| bytes | `bytes` | ordered byte by byte, a prefix before what it begins |
| datetime | `datetime` | aware, `datetime.UTC`, whole milliseconds |
| date, time | `date`, `time` | time is naive, microseconds |
| timedelta | `timedelta` | whole microseconds, within 64 bit of them |
| uuid | `UUID` | ordered by its bytes |
| list | `tuple` | of values of `type.element`; never null in it. A backend may return a list |
| json | `str` | canonical JSON text: whole and opaque |

A value that is read is equal to, and of the same type as, the value that was written. A row is a sequence in the order
asked for, which is never changed afterwards (newel_data keeps it as the snapshot of the object). `newel_data.encoding`
has exact texts that sort rightly, for databases that lack a type.

Cascades
--------
With `foreign_keys = True` the database carries out `on_delete` itself (ON DELETE RESTRICT, CASCADE, SET NULL), and
newel_data walks only where that is not enough (`Models.walks(table)`: a cascaded set_null has to bump a version, a
cycle, a row reached by two ways). With False newel_data always walks: it removes or changes the rows that refer before
the rows referred to, and raises on restrict; the backend needs only the check of dangling references.

Units
-----
`begin(read_only=True)`: no write will come; all reads may see one snapshot. `begin(read_only=False)`: writes may come;
an exclusive writer (SQLite, memory) may be taken at once or at the first write. `commit` and `rollback` end the unit
and give the connection back, whether they raise or not; after a `commit` that raised, `rollback` may still be called.
A `commit` that raises `Conflict` stored nothing. A `stream` that is still open makes newel_data keep the unit, or
refuse.

Beside the port
---------------
Two methods of a backend are asked for where they are there: `rehearsal`, with which applications are tested on it
(`newel_data.rehearsal`), and `told`, what logs and the error page of development call its statements
(`newel_data.telling`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, Protocol, runtime_checkable

import msgspec

from newel_data.schema import Table
from newel_data.tree import Aggregate, Delete, Select, Update, Upsert

CHUNK: Final = 500
"""The most rows of one `insert`, and the most keys of an `in` that newel_data makes."""

Row = Sequence[Any]
"""Values in the order asked for. Never changed after it was returned."""

Capability = Literal[
    "concurrent_units",  # two units of one process may be open at once, one of them writing
    "concurrent_writers",  # two units may write different rows at once
    "snapshot_reads",  # a read-only unit sees one state from begin to end
    "database_checks",  # types, lengths, ranges, choices are checked by the database too
    "native",  # `Unit.native` is there
    "schema",  # there is something to create: `sync` and `verify` mean something
    "durable",  # what was committed is there after the backend was closed and opened again
    "document_limit",  # a row has a greatest size
    "transactions",  # a unit of several writes is all or nothing
    "references",  # `Ref`: a write that dangles is refused, and `on_delete` is carried out
    "unique",  # unique sets beside the key
    "server",  # reached by a network: it may be lost, slow or down while the application runs
]
"""What a backend can be asked to prove; each case of the kit names those it needs."""

WHOLE: Final[frozenset[Capability]] = frozenset({"transactions", "references", "unique"})
"""What every database has that keeps the whole contract; see `newel_data.profiles` for those that do not."""


class Backend(Protocol):
    """A database, for one generation: made from configuration and models, shared by threads.

    Opening connects to nothing: connections are made at first use, and a process that was forked makes its own.
    """

    @property
    def name(self) -> str:
        """The database's name as people know it: "SQLite", "PostgreSQL", "memory"."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this database can do, as the kit asks."""
        ...

    @property
    def foreign_keys(self) -> bool:
        """Whether the database itself carries out `on_delete` (see "Cascades")."""
        ...

    @property
    def document_limit(self) -> int | None:
        """The most bytes of one row, as `newel_data.encoding.size_of` counts them, or None. newel_data checks it."""
        ...

    def begin(self, *, read_only: bool) -> Unit:
        """Begin a unit of work. Raises `DatabaseUnavailable`, `TransactionsUnavailable`, `Conflict` (lock timeout)."""
        ...

    def check(self) -> None:
        """Try a connection and close it again. Raises `DatabaseUnavailable` or `TransactionsUnavailable`."""
        ...

    def sync(self, *, dry_run: bool = False) -> SyncReport:
        """Create what is missing (tables, columns' indexes, validators) and change nothing that is there.

        A table that something else looks after (`table.existing`) is left alone: nothing of it is created, and nothing
        of it is a difference but that it is not there.

        A difference is reported with the statement that would mend it. With `dry_run` nothing is created, and
        `created` lists what would be.
        """
        ...

    def verify(self) -> Sequence[Drift]:
        """Compare the database with the models: drift, missing indexes, orphans, stray types. Reads only."""
        ...

    def close(self) -> None:
        """Close the pool, at shutdown. May be called twice."""
        ...


class Unit(Protocol):
    """One unit of work: all or nothing, used by one thread, ended by `commit` or `rollback`."""

    def native(self, failed: Callable[[BaseException], object]) -> Any:
        """Return the driver's own, in this unit: a SQLAlchemy Session, a PyMongo Database; or raise `NotPortable`.

        `failed(error)` is to be called where something that was done with it fails, with the error that is then raised:
        the unit is over, and `rollback` follows when the next thing is done.
        """
        ...

    def mapped(self, table: Table) -> Any:
        """The native twin of a model (SQL: a mapped class, made once per model set). Raises `NotPortable` without."""
        ...

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows (`table.fields`), 1 to `CHUNK`. A row may refer to itself and to those before it."""
        ...

    def update(self, update: Update) -> int:
        """Change rows; return how many matched, whether or not they then differed."""
        ...

    def delete(self, delete: Delete) -> int:
        """Remove rows; return how many matched (cascaded rows are not counted)."""
        ...

    def upsert(self, upsert: Upsert) -> Row:
        """Insert a row or overwrite one, by the database's own statement; return the whole row as it now is."""
        ...

    def select(self, select: Select) -> Sequence[Row]:
        """Return all rows."""
        ...

    def stream(self, select: Select, size: int) -> Iterator[Sequence[Row]]:
        """Yield the rows from a cursor, about `size` at a time; never an empty batch. `close()` ends it early.

        The iterator is a generator: newel_data closes it before it ends the unit.
        """
        ...

    def aggregate(self, aggregate: Aggregate) -> Sequence[Row]:
        """Return one row for each group: the groups' values, then the measures'."""
        ...

    def commit(self) -> None:
        """Make it so. Raises what the database then finds: a `Conflict`, a deferred violation."""
        ...

    def rollback(self) -> None:
        """Undo everything. Never raises for a connection that is lost already."""
        ...


class Difference(msgspec.Struct, frozen=True):
    """Something that is there and is not as the models say. `statement` would mend it; it is printed, never run."""

    table: str
    what: str
    statement: str = ""


class SyncReport(msgspec.Struct, frozen=True):
    """What `sync` created ("table notice", "index notice_posted_idx"), and what it left as it was."""

    created: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


DriftKind = Literal["missing table", "missing column", "missing index", "difference", "orphan", "stray type"]


class Drift(msgspec.Struct, frozen=True):
    """One finding of `verify`. `keys` are some of the rows concerned (orphans, stray types)."""

    kind: DriftKind
    table: str
    what: str
    statement: str = ""
    keys: tuple[str, ...] = ()


# --- what a backend may have beside it


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client program, told where the database is.

    programs     names it may have, the best one first
    arguments    what leads it to the database; nothing secret
    environment  variables that it reads beside those that are set, passwords among them
    install      how it comes onto a machine, in words
    """

    programs: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    install: str

    def __repr__(self) -> str:
        return f"<Client {' '.join((self.programs[0], *self.arguments))}>"


@runtime_checkable
class HasClient(Protocol):
    """A backend whose database has a client program. Others have none, and say nothing of it."""

    def client(self) -> Client:
        """Return the client. Raises `ProblemError` where there is no database that it could open."""
        ...
