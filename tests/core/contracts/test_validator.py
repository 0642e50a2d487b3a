"""Forms, errors and their texts: what is the same whichever validator read the input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from newel.contracts.validator import (
    CODES,
    EXPECTED,
    MAX_CHOICES_SHOWN,
    TEXTS,
    FieldError,
    Form,
    InvalidInput,
    MalformedInput,
    field_error,
    place_of_field,
    text_of,
)

# --- errors -----------------------------------------------------------------------------------------------------------


def test_every_code_has_a_text_and_no_other_has() -> None:
    assert set(TEXTS) == CODES


@pytest.mark.parametrize(
    "code, parameters, text",
    [
        ("missing", {}, "This is required."),
        ("type", {"expected": "integer"}, "This must be a whole number."),
        ("format", {"expected": "date"}, "This must be a date, such as 2026-01-31."),
        ("type", {"expected": "of another plugin"}, "This is not of the right kind."),
        ("too_long", {"limit": 120, "unit": "characters"}, "At most 120 characters."),
        ("too_short", {"limit": 1, "unit": "items"}, "At least 1 item."),
        ("too_small", {"limit": 1, "exclusive": False}, "At least 1."),
        ("too_small", {"limit": 1, "exclusive": True}, "More than 1."),
        ("too_large", {"limit": 1.5}, "At most 1.5."),
        ("too_large", {"limit": 1.5, "exclusive": True}, "Less than 1.5."),
        ("multiple_of", {"step": 5}, "A multiple of 5."),
        ("choice", {"choices": ("a", "b")}, "Choose one of: a, b."),
        ("too_long", {}, "This is too long."),
    ],
)
def test_a_text_has_its_parameters_filled_in(code: str, parameters: dict[str, Any], text: str) -> None:
    assert text == text_of(code, parameters)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_without_parameters_still_says_something(code: str) -> None:
    assert text_of(code, {}) == TEXTS[code]


@pytest.mark.parametrize("expected", sorted(EXPECTED))
def test_every_expectation_makes_a_sentence(expected: str) -> None:
    assert text_of("type", {"expected": expected}) == f"This must be {EXPECTED[expected]}."


def test_many_choices_are_shortened_in_the_text_and_all_in_the_parameters() -> None:
    error = field_error(("country",), "choice", choices=tuple(range(MAX_CHOICES_SHOWN + 3)))
    assert error.text == "Choose one of: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 3 more."
    assert len(error.parameters["choices"]) == MAX_CHOICES_SHOWN + 3


def test_an_error_outside_of_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="'blank' is no error code; allowed: choice, "):
        field_error((), "blank")


@pytest.mark.parametrize(
    "field, place", [("", ()), ("title", ("title",)), ("tags.2", ("tags", 2)), ("author.0.name", ("author", 0, "name"))]
)
def test_a_field_is_the_place_in_one_name(field: str, place: tuple[str | int, ...]) -> None:
    assert place == place_of_field(field)
    assert field == FieldError(place, "invalid", "").field


def test_the_parameters_of_an_error_can_be_sent_as_json() -> None:
    error = field_error(("title",), "too_long", limit=5, unit="characters")
    assert json.loads(json.dumps(dict(error.parameters))) == {"limit": 5, "unit": "characters"}


# --- what is raised ---------------------------------------------------------------------------------------------------


def test_invalid_input_is_a_422_that_says_every_error() -> None:
    invalid = InvalidInput([field_error(("title",), "missing"), field_error((), "invalid", "No.")])
    assert invalid.http_status == 422
    assert str(invalid) == "title: This is required. (missing); the input: No. (invalid)"


def test_a_class_names_the_field_that_it_refuses() -> None:
    (error,) = InvalidInput.at("pages.1", code="too_large", limit=5).errors
    assert error == FieldError(("pages", 1), "too_large", "At most 5.", {"limit": 5})


def test_errors_of_a_part_are_placed_in_the_whole() -> None:
    within = InvalidInput.at("name", "No.").within(("authors", 3))
    assert [error.field for error in within.errors] == ["authors.3.name"]


def test_malformed_input_is_a_400_and_a_value_error() -> None:
    assert MalformedInput.http_status == 400
    assert issubclass(MalformedInput, ValueError)


# --- forms ------------------------------------------------------------------------------------------------------------


def invalid_form() -> Form[int]:
    errors = [field_error(("title",), "missing"), field_error(("tags", 1), "type", expected="integer")]
    return Form(None, errors, {"title": [""], "tags": ["1", "x"], "photo": [object()]})


def test_a_valid_form_is_true_and_has_a_value() -> None:
    form = Form(5, (), {"count": ["5"]})
    assert form
    assert form.value == 5
    assert form.errors == ()


def test_a_form_whose_value_is_false_is_valid() -> None:
    assert Form(0)


def test_an_invalid_form_is_false_and_has_no_value() -> None:
    form = invalid_form()
    assert not form
    with pytest.raises(InvalidInput) as caught:
        _ = form.value
    assert caught.value.errors == form.errors


def test_errors_are_found_by_field() -> None:
    form = invalid_form()
    assert [error.code for error in form.errors_of("title")] == ["missing"]
    assert [error.code for error in form.errors_of("tags.1")] == ["type"]
    assert form.errors_of("") == form.errors_of("body") == ()


def test_a_form_keeps_what_was_typed() -> None:
    form = invalid_form()
    assert form.typed("title", "default") == ""
    assert form.typed("tags") == "x"
    assert list(form.all_typed("tags")) == ["1", "x"]


def test_what_was_not_sent_is_shown_as_its_default() -> None:
    assert invalid_form().typed("body") == ""
    assert invalid_form().typed("body", "a draft") == "a draft"
    assert list(invalid_form().all_typed("body")) == []


def test_a_file_is_nothing_that_was_typed() -> None:
    assert invalid_form().typed("photo", "choose again") == "choose again"


def test_an_application_makes_a_form_invalid() -> None:
    form = Form(5, (), {"title": ["a"]})
    form.error("title", "unique")
    form.error("", "invalid", "The board is full.")
    form.error("pages", "too_large", limit=9)
    assert not form
    assert [(error.field, error.text) for error in form.errors] == [
        ("title", "This is taken already."),
        ("", "The board is full."),
        ("pages", "At most 9."),
    ]
    assert form.typed("title") == "a"


def test_a_misspelt_code_is_refused_with_those_allowed() -> None:
    with pytest.raises(ValueError, match=r"allowed: .*unique"):
        Form(5).error("title", "uniqe")


def test_a_blank_form_is_not_invalid_and_shows_what_to_begin_with() -> None:
    form: Form[int] = Form.blank(title="A draft")
    assert form
    assert (form.typed("title"), form.typed("body")) == ("A draft", "")


def test_a_form_is_shown_without_what_was_sent() -> None:
    assert repr(Form(None, [field_error(("password",), "too_short")], {"password": ["hunter2"]})) == (
        "<Form, invalid: password: too_short>"
    )
    assert "hunter2" not in repr(Form("hunter2"))
