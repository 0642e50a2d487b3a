from __future__ import annotations

import json
from typing import Any

import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from newel.templating import markup
from newel.templating.markup import HTML_FILTERS, PLAIN_FILTERS, filters_of, to_html, to_plain


@given(st.text() | st.integers() | st.lists(st.text()) | st.text().map(Markup))
def test_last_step_is_the_escape_of_markupsafe(value: Any) -> None:
    assert to_html(value) == str(markupsafe.escape(value))


@given(st.text() | st.integers() | st.lists(st.text()) | st.text().map(Markup))
def test_last_step_of_plain_text_is_str(value: Any) -> None:
    assert to_plain(value) == str(value)


def test_nothing_is_printed_of_none() -> None:
    assert (to_html(None), to_plain(None)) == ("", "")


@pytest.mark.parametrize("name", sorted(set(HTML_FILTERS) - {"first", "last", "length", "round", "join", "replace"}))
def test_text_filter_takes_none_for_nothing(name: str) -> None:
    expected = "null" if name in {"json", "tojson"} else ""
    assert HTML_FILTERS[name](None) == expected


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists))
def test_json_reads_as_what_it_was_and_ends_no_script(value: Any) -> None:
    text = markup.json(value)
    assert json.loads(text) == value
    assert not set("<>&'\u2028\u2029") & set(text)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ((9,), "foo..."),
        ((9, True), "foo ba..."),
        ((11,), "foo bar baz qux"),
        ((11, False, "...", 0), "foo bar..."),
        ((1, True, "...", 0), "..."),
    ],
)
def test_truncate_cuts_between_words_unless_told_otherwise(arguments: tuple[Any, ...], expected: str) -> None:
    assert markup.truncate("foo bar baz qux", *arguments) == expected


def test_what_truncate_adds_to_markup_is_escaped() -> None:
    assert markup.truncate(Markup("<b>long text</b>"), 6, True, "<", 0) == "<b>lo&lt;"


def test_urlencode_quotes_a_text_and_makes_a_query_of_pairs() -> None:
    assert markup.urlencode("a b/ü&") == "a%20b/%C3%BC%26"
    assert markup.urlencode({"a b": "c&d", "e": None}) == "a+b=c%26d&e="
    assert markup.urlencode([("x", 1)]) == "x=1"
    assert markup.urlencode(12) == "12"
    assert markup.urlencode(b"\xff") == "%FF"


def test_indent_leaves_first_and_empty_lines_unless_told_otherwise() -> None:
    assert markup.indent("a\n\nb", 2) == "a\n\n  b"
    assert markup.indent("a\n\nb", 2, first=True, blank=True) == "  a\n  \n  b"
    assert markup.indent(Markup("<b>\n<i>"), 1) == Markup("<b>\n <i>")


def test_round_goes_to_the_nearest_up_or_down() -> None:
    assert [markup.rounded(2.45, 1, method) for method in ("common", "ceil", "floor")] == [2.5, 2.5, 2.4]


def test_first_and_last_of_nothing_are_nothing() -> None:
    assert (markup.first([]), markup.last(iter([]))) == (None, None)


def test_striptags_gives_text_that_is_escaped_again() -> None:
    assert to_html(markup.striptags("<b>a</b> &lt;i&gt;")) == "a &lt;i&gt;"


def test_join_escapes_the_others_when_one_is_markup() -> None:
    join = HTML_FILTERS["join"]
    assert join(["<", Markup("<b>"), None], ",") == Markup("&lt;,<b>,")
    assert join(["<", 1], ",") == "<,1"
    assert not hasattr(join(["<", 1], ","), "__html__")
    assert join(["<"], Markup("<br>")) == Markup("&lt;")
    assert PLAIN_FILTERS["join"](["<", Markup("<b>"), None], ",") == "<,<b>,"


def test_replace_escapes_the_text_when_markup_comes_in() -> None:
    replace = HTML_FILTERS["replace"]
    assert replace("<a", "a", Markup("<br>")) == Markup("&lt;<br>")
    assert replace(Markup("<a"), "a", "<") == Markup("<&lt;")
    assert replace("<aa", "a", "b", 1) == "<ba"
    assert PLAIN_FILTERS["replace"]("<a", "a", Markup("<br>")) == "<<br>"


def test_filters_of_plugins_stand_beside_the_shared_ones() -> None:
    found = filters_of(True, {"shout": str.upper})
    assert found["shout"] is str.upper
    assert set(HTML_FILTERS) < set(found)


def test_safe_is_no_filter_that_another_filter_could_reach() -> None:
    assert markup.SAFE not in HTML_FILTERS
    assert markup.SAFE not in PLAIN_FILTERS
