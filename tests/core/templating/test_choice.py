from __future__ import annotations

from pathlib import Path

import pytest

from newel.contracts.templates import TemplateNotFound
from newel.templating.choice import EngineChoice
from tests.core.templating.engines import Others, words, write


def test_first_engine_of_the_configuration_is_asked_first(tmp_path: Path) -> None:
    write(tmp_path, a_html_words="", a_html_others="", b_html_others="")
    first, second = words(tmp_path), words(tmp_path, kind=Others)
    assert EngineChoice([first, second]).of("a.html") is first
    assert EngineChoice([second, first]).of("a.html") is second
    assert EngineChoice([first, second]).of("b.html") is second


def test_template_of_the_application_overrides_a_plugins_in_either_engine(tmp_path: Path) -> None:
    application = write(tmp_path / "application", a_html_others="", b_html_words="")
    plugin = write(tmp_path / "plugin", a_html_words="", a_html_others="", b_html_words="", b_html_others="")
    first, second = words(application, plugin), words(application, plugin, kind=Others)
    choice = EngineChoice([first, second])
    assert choice.of("a.html") is second
    assert choice.of("b.html") is first


def test_choice_is_kept_unless_files_may_change(tmp_path: Path) -> None:
    write(tmp_path, a_html_others="")
    engines = words(tmp_path), words(tmp_path, kind=Others)
    kept, looking = EngineChoice(engines), EngineChoice(engines, reload=True)
    assert kept.of("a.html") is looking.of("a.html") is engines[1]
    write(tmp_path, a_html_words="")
    assert kept.of("a.html") is engines[1]
    assert looking.of("a.html") is engines[0]


def test_missing_page_is_told_with_the_nearest_name_of_all_engines(tmp_path: Path) -> None:
    write(tmp_path, show_html_others="", other_html_words="")
    choice = EngineChoice([words(tmp_path), words(tmp_path, kind=Others)])
    with pytest.raises(TemplateNotFound, match=r"did you mean 'show\.html'"):
        choice.of("shwo.html")


def test_pages_that_exist_twice_are_compared_by_what_they_read(tmp_path: Path) -> None:
    write(tmp_path, a_html_words="=x =y", a_html_others="=x", b_html_words="=x", b_html_others="=x", c_html_words="=x")
    write(tmp_path, d_html_words="?", d_html_others="=x")
    choice = EngineChoice([words(tmp_path), words(tmp_path, kind=Others)])
    assert choice.twice() == ["a.html", "b.html", "d.html"]
    (difference,) = choice.differences()
    assert difference.file == str(tmp_path / "a.html.others")
    assert "'y'" in difference.message
