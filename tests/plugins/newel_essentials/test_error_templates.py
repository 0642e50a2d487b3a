"""The page of errors comes from a template, and an application's own takes its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from newel import App, HTTPError, Router
from newel.testing import Client

ENGINES = {"jinja2": "jinja", "mako": "mako"}


def client(folder: Path, engine: str) -> Client:
    router = Router()

    @router.get("/refused")
    def refused() -> str:
        raise HTTPError(403, "Only for <members>.", headers={"X-Why": "membership"})

    config = {"app": {"templates": [str(folder)], "hosts": ["localhost"]}, "use": {"templates": engine}}
    return Client(App(config, routes=[router]))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_browser_gets_the_page_and_its_headers(tmp_path: Path, engine: str) -> None:
    response = client(tmp_path, engine).get("/refused", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["X-Why"]) == (403, "membership")
    assert "<h1>403 Forbidden</h1>\n<p>Only for &lt;members&gt;.</p>" in response.text


@pytest.mark.parametrize("engine", ENGINES)
def test_an_applications_own_page_takes_its_place(tmp_path: Path, engine: str) -> None:
    (tmp_path / "newel").mkdir()
    shown = "${title}" if engine == "mako" else "{{ title }}"
    (tmp_path / "newel" / f"error.html.{ENGINES[engine]}").write_text(f"<p>Sorry: {shown}</p>")
    response = client(tmp_path, engine).get("/nothing", headers={"Accept": "text/html"})
    assert response.text == "<p>Sorry: 404 Not Found</p>"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_broken_page_leaves_the_status(tmp_path: Path, engine: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "newel").mkdir()
    broken = "${nothing}" if engine == "mako" else "{{ nothing }}"
    (tmp_path / "newel" / f"error.html.{ENGINES[engine]}").write_text(broken)
    response = client(tmp_path, engine).get("/nothing", headers={"Accept": "text/html"})
    assert (response.status_code, response.text) == (404, "")
    assert "the error page failed too" in caplog.text


@pytest.mark.parametrize("engine", ENGINES)
def test_a_program_gets_problem_json_all_the_same(tmp_path: Path, engine: str) -> None:
    assert client(tmp_path, engine).get("/nothing").json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
    }
