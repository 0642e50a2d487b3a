from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import pytest

from newel.converters import AnyConverter, Converter, IntConverter, PathConverter, StringConverter, UUIDConverter
from newel.errors import BootError, Place, Problem
from newel.rules import Rule, parse_host, parse_rule

HERE = Place("views.py", 3)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class YearConverter(Converter):
    regex = "[0-9]{4}"
    type = dt.date


class BrokenConverter(Converter):
    regex = "["


def rule(text: str, converters: Mapping[str, type[Converter]] | None = None) -> Rule:
    return parse_rule(text, converters or {}, HERE)


def problems_of(text: str, converters: Mapping[str, type[Converter]] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(BootError) as refused:
        rule(text, converters)
    return refused.value.problems


def only_problem(text: str, converters: Mapping[str, type[Converter]] | None = None) -> Problem:
    (problem,) = problems_of(text, converters)
    return problem


def converter_of(text: str) -> Converter:
    (variable,) = rule(text).variables
    return variable.converter


# --- the syntax -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text,cls",
    [
        ("/<name>", StringConverter),
        ("/<string:name>", StringConverter),
        ("/<default:name>", StringConverter),
        ("/<int:id>", IntConverter),
        ("/<path:rest>", PathConverter),
        ("/<uuid:key>", UUIDConverter),
        ("/<any(a, b):kind>", AnyConverter),
    ],
)
def test_a_variable_names_its_converter(text: str, cls: type[Converter]) -> None:
    assert isinstance(converter_of(text), cls)


@pytest.mark.parametrize(
    "text,items",
    [
        ("/<any(a,b):x>", ("a", "b")),
        ("/<any( a , b, ):x>", ("a", "b")),
        ("/<any('a b', \"c,d\"):x>", ("a b", "c,d")),
        ("/<any('(>):', b):x>", ("(>):", "b")),
        ("/<any(foo-bar, 'True', '1'):x>", ("foo-bar", "True", "1")),
    ],
)
def test_arguments_are_words_or_quoted_texts(text: str, items: tuple[str, ...]) -> None:
    converter = converter_of(text)
    assert isinstance(converter, AnyConverter)
    assert items == converter.items


def test_arguments_may_be_given_by_name() -> None:
    converter = converter_of("/<int(min=-5, max=5, signed=True):x>")
    assert isinstance(converter, IntConverter)
    assert (-5, 5, True) == (converter.min, converter.max, converter.signed)


def test_the_variables_are_known_in_the_order_of_writing() -> None:
    assert ("b", "a", "c") == rule("/<b>/x/<int:a>-<c>").names


@pytest.mark.parametrize("text,static", [("/", True), ("/a/b/", True), ("/a/<b>", False)])
def test_a_rule_knows_whether_it_has_variables(text: str, static: bool) -> None:
    assert static is rule(text).static


def test_a_converter_of_ones_own_is_known_by_its_name() -> None:
    (variable,) = rule("/<year:y>", {"year": YearConverter}).variables
    assert isinstance(variable.converter, YearConverter)


@pytest.mark.parametrize(
    "first,second",
    [
        ("/<int:id>", "/<int:number>"),
        ("/<a>", "/<string:b>"),
        ("/<a>", "/<string(minlength=1):a>"),
        ("/<int(5):a>", "/<int(fixed_digits=5):a>"),
        ("/<path:a>/", "/<path:b>/"),
    ],
)
def test_rules_that_match_the_same_have_the_same_shape(first: str, second: str) -> None:
    assert rule(first).shape == rule(second).shape


@pytest.mark.parametrize(
    "first,second",
    [("/<int:a>", "/<a>"), ("/<int:a>", "/<int(min=1):a>"), ("/a", "/a/"), ("/<path:a>/", "/<path:a>"), ("/a", "/b")],
)
def test_rules_that_match_other_paths_have_another_shape(first: str, second: str) -> None:
    assert rule(first).shape != rule(second).shape


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_an_unknown_converter_is_told_with_the_nearest_one() -> None:
    problem = only_problem("/<itn:id>")
    assert "did you mean 'int'?" in str(problem)
    assert (HERE,) == problem.places


