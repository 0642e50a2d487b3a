"""What a server says, in the contract's words, and without a value of anybody's."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from newel_data import ConstraintViolation, Database, DataError, OutOfRange, ReferenceViolation, UniqueViolation
from newel_sql import SqlBackend
from tests.plugins.newel_sql.board import MODELS, Author, Notice, config, database, stored

SECRET = "very-secret-value"
AUTHOR, NOTICE = MODELS.table(Author), MODELS.table(Notice)

Write = Callable[[SqlBackend], Any]


def row(**values: Any) -> tuple[Any, ...]:
    """Return a notice's row, as the port takes it, with some values in the place of good ones."""
    good = MODELS.mapper(NOTICE).row(vars(Notice(title=SECRET, author="ada", group=SECRET)))
    return tuple(values.get(field.name, value) for field, value in zip(NOTICE.fields, good, strict=True))


def insert(backend: SqlBackend, **values: Any) -> None:
    unit = backend.begin(read_only=False)
    try:
        unit.insert(NOTICE, [row(**values)])
    finally:
        unit.rollback()


@pytest.fixture
def ada(backend: SqlBackend) -> SqlBackend:
    stored(backend, Author(id="ada", name=SECRET, nick="Ada"), Notice(id="n", title=SECRET, author="ada"))
    return backend


BROKEN: dict[str, tuple[dict[str, Any], type[DataError], tuple[str, ...]]] = {
    "unique set": ({}, UniqueViolation, ("author", "title")),
    "key": ({"id": "n", "title": "other"}, UniqueViolation, ("id",)),
    "null": ({"title": None}, ConstraintViolation, ("title", "missing")),
    "length": ({"title": SECRET * 20}, ConstraintViolation, ("title", "too_long")),
    "storage class": ({"title": b"secret"}, ConstraintViolation, ("title", "type")),
    "reference": ({"author": SECRET}, ReferenceViolation, ("Notice",)),
    "integer": ({"views": 1.5}, OutOfRange, ("views",)),
}


def told(error: DataError) -> tuple[str, ...]:
    if isinstance(error, UniqueViolation):
        return error.fields
    if isinstance(error, ConstraintViolation):
        return (error.field, error.code)
    if isinstance(error, OutOfRange):
        return (error.field,)
    assert isinstance(error, ReferenceViolation)
    return (error.model,)


@pytest.mark.parametrize("values, kind, names", BROKEN.values(), ids=BROKEN)
def test_a_violation_names_the_field_and_no_value(
    ada: SqlBackend, values: dict[str, Any], kind: type[DataError], names: tuple[str, ...]
) -> None:
    with pytest.raises(kind) as caught:
        insert(ada, **values)
    assert told(caught.value) == names
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    assert SECRET not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


def test_a_folded_companion_is_told_as_its_field(ada: SqlBackend) -> None:
    db = database(ada)
    with pytest.raises(UniqueViolation) as caught:
        db.add(Author(name="Bob", nick="ADA"))
    db.close()
    assert caught.value.fields == ("nick",)


def test_arithmetic_beyond_64_bit_is_out_of_range(ada: SqlBackend) -> None:
    db = database(ada)
    db.query(Notice).update(views=2**63 - 1)
    with pytest.raises(OutOfRange) as caught:
        db.query(Notice).update(views=Notice.views + 1)
    db.close()
    assert caught.value.field == "views"


def test_a_missing_table_names_the_command(backend: SqlBackend) -> None:
    empty = SqlBackend(config("sqlite://"), MODELS)
    db = Database(empty, MODELS)
    with pytest.raises(DataError, match="newel db sync"):
        db.query(Author).all()
    db.close()
    empty.close()


def test_statements_are_logged_without_their_values(caplog: pytest.LogCaptureFixture) -> None:
    backend = SqlBackend(config("sqlite://", echo=True), MODELS)
    backend.sync()
    with caplog.at_level(logging.INFO, logger="newel.sql"):
        stored(backend, *(Author(name=f"{SECRET}{number}") for number in range(2)))
        db = database(backend)
        assert len(list(db.query(Author).where(Author.name.prefix(SECRET)).stream(size=1))) == 2
        db.add_all(Author(name=f"{number}") for number in range(3))
        db.close()
    backend.close()
    assert "INSERT INTO author" in caplog.text
    assert "(3 rows)" in caplog.text
    assert "SELECT author.id" in caplog.text
    assert SECRET not in caplog.text
