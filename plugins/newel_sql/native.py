"""`db.native` and `db.mapped`: a SQLAlchemy session in the unit's own transaction, and mapped twins of the models.

The session flushes before a portable statement runs and forgets what it had read after one has written, so that either
side sees what the other did. Loaded when it is first asked for: SQLAlchemy's ORM is half of SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NoReturn, final

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, registry, relationship

from newel_data.declaration import Declaration
from newel_data.errors import NotPortable
from newel_data.fields import NO_DEFAULT
from newel_data.schema import Table
from newel_data.values import fold
from newel_sql.tables import Tables


@final
class NativeSession(Session):
    """A session that is part of a unit of work, which alone begins and ends transactions."""

    def commit(self) -> NoReturn:
        """Refuse: the unit commits."""
        _refuse("commit", "return from the handler: the unit is committed before the response is sent")

    def rollback(self) -> NoReturn:
        """Refuse: the unit rolls back."""
        _refuse("rollback", "raise an error out of the handler: it rolls everything back")

    def close(self) -> NoReturn:
        """Refuse: the unit closes."""
        _refuse("close", "leave it open: it ends with the unit")

    def begin_nested(self) -> NoReturn:
        """Refuse: an error fails the whole unit."""
        _refuse("begin_nested", "a second request: savepoints are not for units of work")

    def end(self) -> None:
        """End the session with its unit."""
        super().close()


def _refuse(what: str, instead: str) -> NoReturn:
    raise NotPortable(f"db.native.{what}()", "the session is part of a unit of work, which ends it", instead)


def session(connection: Connection) -> NativeSession:
    """Open a session on the connection of a unit."""
    return NativeSession(bind=connection, autoflush=True, expire_on_commit=False)


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
