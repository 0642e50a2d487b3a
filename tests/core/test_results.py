"""Results are plain values: a test of a handler compares them."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import Markup

from newel import Data, Html, Page, Redirect


def values() -> list[tuple[Any, Any, list[Any]]]:
    """A result, its equal, and others that differ in one thing each."""
    return [
        (
            Page("a.html", status=201, headers={"X": "1"}, json=[1], notice=1),
            Page("a.html", status=201, headers={"X": "1"}, json=[1], notice=1),
            [
                Page("b.html", status=201, headers={"X": "1"}, json=[1], notice=1),
                Page("a.html", status=200, headers={"X": "1"}, json=[1], notice=1),
                Page("a.html", status=201, json=[1], notice=1),
                Page("a.html", status=201, headers={"X": "1"}, notice=1),
                Page("a.html", status=201, headers={"X": "1"}, json=[1], notice=2),
            ],
        ),
        (
            Data({"a": 1}, status=201, headers={"X": "1"}, type="text/csv"),
            Data({"a": 1}, status=201, headers={"X": "1"}, type="text/csv"),
            [Data({"a": 2}), Data({"a": 1}), Data({"a": 1}, status=201), Redirect("a")],
        ),
        (
            Redirect("show", id=3, status=307),
            Redirect("show", status=307, id=3),
            [Redirect("show", id=3), Redirect("show", id=4, status=307), Redirect("index", id=3, status=307)],
        ),
    ]


@pytest.mark.parametrize("value, equal, others", values(), ids=["page", "data", "redirect"])
def test_a_result_equals_one_with_the_same_content_and_no_other(value: Any, equal: Any, others: list[Any]) -> None:
    assert value == equal
    assert hash(value) == hash(equal)
    for other in others:
        assert value != other


def test_a_result_equals_nothing_else() -> None:
    assert Data(3) != 3
    assert Redirect("a") != "a"


@pytest.mark.parametrize(
    "value, shown",
    [
        (Page("a.html", n=1), "Page(headers={}, json=None, status=None, template='a.html', values={'n': 1})"),
        (Data(3), "Data(headers={}, status=200, type='', value=3)"),
        (Redirect("a"), "Redirect(headers={}, status=303, to='a', values={})"),
    ],
)
def test_a_result_shows_its_content(value: Any, shown: str) -> None:
    assert repr(value) == shown


@pytest.mark.parametrize("value", [Page("a"), Data(1), Redirect("a")])
def test_a_result_keeps_to_its_names(value: Any) -> None:
    with pytest.raises(AttributeError):
        value.stauts = 201


def test_names_of_a_templates_values_may_be_those_of_arguments() -> None:
    assert Page("a.html", template="x", self="y").values == {"template": "x", "self": "y"}


def test_values_of_a_redirect_may_be_called_to() -> None:
    assert Redirect("mail", to="you").values == {"to": "you"}


def test_html_is_markup_so_that_joining_escapes() -> None:
    page = Html("<p>") + "<script>"
    assert isinstance(page, Markup)
    assert str(page) == "<p>&lt;script&gt;"


def test_html_of_what_is_formatted_in_escapes_only_by_markups_own_methods() -> None:
    assert str(Html("<p>{}").format("<script>")) == "<p>&lt;script&gt;"
