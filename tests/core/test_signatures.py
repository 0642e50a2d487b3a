"""Signatures are read once: annotations evaluated where the program runs, and what cannot be read is a problem."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest

from newel import Router
from newel.signatures import label, signature_of
from tests.core.applications import client_of, problem_of, served

if TYPE_CHECKING:
    from fractions import Fraction


def test_a_handler_is_a_plain_function_that_a_test_calls() -> None:
    @Router().get("/")
    def handler(q: str = "all") -> str:
        return q.upper()

    assert handler() == "ALL"


def test_methods_partials_and_objects_that_are_called_are_handlers_too() -> None:
    class Board:
        def show(self, key: int) -> str:
            return f"method {key}"

        def __call__(self, key: int) -> str:
            return f"object {key}"

    def whole(prefix: str, key: int) -> str:
        return f"{prefix} {key}"

    for handler in (Board().show, Board(), functools.partial(whole, "partial")):
        assert served(handler, rule="/<key>").get("/3").text.endswith(" 3")


def test_annotations_of_names_around_a_function_are_found() -> None:
    class Local(Enum):
        ONE = "1"

    router = Router()

    @router.get("/")
    def inner(choice: Local) -> str:
        return Local(choice).name

    assert client_of(router).get("/?choice=1").text == "ONE"


def test_a_name_around_a_function_that_is_bound_later_is_no_error() -> None:
    def handler(q: str = "") -> str:
        return later(q)

    problems: list[Any] = []
    signature_of(handler, problems)
    assert problems == []

    def later(text: str) -> str:
        return text.upper()

    assert handler("x") == "X"


@pytest.mark.parametrize(
    "function, expected", [(label, "newel.signatures.label()"), (functools.partial(label), "newel.signatures.label()")]
)
def test_an_error_names_a_function_by_its_module_and_name(function: Any, expected: str) -> None:
    assert label(function) == expected


def test_an_annotation_that_is_imported_for_type_checkers_only_says_how_to_mend_it() -> None:
    def handler(ratio: Fraction) -> str:
        return ""

    text = problem_of(handler)
    assert "'Fraction' in (ratio: Fraction) is not there when the program runs" in text
    assert 'extend-ignore = ["TC001", "TC002", "TC003"]' in text


def test_an_annotation_that_cannot_be_evaluated_is_a_boot_error() -> None:
    def handler(thing: Any) -> str:
        return ""

    handler.__annotations__["thing"] = "list[1 / 0]"
    assert "the annotation 'list[1 / 0]' of 'thing' cannot be evaluated" in problem_of(handler)


def variadic() -> list[Callable[..., Any]]:
    """Handlers of which nobody can tell what they need."""

    def many(*items: int) -> str:
        return ""

    def named(**items: int) -> str:
        return ""

    def unnamed(q: str, /) -> str:
        return q

    return [many, named, unnamed]


@pytest.mark.parametrize("handler", variadic())
def test_a_handler_that_does_not_name_its_parameters_is_a_boot_error(handler: Callable[..., Any]) -> None:
    assert "name each parameter" in problem_of(handler)
