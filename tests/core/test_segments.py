from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.converters import Converter
from newel.errors import BootError, Place
from newel.rules import parse_rule
from newel.segments import Pattern

HERE = Place("views.py", 3)
KEY = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


class Slug(Converter):
    regex = "[a-z]+(-[a-z]+)*"


def pattern(text: str) -> Pattern:
    segment = parse_rule(f"/{text}", {"slug": Slug}, HERE).segments[0]
    assert isinstance(segment, Pattern)
    return segment


@pytest.mark.parametrize(
    "rule,text,values",
    [
        ("<id>", "x", ["x"]),
        ("v<int:major>", "v3", [3]),
        ("<name>.html", "a.b.html", ["a.b"]),
        ("<a>-<b>.html", "x-y-z.html", ["x-y", "z"]),
        ("<a>-<b>-<c>", "1-2-3-4", ["1-2", "3", "4"]),
        ("<a>-<b>", "a--", ["a", "-"]),
        ("<int:id>-<slug>", "42-my-first-post", [42, "my-first-post"]),
        ("<slug>-<int:id>", "my-first-post-42", ["my-first-post", 42]),
        ("<int:y>-<int:m>-<int:d>", "2024-02-29", [2024, 2, 29]),
        ("<int:a>-<title>-<int:b>", "1-x-y-2", [1, "x-y", 2]),
        ("<slug:s>-<int:id>", "my-post-42", ["my-post", 42]),
        ("<name>-<uuid:key>", f"a-b-{KEY}", ["a-b", KEY]),
        ("<uuid:key>-<name>", f"{KEY}-a-b", [KEY, "a-b"]),
        ("<string(length=2):lang><name>", "enhello", ["en", "hello"]),
        ("<name><string(length=2):lang>", "helloen", ["hello", "en"]),
        ("<name>.<any(html, json):form>", "a.b.json", ["a.b", "json"]),
        ("<any(v, w):kind><int:n>", "v12", ["v", 12]),
        ("<path:page>.<any(html, json):form>", "a/b.c.json", ["a/b.c", "json"]),
        ("<path:page>/edit/<section>", "a/edit/b/edit/c", ["a/edit/b", "c"]),
    ],
)
def test_the_variables_of_a_segment_are_told_apart(rule: str, text: str, values: list[object]) -> None:
    read = pattern(rule).reader()(text)
    assert read is not None
    assert values == [str(value) if not isinstance(value, int) else value for value in read]


@pytest.mark.parametrize(
    "rule,text",
    [
        ("<a>-<b>.html", "x-y"),
        ("<a>-<b>.html", "x.html"),
        ("<a>-<b>.html", "-.html"),
        ("<a>.html", "html"),
        ("ab<x>ba", "aba"),
        ("<int:id>-<slug>", "x-y"),
        ("<int:id>-<slug>", "42-"),
        ("<name>-<uuid:key>", KEY),
        ("<string(length=2):lang><name>", "en"),
        ("<string(length=2):lang>-<name>", "e"),
    ],
)
def test_a_text_that_does_not_fit_is_no_match(rule: str, text: str) -> None:
    assert pattern(rule).reader()(text) is None


@pytest.mark.parametrize(
    "rule", ["<a><b>", "<a>-<int:b>-<c>", "<slug:s>-<b>", "<path:a>/x/<path:b>", "<path:a>-<b>", "<int:a>1<int:b>"]
)
def test_what_would_need_a_search_is_refused(rule: str) -> None:
    with pytest.raises(BootError, match="cannot be told in one pass") as refused:
        pattern(rule)
    assert (HERE,) == refused.value.problems[0].places


@pytest.mark.parametrize(
    "rule", ["<a>-<b>_<c>.html", "<int:a>-<b>", "<a>-<b>-<c>-<d>", "<a>-<int:b>", "<path:p>/x/<b>"]
)
@pytest.mark.parametrize("piece", ["-", "_", "1-", "a-_", "/x/", "é"])
def test_the_longest_hostile_text_is_read_in_linear_time(rule: str, piece: str) -> None:
    read = pattern(rule).reader()
    hostile = piece * 200_000
    began = time.process_time()
    read(hostile)
    read(hostile + "!")
    assert time.process_time() - began < 1, "a search that goes back would take hours"


@given(st.text("a1-_.", max_size=12))
def test_variables_of_plain_text_are_cut_as_a_regular_expression_would(text: str) -> None:
    found = re.fullmatch(r"([^/]+)-([^/]+)_([^/]+)\.a", text)
    assert (list(found.groups()) if found else None) == pattern("<a>-<b>_<c>.a").reader()(text)


@pytest.mark.parametrize(
    "first,second",
    [
        ("x<a>", "<a>"),
        ("xy<a>", "x<a>"),
        ("<a>-<b>", "<a>"),
        ("x<a>y", "<a>y"),
        ("<int:a>", "<a>"),
        ("<uuid:a>", "<a>"),
        ("<any(x, y):a>", "<a>"),
        ("<a>", "<path:a>"),
        ("<path:a>/edit", "<path:a>"),
    ],
)
def test_the_more_specific_pattern_weighs_less(first: str, second: str) -> None:
    assert pattern(first).weight < pattern(second).weight


def test_the_shape_knows_no_names() -> None:
    assert pattern("<int:a>-<b>").shape == pattern("<int:x>-<y>").shape
    assert pattern("<int:a>-<b>").shape != pattern("<a>-<b>").shape
