"""`[use] templates` changes nothing that a visitor could see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from newel import App, BootError, Page, Plugin, Router, hookimpl
from newel.testing import Client

EXTENSION = {"jinja2": ".jinja", "mako": ".mako"}
PAGES = {
    "jinja2": """{% extends "layout.html" %}
{% block main %}
<a href="{{ url_for("show", id=7) }}">{{ title }}</a>{{ link(title) }}
{% endblock %}
""",
    "mako": """<%inherit file="layout.html"/>
<%block name="main">
<a href="${url_for("show", id=7)}">${title}</a>${link(title)}
</%block>
""",
}
LAYOUTS = {
    "jinja2": '<script nonce="{{ csp_nonce() }}"></script>\n{% block main %}{% endblock %}',
    "mako": '<script nonce="${csp_nonce()}"></script>\n<%block name="main"></%block>',
}


class Shortened(Plugin):
    """A plugin that gives templates a filter."""

    name: ClassVar[str] = "shortened"

    @hookimpl
    def newel_template_filters(self) -> dict[str, Callable[..., Any]]:
        return {"shortened": lambda text, length: f"{text[:length]}<…>"}


class Iso(Plugin):
    """A plugin whose filter has the name of one of the essentials'."""

    name: ClassVar[str] = "other"

    @hookimpl
    def newel_template_filters(self) -> dict[str, Callable[..., Any]]:
        return {"iso": str}


class Upper(Plugin):
    """A plugin whose filter has the name of one that every template has."""

    name: ClassVar[str] = "shouting"

    @hookimpl
    def newel_template_filters(self) -> dict[str, Callable[..., Any]]:
        return {"upper": str}


class Links(Plugin):
    """A plugin that gives templates a function."""

    name: ClassVar[str] = "links"

    @hookimpl
    def newel_template_names(self) -> dict[str, Callable[..., Any]]:
        return {"link": lambda text: f"<{text}>"}


def routes() -> Router:
    router = Router()

    @router.get("/")
    def index() -> Page:
        return Page("page.html", title="<&>")

    @router.get("/notices/<int:id>")
    def show(id: int) -> str:
        return str(id)

    return router


def written(folder: Path, engine: str, page: str = "") -> Path:
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    for name, text in {"page.html": page or PAGES[engine], "layout.html": LAYOUTS[engine]}.items():
        (folder / "templates" / (name + EXTENSION[engine])).write_text(text)
    return folder / "templates"


def application(
    folder: Path, use: Any, *plugins: type[Plugin], profile: str | None = "production", **sections: Any
) -> App:
    settings = {"hosts": ["localhost"], "templates": [str(folder)]}
    configuration = {"app": settings, "use": {"templates": use}, **sections}
    return App(configuration, routes=[routes()], plugins=[Links, *plugins], profile=profile)


@pytest.mark.parametrize("engine", EXTENSION)
def test_page_is_the_same_whichever_engine_is_used(tmp_path: Path, engine: str) -> None:
    app = application(written(tmp_path, engine), engine)
    response = Client(app).get("/")
    nonce = response.headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
    assert nonce
    assert response.text == (
        f'<script nonce="{nonce}"></script>\n<a href="/notices/7">&lt;&amp;&gt;</a>&lt;&lt;&amp;&gt;&gt;\n'
    )
    app.close()


@pytest.mark.parametrize("engine", EXTENSION)
def test_misspelt_route_name_in_a_template_is_found_at_boot(tmp_path: Path, engine: str) -> None:
    folder = written(tmp_path, engine, PAGES[engine].replace('"show"', '"shwo"'))
    with pytest.raises(BootError) as caught:
        application(folder, engine)
    assert "did you mean 'show'?" in str(caught.value)
    assert f"page.html{EXTENSION[engine]}:3" in str(caught.value)


@pytest.mark.parametrize("engine", EXTENSION)
def test_compiled_templates_are_kept_where_the_section_says(tmp_path: Path, engine: str) -> None:
    folder = written(tmp_path, engine)
    section: dict[str, Any] = {engine: {"cache": str(tmp_path / "compiled")}}
    for _ in range(2):
        app = application(folder, engine, **section)
        assert Client(app).get("/").text.endswith("&gt;&gt;\n")
        app.close()
    assert len(list((tmp_path / "compiled").iterdir())) == 2


