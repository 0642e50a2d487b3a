"""`db.native` and `db.mapped`: a SQLAlchemy session in the unit's own transaction, and mapped twins of the models.

The session flushes before a portable statement runs and forgets what it had read after one has written, so that either
side sees what the other did. Loaded when it is first asked for: SQLAlchemy's ORM is half of SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, final

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, registry, relationship
from sqlalchemy.pool import PoolProxiedConnection

from newel_data.declaration import Declaration
from newel_data.errors import NotPortable, UnitClosed
from newel_data.fields import NO_DEFAULT
from newel_data.schema import Table
from newel_data.values import fold
from newel_sql.tables import Tables

Failed = Callable[[BaseException], object]
"""Is told of an error: the unit is over."""

_ENDING: Final = frozenset({"ABORT", "BEGIN", "COMMIT", "END", "RELEASE", "ROLLBACK", "SAVEPOINT", "START"})
"""First words of statements that begin or end transactions."""

_BEGUN: Final = "the unit of work has begun it"
_OVER: Final = "db.native was used after its unit of work was over, or had failed: ask for it again"
_NO_SAVEPOINTS: Final = "a second request: savepoints are not for units of work"


def _refuse(what: str, instead: str) -> NoReturn:
    raise _refusal(what, instead)


def _refusal(what: str, instead: str) -> NotPortable:
    return NotPortable(f"db.native.{what}", "the session is part of a unit of work, which ends it", instead)


@final
class NativeSession(Session):
    """A session that is part of a unit of work, which alone begins and ends transactions."""

    def begin(self, nested: bool = False) -> NoReturn:
        """Refuse: the unit has begun."""
        _refuse("begin()", f"use it as it is: {_BEGUN}")

    def commit(self) -> NoReturn:
        """Refuse: the unit commits."""
        _refuse("commit()", "return from the handler: the unit is committed before the response is sent")

    def rollback(self) -> NoReturn:
        """Refuse: the unit rolls back."""
        _refuse("rollback()", "raise an error out of the handler: it rolls everything back")

    def close(self) -> NoReturn:
        """Refuse: the unit closes."""
        _refuse("close()", "leave it open: it ends with the unit")

    def reset(self) -> NoReturn:
        """Refuse: it rolls back."""
        _refuse("reset()", "expunge_all(), which forgets objects, and a second request for a new unit")

    def invalidate(self) -> NoReturn:
        """Refuse: the connection is the unit's."""
        _refuse("invalidate()", "leave it open: it ends with the unit")

    def begin_nested(self) -> NoReturn:
        """Refuse: an error fails the whole unit."""
        _refuse("begin_nested()", _NO_SAVEPOINTS)

    def end(self) -> None:
        """End the session with its unit; whoever still holds it gets `UnitClosed`."""
        bind = self.bind
        if isinstance(bind, HeldConnection):
            bind.over = True
        super().close()


class HeldConnection(Connection):
    """What `db.native.connection()` gives: the connection of the unit, in the unit's transaction."""

    over: bool = False

    def __init__(self, engine: Engine, connection: PoolProxiedConnection, failed: Failed) -> None:
        super().__init__(engine, connection)
        self._failed: Final = failed
        super().begin()  # of SQLAlchemy's own: the session joins it, and what it commits commits nothing
        event.listen(self, "begin", self._on_begin)
        event.listen(self, "rollback", self._on_rollback)
        event.listen(self, "before_cursor_execute", self._on_statement)

    def in_transaction(self) -> bool:
        """Tell that there is a transaction: the unit's. A session asks before it uses the connection."""
        if self.over:
            raise UnitClosed(_OVER)
        return super().in_transaction()

    def begin(self) -> NoReturn:
        """Refuse: the unit has begun."""
        _refuse("connection().begin()", f"use it as it is: {_BEGUN}")

    def begin_nested(self) -> NoReturn:
        """Refuse: an error fails the whole unit."""
        _refuse("connection().begin_nested()", _NO_SAVEPOINTS)

    def commit(self) -> NoReturn:
        """Refuse: the unit commits."""
        _refuse("connection().commit()", "return from the handler")

    def rollback(self) -> NoReturn:
        """Refuse: the unit rolls back."""
        _refuse("connection().rollback()", "raise an error out of the handler")

    def close(self) -> NoReturn:
        """Refuse: the unit gives it back."""
        _refuse("connection().close()", "leave it open: it ends with the unit")

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Refuse, but for SQLAlchemy itself, which tells the error that the connection was lost by."""
        if exception is None:
            _refuse("connection().invalidate()", "leave it open: it ends with the unit")
        super().invalidate(exception)

    def fail(self, error: BaseException) -> None:
        """Tell the unit of an error of the database."""
        if not self.over:
            self._failed(error)

    # --- what SQLAlchemy tells

    def _on_begin(self, connection: Connection) -> None:
        raise UnitClosed(_OVER)

    def _on_rollback(self, connection: Connection) -> None:
        self.fail(NotPortable("a rollback of db.native", "it undoes the whole unit of work", "an error"))

    def _on_statement(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        word = statement.split(maxsplit=1)[0].upper().rstrip(";") if statement.strip() else ""
        if word in _ENDING:
            refusal = _refusal(f"execute({word!r})", "return from the handler, or raise an error out of it")
            self.fail(refusal)  # here, for SQLAlchemy 2.0 does not tell `_on_error` of it
            raise refusal


def _on_error(context: Any) -> None:
    """Tell the unit whose connection it is of an error. SQLAlchemy tells errors to a whole engine only."""
    if isinstance(context.connection, HeldConnection):
        context.connection.fail(context.sqlalchemy_exception or context.original_exception)


def session(engine: Engine, connection: PoolProxiedConnection, failed: Failed) -> NativeSession:
    """Open a session on the connection of a unit. `failed` is told of every error of the database."""
    if not event.contains(engine, "handle_error", _on_error):
        event.listen(engine, "handle_error", _on_error)
    held = HeldConnection(engine, connection, failed)
    return NativeSession(bind=held, autoflush=True, expire_on_commit=False, join_transaction_mode="rollback_only")


def flush(session: NativeSession) -> None:
    """Write what the session holds. Raises the driver's own exception, as a portable statement would."""
    try:
        session.flush()
    except DBAPIError as error:
        raise (error.orig or error) from error


