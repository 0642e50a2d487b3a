"""The contract `Templates`: the kit on each engine, and all engines beside each other."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, final

import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.contracts.templates import TemplateError, Templates, TemplateSettings, undefined
from newel.templating.engine import TemplateEngine
from newel.templating.files import Source
from newel.templating.markup import last_step
from newel.templating.outline import Outline
from newel.testing import templates_cases as cases
from newel.testing.templates_kit import TemplatesKit, raised
from newel_jinja2 import Jinja2Templates
from newel_mako import MakoTemplates

SOURCES = Path(__file__).parent / "templates"


class TestJinja2(TemplatesKit):
    extension = ".jinja"
    folder = SOURCES / "jinja2"

    def make(self, roots: tuple[Path, ...], **settings: Any) -> Templates:
        return Jinja2Templates(TemplateSettings(roots=roots, **settings))


class TestMako(TemplatesKit):
    extension = ".mako"
    folder = SOURCES / "mako"

    def make(self, roots: tuple[Path, ...], **settings: Any) -> Templates:
        return MakoTemplates(TemplateSettings(roots=roots, **settings))


@final
class DollarTemplates(TemplateEngine[Source]):
    """A third engine: `$value` as the standard library's `string.Template` has it, and nothing else."""

    extension: ClassVar[str] = ".dollar"

    def compile(self, source: Source) -> Source:
        for found in string.Template.pattern.finditer(source.text):
            if found["invalid"] is not None:
                raise source.error(_line(found), "a dollar that begins no name; write $$ for one")
        return source

    def outline(self, source: Source) -> Outline:
        self.compile(source)
        names = [found["named"] or found["braced"] for found in string.Template.pattern.finditer(source.text)]
        return Outline(reads=frozenset(name for name in names if name))

    def run(self, compiled: Source, values: Mapping[str, Any]) -> str:
        write = last_step(compiled.escapes)

        def printed(found: re.Match[str]) -> str:
            name = found["named"] or found["braced"]
            if name is None:
                return "$"
            if name not in values:
                raise compiled.error(_line(found), undefined(name, values))
            return write(values[name])

        return string.Template.pattern.sub(printed, compiled.text)


def _line(found: re.Match[str]) -> int:
    return found.string.count("\n", 0, found.start()) + 1


class TestDollar(TemplatesKit):
    extension = ".dollar"
    folder = SOURCES / "dollar"
    lacks = cases.FEATURES - {"raw"}

    def make(self, roots: tuple[Path, ...], **settings: Any) -> Templates:
        return DollarTemplates(TemplateSettings(roots=roots, **settings))


ENGINES = (TestJinja2().engine(), TestMako().engine())


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_page_is_the_same_text_in_both_engines(case: cases.Case) -> None:
    texts = {engine.render(case.name, case.values) for engine in ENGINES}
    assert texts == {case.expected}


@given(st.text())
def test_any_text_is_the_same_in_both_engines(value: str) -> None:
    expected = f"[{markupsafe.escape(value)}]\n"
    assert [engine.render("printed.html", {"value": value}) for engine in ENGINES] == [expected] * 2


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_value_in_a_script_is_the_same_in_both_engines_and_ends_no_script(value: Any) -> None:
    first, second = (engine.render("script.html", {"value": value}) for engine in ENGINES)
    assert first == second
    assert not set("<>&'\u2028\u2029") & set(first.removeprefix("<script>").removesuffix("</script>\n"))


@pytest.mark.parametrize(
    "name", sorted(set(cases.UNDEFINED) - {"undefined/attribute.html"})
)  # objects have their words
def test_undefined_name_is_told_alike_in_both_engines(name: str) -> None:
    messages = {raised(TemplateError, engine.render, name, cases.UNDEFINED_VALUES).message for engine in ENGINES}
    assert len(messages) == 1


def test_reading_a_template_of_the_other_engine_is_a_fault_at_boot(tmp_path: Path) -> None:
    (tmp_path / "page.html.jinja").write_text('{% extends "layout.html" %}')
    (tmp_path / "layout.html.mako").write_text("${next.body()}")
    (fault,) = TestJinja2().engine(tmp_path).check()
    assert "layout.html.mako" in fault.message
