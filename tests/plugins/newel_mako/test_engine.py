"""What is Mako's own: the kit (tests/conformance) holds what every engine promises."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from newel.contracts.templates import TemplateError, TemplateSettings
from newel_mako import MakoTemplates


@pytest.fixture
def engine(tmp_path: Path) -> MakoTemplates:
    return MakoTemplates(TemplateSettings(roots=(tmp_path,)))


def render(engine: MakoTemplates, source: str, /, **values: Any) -> str:
    return engine.render_text(source, values)


def refusal(engine: MakoTemplates, source: str, /, **values: Any) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        engine.render_text(source, values)
    return caught.value


# --- filters and the last step ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, expected",
    [
        ("${v | u}", "a%26+%3Cb%3E"),
        ("${v | h}", "a&amp; &lt;b&gt;"),
        ("${v | h, upper}", "A&AMP; &LT;B&GT;"),
        ("${v | upper, h}", "A&amp; &lt;B&gt;"),
        ("${v | truncate(3, True, end='!', leeway=0)}", "a&amp;!"),
        ("${v | truncate(n, leeway=h)}", "a&amp; &lt;b&gt;"),
        ("${v, v}", "(&#39;a&amp; &lt;b&gt;&#39;, &#39;a&amp; &lt;b&gt;&#39;)"),
        ("${ v # a comment\n}", "a&amp; &lt;b&gt;"),
    ],
)
def test_filters_come_before_the_escape(engine: MakoTemplates, source: str, expected: str) -> None:
    assert render(engine, source, v="a& <b>", n=255, h=5) == expected


def test_value_may_have_the_name_of_a_filter(engine: MakoTemplates) -> None:
    assert render(engine, "${upper} ${upper | upper} ${trim | trim}", upper="a", trim=" b ") == "a A b"


def test_unknown_filter_is_told_with_the_nearest_one(engine: MakoTemplates) -> None:
    error = refusal(engine, "a\n${v | uper}", v=1)
    assert (error.line, error.message) == (2, "No filter named 'uper'; did you mean 'upper'?")


@pytest.mark.parametrize(
    "source",
    [
        "<%def name='f()'><b>${v}</b></%def>${f()}",
        "<%def name='f()'><b>${v}</b></%def>${capture(f)}",
        "<%def name='f()' buffered='True'><b>${v}</b></%def>${f()}",
        "<%def name='f()' filter='trim'> <b>${v}</b></%def>${f()}",
        "<%def name='f()' buffered='True' filter='trim'> <b>${v}</b></%def>${f()}",
        "<%block filter='trim'> <b>${v}</b></%block>",
        "<%def name='f()'><b>${caller.body()}</b></%def><%call expr='f()'>${v}</%call>",
        "<%def name='f()'><b>${caller.body()}</b></%def><%self:f>${v}</%self:f>",
        "<%def name='f()'><b>${capture(caller.body)}</b></%def><%self:f>${v}</%self:f>",
        "<%def name='f(x)'><b>${x}</b></%def><%self:f x='${v}'/>",
    ],
)
def test_output_that_goes_through_defs_is_escaped_once(engine: MakoTemplates, source: str) -> None:
    assert render(engine, source, v="<") == "<b>&lt;</b>"


def test_what_a_call_returns_is_escaped_unless_it_is_markup(engine: MakoTemplates) -> None:
    assert render(engine, "<%call expr='f()'>x</%call>", f=lambda: "<b>") == "&lt;b&gt;"
    assert render(engine, "<%call expr='f()'>x</%call>", f=lambda: Markup("<b>")) == "<b>"


def test_nothing_is_escaped_in_plain_text(engine: MakoTemplates) -> None:
    source = "<%def name='f()' filter='upper'><b>${v}</b></%def>${capture(f)}${f()}${None}"
    assert engine.render_text(source, {"v": "<"}, suffix=".txt") == "<B><</B><B><</B>"


def test_safe_over_a_def_is_listed(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "a.html.mako").write_text("<%def name='f()' filter='striptags, safe'>${v}</%def>\n${f()}${v | safe}")
    assert engine.render("a.html", {"v": "<b>"}) == "<b><b>"
    assert [(note.line, note.what) for note in engine.unescaped()] == [(1, "| safe"), (2, "| safe")]


# --- names ------------------------------------------------------------------------------------------------------------


def test_comprehension_keeps_its_names_to_itself(engine: MakoTemplates) -> None:
    source = "${x} ${[x for x in xs]} ${sum(x for x in xs)} ${ {x: x for x in xs} } ${x}"
    assert render(engine, source, x="v", xs=[1]) == "v [1] 1 {1: 1} v"


def test_control_lines_and_blocks_of_python_keep_theirs(engine: MakoTemplates) -> None:
    source = (
        "% if sum(x for x in xs): # a comment: with a colon\n${x}\n% endif\n<% ys = [x * 2 for x in xs] %>\n${ys}${x}"
    )
    assert render(engine, source, x="v", xs=[1]) == "v\n[2]v"


def test_builtin_is_undefined_wherever_it_stands(engine: MakoTemplates) -> None:
    for source in (
        "${open}",
        "${[id for y in [1]]}",
        "${(lambda: id)()}",
        "<% x = id %>",
        "<% def f(): return id\nf() %>",
    ):
        assert "is undefined" in refusal(engine, source).message


def test_template_asks_for_a_value_that_may_be_missing_by_context(engine: MakoTemplates) -> None:
    assert render(engine, "${context.get('x', '<')}${'x' in context.keys()}${context['y']}", y=1) == "&lt;False1"
    assert render(engine, "${context.get('id')}") == ""


def test_included_file_sees_the_values_of_the_page(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "b.html.mako").write_text("${v}${context.get('w', '-')}")
    assert render(engine, "<%include file='b.html'/>", v="<") == "&lt;-"


def test_included_file_takes_arguments(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "b.html.mako").write_text("<%page args='row'/>${row}")
    assert render(engine, "% for r in [1, 2]:\n<%include file='b.html' args='row=r'/>\n% endfor\n") == "12"


def test_value_may_have_the_name_of_makos_machinery(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "b.html.mako").write_text("${runtime}")
    source = (
        "% for x in [1]:\n${runtime}${loop.index}\n% endfor\n<%include file='b.html'/><%def name='f()'>"
        "${caller.body()}${runtime}</%def><%self:f>${runtime}</%self:f>"
    )
    assert render(engine, source, runtime="r") == "r0\nrrr"


def test_block_may_have_the_name_of_a_value(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "layout.html.mako").write_text("<%block name='title'>${title}</%block>;${self.title()}")
    (tmp_path / "page.html.mako").write_text("<%inherit file='layout.html'/><%block name='title'>[${title}]</%block>")
    assert engine.render("layout.html", {"title": "t"}) == "t;t"
    assert engine.render("page.html", {"title": "t"}) == "[t];[t]"


def test_assigned_name_is_seen_by_later_code_and_by_defs(engine: MakoTemplates) -> None:
    assert render(engine, "<% x = v + '>' %>\n${x}<%def name='f()'>${x}</%def>${f()}", v="<") == "&lt;&gt;&lt;&gt;"


def test_def_that_is_printed_and_not_called_is_refused(engine: MakoTemplates) -> None:
    error = refusal(engine, "<%def name='title()'></%def>\n${title}", title="t")
    assert (error.line, error.message) == (2, "'title' is a def of this template: call it, or rename it.")


@pytest.mark.parametrize("statement", ["import os", "from os import path", "class A: pass", "global x", "yield 1"])
def test_statement_that_has_no_place_in_a_template_is_refused(engine: MakoTemplates, statement: str) -> None:
    assert "has no place in a template" in refusal(engine, f"a\n<% {statement} %>").message


# --- other templates --------------------------------------------------------------------------------------------------


def test_names_are_relative_to_the_roots_from_any_folder(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "layout.html.mako").write_text("[${next.body()}]")
    (tmp_path / "deep" / "layout.html.mako").write_text("wrong")
    (tmp_path / "deep" / "er" / "p.html.mako").write_text("<%inherit file='layout.html'/>p")
    assert engine.render("deep/er/p.html", {}) == "[p]"


def test_name_of_an_included_template_may_be_computed(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "b.html.mako").write_text("${v}")
    assert render(engine, "<%include file='${name}'/>", name="b.html", v="<") == "&lt;"
    for name in ("../b.html", "/b.html", "b.txt", "missing.html"):
        refusal(engine, "<%include file='${name}'/>", name=name)


def test_namespace_may_give_its_defs_without_its_name(engine: MakoTemplates, tmp_path: Path) -> None:
    (tmp_path / "m.html.mako").write_text("<%def name='f(x)'><b>${x}</b></%def>")
    assert render(engine, "<%namespace file='m.html' import='f'/>${f(v)}", v="<") == "<b>&lt;</b>"
    assert render(engine, "<%namespace file='m.html' import='*'/>${f(v)}", v="<") == "<b>&lt;</b>"


# --- errors -----------------------------------------------------------------------------------------------------------


def test_traceback_shows_the_lines_of_the_template(engine: MakoTemplates, tmp_path: Path) -> None:
    path = tmp_path / "a.html.mako"
    path.write_text("one\n% if True:\n  ${1 // zero}\n% endif\n".replace("True", "yes"))
    with pytest.raises(TemplateError) as caught:
        engine.render("a.html", {"zero": 0, "yes": 1})
    cause = caught.value.__cause__
    assert cause is not None
    last = traceback.extract_tb(cause.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == (str(path), 3, "${1 // zero}")


@pytest.mark.parametrize(
    "source, line",
    [
        ("one\n<%block>\n${x}</%block>", 3),
        ("one\n<%def name='f()'>\n\n${x}</%def>\n${f()}", 4),
        ("one\n% for y in x:\n% endfor", 2),
        ("one\n% if 0:\n% elif x:\n% endif", 3),
        ("one\n<%\n   y = 1\n   z = x\n%>", 4),
        ("one\n<%include file='${x}'/>", 2),
        ("one\n<%text>\n${x}\n</%text>\n${x}", 5),
        ("one\n<%doc>\n${x}\n</%doc>\n${x}", 5),
    ],
)
def test_error_names_the_line_that_evaluates_it(engine: MakoTemplates, source: str, line: int) -> None:
    error = refusal(engine, source)
    assert (error.line, error.message) == (line, "'x' is undefined")


@pytest.mark.parametrize(
    "source, line",
    [
        ("one\n${v", 2),
        ("one\n% for x in v:\n", 2),
        ("one\n<%nothing/>", 2),
        ("one\n<%block>", 2),
        ("one\n\n${v | n}", 3),
        ("one\n<%\n  a = 1\n  a.write(v)\n%>", 4),
        ("one\n% if v:\n% elif context:\n% endif", 3),
        ("one\n<%def name='f()'>\n${v.__class__}</%def>", 3),
    ],
)
def test_mistake_names_its_line(engine: MakoTemplates, source: str, line: int) -> None:
    assert refusal(engine, source, v=1).line == line


def test_code_from_disk_has_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / "a.html.mako").write_text("one\n${x}")
    for _ in range(2):
        engine = MakoTemplates(TemplateSettings(roots=(tmp_path,), cache=tmp_path / "cache"))
        with pytest.raises(TemplateError) as caught:
            engine.render("a.html", {})
        assert caught.value.line == 2


# --- whitespace -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, expected",
    [
        ("a\n  <%block>\n  b\n  </%block>\nc\n", "a\n  b\nc\n"),
        ("a\n  <%doc> note </%doc>\nb", "a\nb"),
        ("a <%block> b </%block> c", "a  b  c"),
        ("a\n  <%block> b </%block>\nc", "a\n b c"),
        ("a\n${''}\nb\n", "a\n\nb\n"),
        ("a\n  <% x = 1 %>\n${x}", "a\n1"),
        ("a\n  ## note\nb\n", "a\nb\n"),
        ("  <%text>\n ${x}\n  </%text>\nb", "\n ${x}\nb"),
        ("# coding: utf-8\na", "# coding: utf-8\na"),
        ("a \\\nb", "a b"),
        ("<%block></%block>\n\nb", "\nb"),
    ],
)
def test_line_that_holds_only_a_tag_leaves_no_trace(engine: MakoTemplates, source: str, expected: str) -> None:
    assert render(engine, source) == expected


# --- streaming --------------------------------------------------------------------------------------------------------


def test_pieces_come_from_blocks_layouts_includes_and_defs(engine: MakoTemplates, tmp_path: Path) -> None:
    asked: list[int] = []

    def rows() -> Any:
        for number in range(3000):
            asked.append(number)
            yield number

    (tmp_path / "base.html.mako").write_text("<html>${next.body()}</html>\n")
    (tmp_path / "layout.html.mako").write_text(
        "<%inherit file='base.html'/>\n<%block name='main'>\n</%block>\n${self.below()}<%include file='end.html'/>\n"
    )
    (tmp_path / "end.html.mako").write_text("% for x in [1, 2]:\n${x}\n% endfor\n")
    (tmp_path / "page.html.mako").write_text(
        "<%inherit file='layout.html'/>\n<%block name='main'>\n<%block filter='upper'>x</%block>\n"
        "% for row in rows:\n${row | truncate(9)} ${loop.index}\n% endfor\n% while more:\n${more.pop()}\n"
        "% endwhile\n</%block>\n<%def name='below()' buffered='True'>${foot}</%def>"
    )
    whole = engine.render("page.html", {"foot": "<", "more": [1], "rows": range(3000)})
    pieces = engine.stream("page.html", {"foot": "<", "more": [1], "rows": rows()})
    first = next(pieces)
    assert 0 < len(asked) < 3000
    assert "".join([first, *pieces]) == whole
    assert whole.endswith("2999 2999\n1\n&lt;1\n2\n</html>\n")
