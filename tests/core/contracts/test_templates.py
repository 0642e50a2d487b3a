from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.contracts.templates import (
    TemplateError,
    TemplateNotFound,
    escapes,
    is_name,
    refuse_reserved,
    undefined,
)


@pytest.mark.parametrize(
    "name", ["page.html", "notices/show.html", "a/b/c.txt", "žluť.html", "with blank.html", ".hidden"]
)
def test_relative_path_with_slashes_is_a_name(name: str) -> None:
    assert is_name(name)


@given(st.lists(st.sampled_from(["a", "..", ".", "", "b.html", "C:", "x\\y", "n\0"]), min_size=1))
def test_name_never_leaves_the_roots_and_has_one_spelling(parts: list[str]) -> None:
    assert is_name("/".join(parts)) == all(part in {"a", "b.html"} for part in parts)


def test_suffix_decides_whether_a_template_escapes() -> None:
    assert all(map(escapes, ["a.html", "a.xml", "a.svg", "a.xhtml", "a.js", "a", "a.txt.html", "csv"]))
    assert not any(map(escapes, ["a.txt", "a.TXT", "a.html.txt", "a.csv", "a.tsv", "a.md", "a.ics"]))


def test_missing_template_is_told_with_where_it_was_searched() -> None:
    error = TemplateNotFound("shwo.html", ["/app", "/plugin"], ["show.html"])
    expected = "there is no template 'shwo.html'; searched: /app, /plugin; did you mean 'show.html'?"
    assert str(error) == expected


def test_text_that_is_no_name_is_told_as_that() -> None:
    assert "is no name of a template" in str(TemplateNotFound("../secret"))


def test_error_shows_file_line_and_source() -> None:
    error = TemplateError("a.html", "/app/a.html.jinja", 3, "{{ x }}", "'x' is undefined")
    assert str(error) == "template 'a.html', /app/a.html.jinja:3    {{ x }}\n    'x' is undefined"


def test_reserved_names_are_told_all_at_once() -> None:
    with pytest.raises(TemplateError, match=r"'loop', 'next', which"):
        refuse_reserved("a.html", {"next": 1, "title": 2, "loop": 3})


def test_undefined_name_is_told_with_the_nearest_one() -> None:
    assert undefined("titel", ["title", "body"]) == "'titel' is undefined; did you mean 'title'?"
    assert undefined("titel", ["body"]) == "'titel' is undefined"
