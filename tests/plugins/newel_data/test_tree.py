from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel_data.kit.generated import VALUES, condition, questions
from newel_data.kit.models import Everything
from newel_data.models import Models
from newel_data.schema import StoredField, Type
from newel_data.tree import (
    ALWAYS,
    NEVER,
    And,
    Compare,
    Condition,
    Constant,
    Null,
    Or,
    Target,
    all_of,
    any_of,
    compare,
    null,
    select,
)

A = Target(StoredField(name="a", column="a", type=Type(kind="int"), nullable=True))
B = Target(StoredField(name="b", column="b", type=Type(kind="int"), nullable=True))
SURE = Target(StoredField(name="c", column="c", type=Type(kind="int")))

TABLE = Models([Everything]).table(Everything)


def leaves(tree: Condition) -> list[Condition]:
    if isinstance(tree, (And, Or)):
        return [leaf for item in tree.items for leaf in leaves(item)]
    return [tree]


def test_trees_of_one_structure_have_one_shape_whatever_their_values() -> None:
    one = compare(A, "eq", 1) & (compare(B, "lt", 2) | null(A))
    other = compare(A, "eq", 5) & (compare(B, "lt", 6) | null(A))
    assert one.shape == other.shape
    assert hash(one.shape) == hash(other.shape)
    assert (one.values, other.values) == ((1, 2), (5, 6))


@pytest.mark.parametrize(
    "other",
    [
        compare(A, "ne", 1),
        compare(B, "eq", 1),
        null(A),
        compare(A, "eq", 1) & compare(A, "eq", 1),
        compare(A, "eq", 1) | compare(A, "eq", 1),
    ],
    ids=repr,
)
def test_other_structures_have_other_shapes(other: Condition) -> None:
    assert compare(A, "eq", 1).shape != other.shape


def test_the_length_of_an_in_is_no_part_of_its_shape() -> None:
    assert compare(A, "in", (1, 2)).shape == compare(A, "in", (1, 2, 3)).shape


def test_whether_there_is_a_limit_is_part_of_the_shape_and_its_number_is_not() -> None:
    assert select(TABLE, limit=1).shape == select(TABLE, limit=2).shape
    assert select(TABLE, limit=1).shape != select(TABLE).shape != select(TABLE, offset=1).shape
    assert select(TABLE, where=compare(A, "eq", 5), limit=2, offset=3).values == (5, 2, 3)


@given(questions())
def test_trees_are_flat_without_constants_and_bind_in_the_order_of_their_leaves(question: Any) -> None:
    if question.recipe is None:
        return
    tree = condition(question.recipe)
    if isinstance(tree, Constant):
        return
    check(tree)
    bound = [leaf.value for leaf in leaves(tree) if isinstance(leaf, Compare)]
    assert list(tree.values) == bound


def check(tree: Condition) -> None:
    if isinstance(tree, (And, Or)):
        assert len(tree.items) > 1
        assert not any(isinstance(item, type(tree)) for item in tree.items)
        for item in tree.items:
            check(item)
    else:
        assert isinstance(tree, (Compare, Null))


@given(questions())
def test_negating_twice_gives_the_same_tree(question: Any) -> None:
    if question.recipe is not None:
        tree = condition(question.recipe)
        assert (~~tree).shape == tree.shape
        assert (~~tree).values == tree.values


@given(st.sampled_from(sorted(VALUES)), st.data())
def test_a_condition_cannot_be_asked_for_its_truth(name: str, data: st.DataObject) -> None:
    with pytest.raises(TypeError, match="&"):
        bool(getattr(Everything, name) == data.draw(VALUES[name]))


def test_constants_are_simplified_away() -> None:
    leaf = compare(A, "eq", 1)
    assert all_of((leaf, ALWAYS)) is leaf
    assert any_of((leaf, NEVER)) is leaf
    assert all_of((leaf, NEVER)) is NEVER
    assert any_of((leaf, ALWAYS)) is ALWAYS
    assert (all_of(()), any_of(())) == (ALWAYS, NEVER)


def test_what_is_never_null_needs_no_question() -> None:
    assert null(SURE) is NEVER
    assert null(SURE, negated=True) is ALWAYS
    behind = Target(SURE.field, via=A.field)
    assert isinstance(null(behind), Null)
