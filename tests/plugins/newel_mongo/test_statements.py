"""What MongoDB is asked: plans that use indexes, values that stay values, sums that stay exact."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pymongo import MongoClient

from newel_data import Field, Model, Models, OutOfRange, field, sum_
from newel_data.aggregates import Row
from newel_data.tree import Measure, aggregate
from newel_mongo import MongoBackend
from newel_mongo.grouping import Grouping
from newel_mongo.statements import Statements
from tests.plugins.newel_mongo.board import MODELS, Author, Notice, database, opened, stored


class Sum(Model):
    great: Field[Decimal | None] = field(precision=34, scale=4, default=None)
    whole: Field[int] = field(default=0)
    real: Field[float] = field(default=0.0)


def stages(plan: Any) -> Iterator[str]:
    """Yield the stages of a plan, and the names of its indexes."""
    if isinstance(plan, dict):
        yield from (plan[name] for name in ("stage", "indexName") if name in plan)
        for part in plan.values():
            yield from stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from stages(part)


@pytest.mark.parametrize(
    "collection, wanted, index",
    [
        ("author", {"nick": {"$eq": "ada"}}, "author_nick_key"),
        ("author", {"name": {"$eq": "Ada"}}, "author_name_key"),
        ("notice", {"author_id": {"$eq": "1"}, "title": {"$eq": "x"}}, "notice_author_id_title_key"),
    ],
)
def test_an_equal_value_is_looked_up_in_the_unique_index(
    collection: str, wanted: dict[str, Any], index: str, backend: MongoBackend, url: str
) -> None:
    stored(backend, *(Author(name=str(n), nick=str(n)) for n in range(20)))
    with MongoClient[dict[str, Any]](url) as client:
        plan = client.get_default_database()[collection].find(wanted).explain()["queryPlanner"]["winningPlan"]
    assert index in set(stages(plan))


def test_a_statement_is_made_once_for_each_shape() -> None:
    statements = Statements(MODELS)
    table = MODELS.table(Notice)
    trees = [aggregate(table, (), (Measure("count"),), Notice.title == title) for title in ("a", "b")]
    assert statements.group(trees[0]) is statements.group(trees[1])


def test_values_with_dollars_and_dots_stay_values(backend: MongoBackend) -> None:
    ada = Author(name="$name")
    stored(backend, ada)
    db = database(backend)
    db.query(Author).update(nick="$$ROOT.name")
    assert db.query(Author).where(Author.nick == "$$ROOT.name").count() == 1
    assert db.query(Notice).update(title="$author_id", views=Notice.views + 1) == 0
    notice = db.add(Notice(title="x", author=ada))
    db.query(Notice).update(title="$author_id", views=Notice.views + 1)
    assert db.get(Notice, notice.id).title == "$author_id"
    db.close()


def test_long_decimals_and_integers_are_summed_exactly(url: str) -> None:
    backend = opened(url, Models([Sum]))
    backend.sync()
    great = Decimal("999999999999999999999999999999.9999")
    stored(backend, Sum(great=great), Sum(great=great), Sum(great=great.copy_negate()), Sum(great=Decimal("-0.0001")))
    db = database(backend)
    found: Row = db.query(Sum).aggregate(great=sum_(Sum.great))
    assert found.great == Decimal("999999999999999999999999999999.9998")
    db.query(Sum).update(whole=2**62)
    with pytest.raises(OutOfRange):
        db.query(Sum).aggregate(whole=sum_(Sum.whole))
    db.close()
    backend.close()


def test_an_infinite_sum_is_handed_on_to_be_refused() -> None:
    models = Models([Sum])
    table = models.table(Sum)
    real = next(each for each in table.fields if each.name == "real")
    grouping = Grouping(aggregate(table, (), (Measure("sum", real),)))
    assert grouping.rows([{"_id": None, "m0": float("inf")}]) == [(float("inf"),)]
    assert grouping.rows([]) == [(None,)]
