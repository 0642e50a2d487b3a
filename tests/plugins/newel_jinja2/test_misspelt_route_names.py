"""A misspelt route name in a template is told at boot, as every other mistake is."""

from __future__ import annotations

from pathlib import Path

import pytest

from newel import App, BootError, Page, Router


def test_a_misspelt_route_name_in_a_template_is_told_with_its_line(tmp_path: Path) -> None:
    router = Router()

    @router.get("/notices")
    def index() -> Page:
        return Page("index.html")

    template = tmp_path / "index.html.jinja"
    template.write_text('<p>\n<a href="{{ url_for("indx") }}">all</a>\n')
    config = {"app": {"templates": [str(tmp_path)]}, "use": {"templates": "jinja2"}}
    with pytest.raises(BootError) as caught:
        App(config, routes=[router], profile="development")
    assert str(caught.value) == (
        "the application cannot start: 1 problem\n\n"
        "1. a URL was asked for by the name 'indx', and no route is called that\n"
        f'    at {template}:2    <a href="{{{{ url_for("indx") }}}}">all</a>\n'
        "    allowed: index\n"
        "    did you mean 'index'?\n"
        "    to do: correct the name (`newel routes` lists all of them), or hand in the handler itself"
    )