def test_both_engines_serve_one_application(tmp_path: Path) -> None:
    folder = written(tmp_path, "mako")
    app = application(folder, ["jinja2", "mako"])
    assert Client(app).get("/").text.endswith("&gt;&gt;\n")
    app.close()


# --- what plugins bring -----------------------------------------------------------------------------------------------
PRINTED = {"jinja2": "{{ %s }}", "mako": "${%s}"}


def page(engine: str, expression: str) -> str:
    return PRINTED[engine] % expression + "\n"


@pytest.mark.parametrize("engine", EXTENSION)
def test_a_plugins_filter_comes_before_the_escape(tmp_path: Path, engine: str) -> None:
    app = application(written(tmp_path, engine, page(engine, "title | shortened(2)")), engine, Shortened)
    assert Client(app).get("/").text == "&lt;&amp;&lt;…&gt;\n"
    app.close()


@pytest.mark.parametrize("engine", EXTENSION)
def test_two_filters_of_one_name_are_told_with_both_places(tmp_path: Path, engine: str) -> None:
    with pytest.raises(BootError) as caught:
        application(written(tmp_path, engine), engine, Iso)
    (problem,) = caught.value.problems
    assert problem.what == "templates get the filter 'iso' twice: by plugin 'essentials' and by plugin 'other'."
    assert len(problem.places) == 2


@pytest.mark.parametrize("engine", EXTENSION)
def test_a_filter_that_every_template_has_stays_as_it_is(tmp_path: Path, engine: str) -> None:
    with pytest.raises(BootError, match="a filter named 'upper', which templates of every engine have already"):
        application(written(tmp_path, engine), engine, Upper)


class Paged(Plugin):
    """A plugin that brings a page, in an engine that it need not know the application's of."""

    name: ClassVar[str] = "paged"
    folder: ClassVar[Path]

    @hookimpl
    def newel_template_roots(self) -> list[Path]:
        return [self.folder]


@pytest.mark.parametrize("own, plugins", [("jinja2", "mako"), ("mako", "jinja2")])
@pytest.mark.parametrize("use", [["jinja2", "mako"], ["mako", "jinja2"]], ids="-".join)
def test_the_applications_page_overrides_a_plugins_of_another_engine(
    tmp_path: Path, own: str, plugins: str, use: list[str]
) -> None:
    class Bringing(Paged):
        folder = written(tmp_path / "plugin", plugins, "the plugin's\n")

    folder = written(tmp_path / "application", own, "the application's\n")
    app = application(folder, use, Bringing)
    assert Client(app).get("/").text == "the application's\n"
    app.close()


# --- what is wrong ----------------------------------------------------------------------------------------------------
BROKEN = {"jinja2": "one\n{{ title + }}\n", "mako": "one\n${title +}\n"}


@pytest.mark.parametrize("engine", EXTENSION)
def test_templates_are_compiled_at_boot_in_development(tmp_path: Path, engine: str) -> None:
    folder = written(tmp_path, engine, BROKEN[engine])
    (folder / f"layout.html{EXTENSION[engine]}").write_text(page(engine, 'url_for("shwo")'))
    with pytest.raises(BootError) as caught:
        application(folder, engine, profile="development")
    misspelt, broken = caught.value.problems
    assert misspelt.found == "shwo"
    assert broken.what.startswith("template 'page.html' cannot be compiled: ")
    assert [(str(folder / f"page.html{EXTENSION[engine]}"), 2)] == [(place.file, place.line) for place in broken.places]


@pytest.mark.parametrize("engine", EXTENSION)
def test_templates_are_compiled_when_they_are_used_in_production(tmp_path: Path, engine: str) -> None:
    app = application(written(tmp_path, engine, BROKEN[engine]), engine)
    assert Client(app).get("/").status_code == 500
    app.close()


@pytest.mark.parametrize("engine, other", [("jinja2", "mako"), ("mako", "jinja2")])
def test_a_layout_of_another_engine_is_told_at_boot(tmp_path: Path, engine: str, other: str) -> None:
    folder = written(tmp_path, engine)
    (folder / f"layout.html{EXTENSION[engine]}").rename(folder / f"layout.html{EXTENSION[other]}")
    (folder / f"layout.html{EXTENSION[other]}").write_text("a layout")
    with pytest.raises(BootError, match=r"'layout\.html' is a template of another engine"):
        application(folder, ["jinja2", "mako"], profile="development")
