"""A reference has an index that holds all rows: a unique one may leave out those with a null beside it."""

from __future__ import annotations

from newel_data import Field, Model, Models, Ref, field, ref
from tests.plugins.newel_mongo.board import opened
from tests.plugins.newel_mongo.test_statements import stages


class Book(Model):
    title: Field[str] = field(max_length=20)


class Leaf(Model, unique=[("book", "number")]):
    book: Ref[Book] = ref()
    number: Field[int] = field()


class Mark(Model, unique=[("book", "name")]):
    book: Ref[Book] = ref()
    name: Field[str | None] = field(max_length=20, default=None)


MODELS = Models([Book, Leaf, Mark])


def test_a_unique_index_that_holds_all_rows_does_for_its_first_field() -> None:
    assert [index.name for index in MODELS.table(Leaf).indexes] == ["leaf_book_id_number_key"]
    assert [index.name for index in MODELS.table(Mark).indexes] == ["mark_book_id_idx", "mark_book_id_name_key"]


def test_rows_that_refer_are_looked_up_in_an_index(url: str) -> None:
    backend = opened(url, MODELS)
    backend.sync()
    with backend.connections.apart() as there:
        for name, index in (("leaf", "leaf_book_id_number_key"), ("mark", "mark_book_id_idx")):
            plan = there[name].find({"book_id": {"$in": ["x", "y"]}}).explain()["queryPlanner"]["winningPlan"]
            assert index in set(stages(plan))
    backend.close()
