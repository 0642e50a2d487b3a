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


def application(folder: Path, use: Any, **sections: Any) -> App:
    settings = {"hosts": ["localhost"], "templates": [str(folder)]}
    return App({"app": settings, "use": {"templates": use}, **sections}, routes=[routes()], plugins=[Links])


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
    for _ in range(2):
        app = application(folder, engine, **{engine: {"cache": str(tmp_path / "compiled")}})
        assert Client(app).get("/").text.endswith("&gt;&gt;\n")
        app.close()
    assert len(list((tmp_path / "compiled").iterdir())) == 2


def test_both_engines_serve_one_application(tmp_path: Path) -> None:
    folder = written(tmp_path, "mako")
    app = application(folder, ["jinja2", "mako"])
    assert Client(app).get("/").text.endswith("&gt;&gt;\n")
    app.close()
