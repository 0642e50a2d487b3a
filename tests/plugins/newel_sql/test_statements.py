"""Statements are made once a shape, hold no values, and find their way by indexes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from newel_data import Query, count
from newel_data.tree import select
from newel_sql import SqlBackend
from newel_sql.statements import LIMIT, SIZES, Statements, rounded
from tests.plugins.newel_sql.board import MODELS, Author, Notice, database, stored

NOTICE = MODELS.table(Notice)
ALPHABET = "abcdefgh"


def trees(backend: SqlBackend, run: Callable[[Query[Notice]], Any]) -> list[Any]:
    """Return the trees that a query asks the backend for."""
    asked: list[Any] = []
    db = database(backend, read_only=True)
    unit = backend.begin(read_only=True)

    class Spy:
        def __getattr__(self, name: str) -> Any:
            method = getattr(unit, name)

            def call(*args: Any) -> Any:
                asked.append(args[0] if args else None)
                return method(*args)

            return call

    spy: Any = Spy()
    db._work._unit = spy
    run(db.query(Notice))
    db.close()
    return [tree for tree in asked if tree is not None]


def test_two_trees_of_one_shape_are_one_statement_with_other_parameters(backend: SqlBackend) -> None:
    first, values = backend.statements.of(select(NOTICE, where=Notice.title == "a"))
    second, others = backend.statements.of(select(NOTICE, where=Notice.title == "b"))
    assert first is second
    assert (list(values), list(others)) == (["a"], ["b"])


def test_lists_of_like_length_share_a_statement(backend: SqlBackend) -> None:
    asked = [select(NOTICE, where=Notice.title.in_(list(ALPHABET[:length]))) for length in (3, 4, 5)]
    (three, values), (four, _), (five, _) = map(backend.statements.of, asked)
    assert three is four
    assert five is not four
    assert list(values) == ["a", "b", "c", "c"]


def test_lists_are_rounded_up_to_few_lengths() -> None:
    assert {rounded(length) for length in range(1, SIZES[-1] + 1)} == set(SIZES)


def test_only_so_many_statements_are_kept(backend: SqlBackend) -> None:
    statements = Statements(backend.tables, backend.connections.engine.dialect)
    for number in range(LIMIT + 10):
        fields = tuple(NOTICE.fields[int(digit)] for digit in str(1000 + number))
        statements.of(select(NOTICE, fields=fields))
    assert len(statements._kept) <= LIMIT


def test_no_value_stands_in_the_text_of_a_statement(backend: SqlBackend) -> None:
    hostile = "x' OR '1'='1"
    title = Notice.title
    where = (title == hostile) & title.prefix(hostile) & title.suffix(hostile) & title.contains(hostile)
    statement, values = backend.statements.of(select(NOTICE, where=where, limit=7, offset=3))
    assert hostile not in statement.sql
    assert "7" not in statement.sql
    assert hostile in values


def test_reserved_words_are_quoted(backend: SqlBackend) -> None:
    ada = Author(name="Ada")
    stored(backend, ada, Notice(title="x", author=ada, group="select"))
    db = database(backend)
    assert db.query(Notice).where(Notice.group == "select").update(group="from") == 1
    assert [row.group for row in db.query(Notice).group_by(Notice.group).aggregate(n=count())] == ["from"]
    db.close()


def plan(backend: SqlBackend, tree: Any) -> str:
    statement, values = backend.statements.of(tree)
    unit = backend.begin(read_only=True)
    unit.connect()
    rows = unit._cursor.execute(f"EXPLAIN QUERY PLAN {statement.sql}", values).fetchall()
    unit.rollback()
    return "; ".join(row[3] for row in rows)


QUERIES: dict[str, tuple[Callable[[Query[Notice]], Any], str]] = {
    "prefix": (lambda query: query.where(Notice.title.prefix("ab")).all(), "order_title_idx (title>? AND title<?)"),
    "latest": (lambda query: query.order_by(Notice.posted.desc()).limit(12).all(), "order_posted_idx"),
    "first": (lambda query: query.order_by(Notice.posted).limit(12).all(), "order_posted_idx"),
    "unique set": (
        lambda query: query.where(Notice.author.id == "x", Notice.title == "y").all(),
        "order_author_id_title_key (author_id=? AND title=?)",
    ),
    "reference": (lambda query: query.where(Notice.editor.id.in_(["x", "y"])).all(), "order_editor_id_idx"),
}


@pytest.mark.parametrize("query, index", QUERIES.values(), ids=QUERIES)
def test_queries_use_the_indexes(backend: SqlBackend, query: Callable[[Any], Any], index: str) -> None:
    assert index in plan(backend, trees(backend, query)[0])


def test_a_page_far_down_is_found_by_the_index(backend: SqlBackend) -> None:
    ada = Author(name="Ada")
    stored(backend, ada, *(Notice(title=f"n{number}", author=ada) for number in range(4)))
    db = database(backend, read_only=True)
    after = db.query(Notice).order_by(Notice.posted.desc()).page(size=2).next
    db.close()
    asked = trees(backend, lambda query: query.order_by(Notice.posted.desc()).page(after, size=2))
    assert "SEARCH order USING INDEX order_posted_idx (posted<?)" in plan(backend, asked[0])
