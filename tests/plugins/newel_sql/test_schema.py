"""`sync` creates what is missing and changes nothing; `verify` tells all that is not as the models say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newel_data import Field, Model, Models, Ref, field, ref
from newel_data.port import Backend
from newel_sql import SqlBackend
from tests.plugins.newel_sql.board import MODELS, Author, opened, stored

CREATED = (
    "table author",
    "index author_name_key",
    "index author_nick_folded_key",
    "table order",
    "index order_author_id_title_key",
    "index order_editor_id_idx",
    "index order_posted_idx",
    "index order_title_idx",
)


class Person(Model, table="person"):
    name: Field[str] = field(max_length=40, unique=True)
    age: Field[int] = field(default=0, minimum=0, maximum=150)
    friend: Ref[Person | None] = ref(on_delete="set_null", default=None)


PEOPLE = Models([Person])

DECLARED = """CREATE TABLE person (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	age INTEGER NOT NULL,
	friend_id TEXT,
	PRIMARY KEY (id),
	CONSTRAINT person_id_type CHECK (typeof(id) IN ('text', 'null')),
	CONSTRAINT person_id_too_long CHECK (length(id) <= 36),
	CONSTRAINT person_name_type CHECK (typeof(name) IN ('text', 'null')),
	CONSTRAINT person_name_too_long CHECK (length(name) <= 40),
	CONSTRAINT person_age_range CHECK (typeof(age) IN ('integer', 'null')),
	CONSTRAINT person_age_too_small CHECK (age >= 0),
	CONSTRAINT person_age_too_large CHECK (age <= 150),
	CONSTRAINT person_friend_id_fkey FOREIGN KEY(friend_id) REFERENCES person (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX person_name_key ON person (name);
CREATE INDEX person_friend_id_idx ON person (friend_id);
"""


@pytest.fixture
def people(tmp_path: Path) -> Iterator[SqlBackend]:
    backend = opened(tmp_path, PEOPLE)
    yield backend
    backend.close()


def run(backend: SqlBackend, script: str) -> None:
    with closing(sqlite3.connect(str(backend.config.url.url.database))) as connection:
        connection.executescript(script)


def state(backend: SqlBackend) -> list[Any]:
    """The statements of the file's schema. `iterdump` refuses a table without a key (CPython 3.13)."""
    with closing(sqlite3.connect(str(backend.config.url.url.database))) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()


# --- sync


def test_what_is_missing_is_created_once(tmp_path: Path) -> None:
    backend = opened(tmp_path)
    assert backend.sync(dry_run=True).created == CREATED
    assert backend.sync().created == CREATED
    assert backend.sync() == backend.sync(dry_run=True)
    assert (backend.sync().created, backend.sync().differences) == ((), ())
    assert backend.verify() == []
    backend.close()


def test_what_was_declared_elsewhere_in_the_same_words_is_as_it_should_be(people: SqlBackend) -> None:
    run(people, DECLARED)
    assert people.sync().created == ()
    assert people.verify() == []


def test_a_missing_index_is_created(people: SqlBackend) -> None:
    people.sync()
    run(people, "DROP INDEX person_name_key")
    assert [drift.kind for drift in people.verify()] == ["missing index"]
    assert people.sync().created == ("index person_name_key",)
    assert people.verify() == []


def test_a_unique_index_that_rows_contradict_is_left_with_the_reason(people: SqlBackend) -> None:
    people.sync()
    run(people, "DROP INDEX person_name_key; INSERT INTO person VALUES ('a', 'Ada', 1, NULL), ('b', 'Ada', 1, NULL)")
    report = people.sync()
    assert report.created == ()
    assert "same values" in report.differences[0].what
    assert "CREATE UNIQUE INDEX person_name_key" in report.differences[0].statement


CHANGED = {
    "another type": ("age INTEGER NOT NULL", "age TEXT NOT NULL", "column age is 'TEXT NOT NULL'"),
    "null allowed": ("name TEXT NOT NULL", "name TEXT", "column name is 'TEXT'"),
    "a column missing": ("	friend_id TEXT,\n", "", "column friend_id is missing"),
    "a column too many": ("age INTEGER", "shoe INTEGER, age INTEGER", "column shoe is not in the models"),
    "another limit": ("length(name) <= 40", "length(name) <= 30", "'length(name) <= 30'"),
    "a check missing": (
        "	CONSTRAINT person_age_too_small CHECK (age >= 0),\n",
        "",
        "check person_age_too_small is missing",
    ),
    "another action": ("ON DELETE SET NULL", "ON DELETE CASCADE", "ON DELETE CASCADE"),
    "an index over something else": ("person_name_key ON person (name)", "person_name_key ON person (age)", "(age)"),
    "no key": ("	PRIMARY KEY (id),\n", "", "primary key"),
}


def without_friend(script: str) -> str:
    """A column that is gone takes what speaks of it along."""
    lines = script.splitlines(keepends=True)
    return "".join(line for line in lines if "friend" not in line).replace("<= 150),\n)", "<= 150)\n)")


@pytest.mark.parametrize("found, instead, told", CHANGED.values(), ids=CHANGED)
def test_a_difference_is_told_and_left_and_its_statement_mends_it(
    people: SqlBackend, found: str, instead: str, told: str
) -> None:
    assert found in DECLARED
    changed = DECLARED.replace(found, instead)
    run(people, without_friend(DECLARED) if "friend_id TEXT,\n" in found else changed)
    before = state(people)
    report = people.sync()
    assert state(people) == before
    assert report.created == ()
    assert any(told in difference.what for difference in report.differences), report.differences
    run(people, report.differences[0].statement)
    assert people.sync().differences == ()
    assert people.verify() == []


def test_mending_keeps_the_rows(people: SqlBackend) -> None:
    run(people, DECLARED.replace("length(name) <= 40", "length(name) <= 30"))
    run(people, "INSERT INTO person VALUES ('a', 'Ada', 36, 'a')")
    run(people, people.sync().differences[0].statement)
    with closing(sqlite3.connect(str(people.config.url.url.database))) as connection:
        assert connection.execute("SELECT * FROM person").fetchall() == [("a", "Ada", 36, "a")]


def test_a_new_column_that_takes_no_null_asks_for_a_value(people: SqlBackend) -> None:
    run(people, "CREATE TABLE person (id TEXT NOT NULL, name TEXT NOT NULL, friend_id TEXT, PRIMARY KEY (id))")
    statement = next(each.statement for each in people.sync().differences if "column age" in each.what)
    assert "/* a value for age */" in statement


def test_an_index_of_somebody_elses_is_left_alone(people: SqlBackend) -> None:
    people.sync()
    run(people, "CREATE INDEX mine ON person (age)")
    assert people.verify() == []


# --- verify


def test_a_missing_table_is_told(people: SqlBackend) -> None:
    assert [(drift.kind, drift.table) for drift in people.verify()] == [("missing table", "person")]


def test_a_missing_column_is_told(people: SqlBackend) -> None:
    run(people, without_friend(DECLARED))
    assert ("missing column", "column friend_id is missing") in [(each.kind, each.what) for each in people.verify()]


def test_orphans_are_listed_by_their_keys(backend: SqlBackend) -> None:
    stored(backend, Author(id="ada", name="Ada"))
    run(
        backend,
        "PRAGMA foreign_keys = OFF;"
        """INSERT INTO "order" SELECT 'n1', 'x', '', 'nobody', 'ada', '[]', NULL, '2024-01-01T00:00:00.000Z', 0, 1""",
    )
    found = [(drift.kind, drift.table, drift.what, drift.keys) for drift in backend.verify()]
    assert found == [("orphan", "order", "author_id names no row of author", ("n1",))]


def test_rows_that_were_written_past_the_checks_are_listed(people: SqlBackend) -> None:
    people.sync()
    rows = "('a', 'Ada', 200, NULL), ('b', 'Bob', 'x', NULL)"
    run(people, f"PRAGMA ignore_check_constraints = ON; INSERT INTO person VALUES {rows}")
    found = {(drift.kind, drift.what.split()[0]): drift.keys for drift in people.verify()}
    assert found["stray type", "age"] in {("b",), ("a", "b")}
    assert all(kind == "stray type" for kind, _ in found)


def test_the_port_is_kept(backend: SqlBackend) -> None:
    typed: Backend = backend
    assert typed.foreign_keys
    assert MODELS.table(Author) in MODELS.tables
