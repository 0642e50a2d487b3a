"""What is Jinja2's own: the kit (tests/conformance) holds what every engine promises."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import jinja2
import pytest
from markupsafe import Markup

from newel.contracts.templates import TemplateError, TemplateSettings
from newel_jinja2 import Jinja2Templates


@pytest.fixture
def engine(tmp_path: Path) -> Jinja2Templates:
    return Jinja2Templates(TemplateSettings(roots=(tmp_path,)))


def render(engine: Jinja2Templates, source: str, **values: Any) -> str:
    return engine.render_text(source, values)


def refusal(engine: Jinja2Templates, source: str, **values: Any) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        engine.render_text(source, values)
    return caught.value


# --- what is not there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, expected",
    [
        ("{{ x is defined }}", "False"),
        ("{{ x is undefined }}", "True"),
        ("{{ x|default('<') }}", "&lt;"),
        ("{{ x|d }}", ""),
        ("{{ page.x is defined }}", "False"),
        ("{{ page.x|default('y') }}", "y"),
        ("{{ page['x']|default('y') }}", "y"),
        ("{{ page.title|default('y') }}", "t"),
        ("{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}", "False"),
    ],
)
def test_tests_and_filters_made_for_it_may_look_at_what_is_missing(
    engine: Jinja2Templates, source: str, expected: str
) -> None:
    assert render(engine, source, page={"title": "t"}) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ x is none }}",
        "{{ x is string }}",
        "{{ [x] }}",
        "{% set y = x %}",
        "{{ x ~ 'a' }}",
        "{{ 1 in [x] }}",
        "{{ page.x is none }}",
        "{{ page['x'] is none }}",
        "{{ page.x.y is defined }}",
        "{{ x.y|default('z') }}",
        "{{ page.x == 1 }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}",
        "{% with y = x %}{% endwith %}",
        "{% for y in [1] if x %}{% endfor %}",
    ],
)
def test_everything_else_raises_at_what_is_missing(engine: Jinja2Templates, source: str) -> None:
    message = refusal(engine, source, page={}).message
    assert any(words in message for words in ("is undefined", "has no attribute", "was not provided"))


def test_name_of_a_loop_is_found_again_after_the_loop(engine: Jinja2Templates) -> None:
    assert render(engine, "{% for x in [1, 2] %}{{ x }}{% endfor %}{{ x }}", x="v") == "12v"


# --- the last step ----------------------------------------------------------------------------------------------------


def test_filters_over_a_captured_block_are_escaped_again(engine: Jinja2Templates) -> None:
    source = "{% set x|striptags %}<b>{{ value }}</b>{% endset %}{{ x }}"
    assert render(engine, source, value="<i>") == "&lt;i&gt;"


def test_what_a_call_block_returns_is_escaped_unless_it_is_markup(engine: Jinja2Templates) -> None:
    source = "{% call f() %}x{% endcall %}"
    assert render(engine, source, f=lambda caller: "<b>" + caller()) == Markup("&lt;b&gt;x")
    assert render(engine, source, f=lambda caller: Markup("<b>") + caller()) == "<b>x"
    assert render(
        engine, "{% macro m() %}<b>{{ caller() }}{% endmacro %}{% call m() %}{{ v }}{% endcall %}", v="<"
    ) == ("<b>&lt;")


@pytest.mark.parametrize("source", ["{{ none }}", "{{ '<'|upper }}", "{{ 1 + 1 }}", "{{ '<' ~ '&' }}"])
def test_constants_are_printed_as_values_are(engine: Jinja2Templates, source: str) -> None:
    expected = {"{{ none }}": "", "{{ '<'|upper }}": "&lt;", "{{ 1 + 1 }}": "2", "{{ '<' ~ '&' }}": "&lt;&amp;"}
    assert render(engine, source) == expected[source]


def test_markup_that_is_joined_with_text_escapes_the_text(engine: Jinja2Templates) -> None:
    assert render(engine, "{{ '<' ~ value }}", value=Markup("<b>")) == "&lt;<b>"


def test_jinja_filters_that_make_markup_escape_what_they_are_given(engine: Jinja2Templates) -> None:
    assert render(engine, "{{ v|urlize }}", v="http://a.example/<b>").count("<b>") == 0
    assert render(engine, "<i{{ {'a': v}|xmlattr }}>", v='"<') == '<i a="&#34;&lt;">'


def test_safe_in_a_filter_block_is_listed(engine: Jinja2Templates, tmp_path: Path) -> None:
    (tmp_path / "a.html.jinja").write_text("{% filter upper|safe %}{{ v }}{% endfilter %}\n\n{{ [v|safe]|join }}")
    assert engine.render("a.html", {"v": "<b>"}) == "&LT;B&GT;\n<b>"
    assert [(note.line, note.what) for note in engine.unescaped()] == [(1, "|safe"), (3, "|safe")]


def test_private_items_of_a_mapping_are_no_attributes(engine: Jinja2Templates) -> None:
    assert render(engine, "{{ document['_id'] }}", document={"_id": 7}) == "7"
    assert "private" in refusal(engine, "{{ document._id }}", document={"_id": 7}).message
    assert "has no attribute" in refusal(engine, "{{ value['_x'] }}", value=jinja2).message


# --- other templates --------------------------------------------------------------------------------------------------


def test_include_may_be_missing_when_the_author_says_so(engine: Jinja2Templates, tmp_path: Path) -> None:
    (tmp_path / "a.html.jinja").write_text('{% include "b.html" ignore missing %}{% include ["c.html", "d.html"] %}')
    (tmp_path / "d.html.jinja").write_text("d")
    assert engine.render("a.html", {}) == "d"
    assert engine.check() == []


def test_name_of_an_included_template_may_be_computed(engine: Jinja2Templates, tmp_path: Path) -> None:
    (tmp_path / "b.html.jinja").write_text("{{ v }}")
    assert render(engine, "{% include name %}", name="b.html", v="<") == "&lt;"
    for name in ("../b.html", "/b.html", "b.txt", "missing.html"):
        refusal(engine, "{% include name %}", name=name)


def test_imported_macro_sees_the_values_and_functions_of_the_page(engine: Jinja2Templates, tmp_path: Path) -> None:
    (tmp_path / "m.html.jinja").write_text("{% macro link() %}{{ url_for('home') }}{% endmacro %}")
    assert render(engine, "{% import 'm.html' as m %}{{ m.link() }}", url_for=lambda name: f"/{name}") == "/home"


def test_macro_that_the_file_does_not_have_is_an_error(engine: Jinja2Templates, tmp_path: Path) -> None:
    (tmp_path / "m.html.jinja").write_text("")
    error = refusal(engine, "{% from 'm.html' import nothing %}\n{{ nothing() }}")
    assert "does not export the requested name 'nothing'" in error.message
    assert error.line == 2


# --- errors -----------------------------------------------------------------------------------------------------------


def test_traceback_shows_the_lines_of_the_template(engine: Jinja2Templates, tmp_path: Path) -> None:
    path = tmp_path / "a.html.jinja"
    path.write_text("one\n{% if true %}\n  {{ 1 // zero }}\n{% endif %}\n")
    with pytest.raises(TemplateError) as caught:
        engine.render("a.html", {"zero": 0})
    cause = caught.value.__cause__
    assert cause is not None
    last = traceback.extract_tb(cause.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == (str(path), 3, "{{ 1 // zero }}")


def test_error_in_a_block_names_the_template_that_has_the_block(engine: Jinja2Templates, tmp_path: Path) -> None:
    (tmp_path / "layout.html.jinja").write_text("one\n\n\n{% block main %}{% endblock %}")
    (tmp_path / "page.html.jinja").write_text("{% extends 'layout.html' %}\n{% block main %}{{ x }}{% endblock %}")
    with pytest.raises(TemplateError) as caught:
        engine.render("page.html", {})
    assert (caught.value.name, caught.value.line) == ("page.html", 2)


def test_unknown_filter_is_told_when_the_template_is_compiled(engine: Jinja2Templates) -> None:
    error = refusal(engine, "a\n{{ 'x'|uper }}")
    assert (error.line, error.message) == (2, "No filter named 'uper'.")


def test_code_from_disk_has_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / "a.html.jinja").write_text("one\n{{ x }}")
    for _ in range(2):
        engine = Jinja2Templates(TemplateSettings(roots=(tmp_path,), cache=tmp_path / "cache"))
        with pytest.raises(TemplateError) as caught:
            engine.render("a.html", {})
        assert caught.value.line == 2


# --- whitespace -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, expected",
    [
        ("a\n  {% if true %}\n  b\n  {% endif %}\nc\n", "a\n  b\nc\n"),
        ("a\n  {# note #}\nb", "a\nb"),
        ("a {% if true %} b {% endif %} c", "a  b  c"),
        ("a\n{{ '' }}\nb\n", "a\n\nb\n"),
        ("a\n  {% set x = 1 %}\n{{ x }}", "a\n1"),
    ],
)
def test_line_that_holds_only_a_tag_leaves_no_trace(engine: Jinja2Templates, source: str, expected: str) -> None:
    assert render(engine, source) == expected