@final
class Alongside:
    """The cursor of a unit that has a session beside it."""

    __slots__ = ("_cursor", "_session")

    def __init__(self, cursor: Any, session: NativeSession) -> None:
        self._cursor = cursor
        self._session = session

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a portable statement between the session's."""
        flush(self._session)
        self._cursor.execute(sql, parameters)
        if not sql.startswith("SELECT"):
            self._session.expire_all()

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a portable statement for each row, between the session's."""
        flush(self._session)
        self._cursor.executemany(sql, rows)
        self._session.expire_all()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


# --- twins ------------------------------------------------------------------------------------------------------------


class Twin:
    """The base of mapped twins. Attributes are those of the model, with port values (a list is a tuple, JSON a text).

    A reference `author` is a relationship, and `author_id` the key. What is not given has the model's default.
    """

    __declaration__: Declaration

    def __init__(self, **values: Any) -> None:
        for name, value in {**_defaults(self.__declaration__, values), **values}.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__}() has no field {name!r}")
            setattr(self, name, value)


def twins(tables: Tables) -> dict[Table, type[Any]]:
    """Make the mapped twins of a set of models."""
    mapping: Final = registry(metadata=tables.metadata)
    made = {table: _class_of(table) for table in tables.models.tables}
    for table, twin in made.items():
        sql = tables.of(table)
        properties: dict[str, Any] = {}
        for field in table.fields:
            column = sql.c[field.column]
            if field.reference is None:
                properties[field.column if field.role == "folded" else field.name] = column
            else:
                properties[f"{field.name}_id"] = column
                properties[field.name] = relationship(made[tables.target(field)], foreign_keys=[column])
        version = None if table.version is None else sql.c[table.version.column]
        mapping.map_imperatively(twin, sql, properties=properties, version_id_col=version)
        _keep_folded(table, twin)
    mapping.configure()
    return made


def _class_of(table: Table) -> type[Any]:
    name = table.model.__name__
    namespace = {"__declaration__": table.model.__declaration__, "__doc__": f"The mapped twin of {name}."}
    return type(name, (Twin,), namespace)


def _defaults(declaration: Declaration, given: dict[str, Any]) -> dict[str, Any]:
    """Return the port values of the defaults of what is not given."""
    made: dict[str, Any] = {}
    for name, declared in declaration.fields.items():
        options = declared.options
        if name in given or f"{name}_id" in given or options.role in {"version", "reference"}:
            continue
        if options.default_factory is None and options.default is NO_DEFAULT:
            continue
        value = options.default if options.default_factory is None else options.default_factory()
        made[name] = None if value is None else declaration.rules[name].stored(value)
    return made


def _keep_folded(table: Table, twin: type[Any]) -> None:
    """Fill the companions of case-insensitive fields whenever a twin is written."""
    pairs = [(field.name, field.column) for field in table.fields if field.role == "folded"]
    if not pairs:
        return

    def write(mapper: Any, connection: Any, target: Any) -> None:
        for name, column in pairs:
            value = getattr(target, name)
            setattr(target, column, None if value is None else fold(value))

    event.listen(twin, "before_insert", write)
    event.listen(twin, "before_update", write)