@pytest.mark.parametrize(
    "text,said",
    [
        ("/<id", "the bracket of '<id' is never closed"),
        ("/id>", "a '>' closes no variable"),
        ("/<int:>", "'<int:>' cannot be read"),
        ("/<two words>", "'<two words>' cannot be read"),
        ("/<1st>", "'<1st>' cannot be read"),
        ("/<id>/<id>", "the variable 'id' is there twice"),
        ("/<class>", "the variable 'class' is a word of Python"),
        ("/<int(mni=1):id>", "did you mean 'min'?"),
        ("/<int(min=one):id>", "min must be a whole number, not 'one'"),
        ("/<int(min=2, max=1):id>", "max (1) is below min (2)"),
        ("/<any():x>", "it needs the texts to choose from"),
        ("/<any(1, 2):x>", 'is written in quotes: any("1")'),
        ("/<any(a b=c):x>", "cannot be read as arguments"),
        ("/<int(1, 2, 3, 4, 5):x>", "too many positional arguments"),
        ("a/b", "does not begin with a slash"),
        ("", "does not begin with a slash"),
        ("/a//b", "has an empty segment"),
        ("/a/../b", "has a dotted segment"),
        ("/search?q=<q>", "has a '?'"),
        ("/page#top", "has a '#'"),
        ("/a%20b", "has a percent escape"),
        ("/users/{id}", "has a name in curly brackets"),
    ],
)
def test_a_mistake_in_a_rule_is_told(text: str, said: str) -> None:
    problem = only_problem(text)
    assert said in str(problem)
    assert (HERE,) == problem.places


def test_all_mistakes_of_a_rule_are_told_together() -> None:
    assert 3 == len(problems_of("/<itn:id>//<flaot:x>"))


def test_a_converter_with_a_broken_expression_is_told() -> None:
    assert "unterminated character set" in str(only_problem("/<broken:x>", {"broken": BrokenConverter}))


def test_a_name_that_the_host_uses_is_taken() -> None:
    with pytest.raises(BootError, match="'tenant' is there twice"):
        parse_rule("/<tenant>", {}, HERE, taken={"tenant"})


# --- hosts ------------------------------------------------------------------------------------------------------------


def test_a_host_may_have_variables() -> None:
    host = parse_host("<tenant>.Example.org", {}, HERE)
    (segment,) = host.segments
    assert not isinstance(segment, str)
    assert ["a.b"] == segment.reader()("a.b.example.org")


@pytest.mark.parametrize("text", ["", "https://example.org", "example.org:8000", "example.org/path", "exa mple.org"])
def test_a_host_rule_is_a_name_only(text: str) -> None:
    with pytest.raises(BootError, match="without scheme, port or path"):
        parse_host(text, {}, HERE)


# --- annotations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation,text,value",
    [
        (int, "42", 42),
        (float, "1.5", 1.5),
        (str, "42", "42"),
        (UUID, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
        (Colour, "red", Colour.RED),
        (Literal["new", "old"], "old", "old"),
    ],
)
def test_a_variable_without_a_converter_takes_that_of_the_annotation(annotation: Any, text: str, value: object) -> None:
    (variable,) = rule("/x/<thing>").typed({"thing": annotation}).variables
    assert value == variable.converter.reader()(text)


def test_a_text_that_is_no_member_is_no_match() -> None:
    (variable,) = rule("/<colour>").typed({"colour": Colour}).variables
    assert variable.converter.reader()("green") is None


def test_an_annotation_may_choose_a_registered_converter() -> None:
    (variable,) = rule("/<day>", {"year": YearConverter}).typed({"day": dt.date}).variables
    assert isinstance(variable.converter, YearConverter)


def test_parameters_that_are_not_in_the_path_do_not_matter() -> None:
    written = rule("/<int:id>")
    assert written is written.typed({"id": int, "db": dict})


def test_a_typed_rule_has_the_shape_of_one_with_the_converter() -> None:
    assert rule("/<int:id>").shape == rule("/<id>").typed({"id": int}).shape


def test_a_host_takes_annotations_too() -> None:
    host = parse_host("v<version>.example.org", {}, HERE).typed({"version": int})
    assert isinstance(host.variables[0].converter, IntConverter)


@pytest.mark.parametrize(
    "text,annotation", [("/<int:id>", str), ("/<string:id>", int), ("/<any(red, blue):id>", Colour)]
)
def test_a_converter_that_contradicts_the_annotation_is_told_with_both(text: str, annotation: type) -> None:
    with pytest.raises(BootError) as refused:
        rule(text).typed({"id": annotation})
    (problem,) = refused.value.problems
    assert text.removeprefix("/") in problem.what
    assert annotation.__name__ in problem.what
    assert (HERE,) == problem.places


def test_an_annotation_that_no_converter_gives_is_told() -> None:
    with pytest.raises(BootError, match="annotated dict, and no converter gives that"):
        rule("/<id>").typed({"id": dict})


def test_typing_that_makes_a_segment_unclear_is_told() -> None:
    with pytest.raises(BootError, match="cannot be told in one pass"):
        rule("/<a>-<b>-<c>").typed({"b": int})
