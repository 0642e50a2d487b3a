from __future__ import annotations

from newel_data.kit.models import Everything
from newel_data.models import Models
from newel_data.pages import segments, token_of, values_of
from newel_data.tree import And, Compare, Condition, Null, Or, Order

TABLE = Models([Everything]).table(Everything)
FIELDS = {field.name: field for field in TABLE.fields}
KEY = Order(TABLE.key)


def shown(condition: Condition | None) -> str:
    """Write a condition as a person would."""
    if isinstance(condition, Compare):
        return f"{condition.target.field.name} {condition.operator} {condition.value!r}"
    if isinstance(condition, Null):
        return f"{condition.target.field.name} is {'not ' if condition.negated else ''}null"
    if isinstance(condition, And):
        return f"({' and '.join(map(shown, condition.items))})"
    if isinstance(condition, Or):
        return f"({' or '.join(map(shown, condition.items))})"
    return str(condition)


def after(order: list[Order], *values: object) -> list[str]:
    return [shown(segment) for segment in segments(TABLE, order, values)]


def test_the_first_page_has_no_condition() -> None:
    assert segments(TABLE, [KEY], None) == [None]


def test_by_the_key_alone() -> None:
    assert after([KEY], "k") == ["id gt 'k'"]
    assert after([Order(TABLE.key, descending=True)], "k") == ["id lt 'k'"]


def test_the_leading_term_has_a_plain_bound() -> None:
    assert after([Order(FIELDS["whole"]), KEY], 5, "k") == [
        "(whole ge 5 and (whole gt 5 or (whole eq 5 and id gt 'k')))",
    ]


def test_descending_nulls_are_a_segment_of_their_own() -> None:
    down = [Order(FIELDS["whole"], descending=True), Order(TABLE.key, descending=True)]
    assert after(down, 5, "k") == [
        "(whole le 5 and (whole lt 5 or (whole eq 5 and id lt 'k')))",
        "whole is null",
    ]
    assert after(down, None, "k") == ["(whole is null and id lt 'k')"]


def test_ascending_after_a_null_the_values_are_a_segment_of_their_own() -> None:
    assert after([Order(FIELDS["whole"]), KEY], None, "k") == ["(whole is null and id gt 'k')", "whole is not null"]


def test_a_later_term_keeps_its_nulls_inside() -> None:
    order = [Order(FIELDS["whole"]), Order(FIELDS["text"], descending=True), KEY]
    (segment,) = after(order, 5, "a", "k")
    inner = "(text lt 'a' or text is null or (text eq 'a' and id gt 'k'))"
    assert segment == f"(whole ge 5 and (whole gt 5 or (whole eq 5 and {inner})))"


def test_a_token_holds_the_typed_values_of_the_order() -> None:
    row = Models([Everything]).mapper(TABLE).row(vars(Everything(id="k", whole=2**60, text="é\"'")))
    order = [Order(FIELDS["text"]), Order(FIELDS["whole"]), KEY]
    token = token_of(TABLE, order, row)
    assert token.isascii()
    assert values_of(TABLE, order, token) == ("é\"'", 2**60, "k")
