"""How a `Page` is sent: as HTML, escaped, by an engine that there is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from newel import App, Page, Router
from newel.testing import Client
from newel_essentials.plugin import iso

MARKUP = "<b>&</b>"

router = Router()


@router.get("/page/<name>")
def page(name: str) -> Page:
    return Page(name, value=MARKUP, json={"value": MARKUP} if name == "both.html" else None)


@router.get("/any")
def anything() -> Any:
    return Page("page.html", value=MARKUP)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    for name in ("page.html", "page.txt", "both.html"):
        (tmp_path / "templates" / f"{name}.jinja").write_text("{{ value }}")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Client:
    app = App({"app": {"hosts": ["localhost"]}}, routes=[router], use={"templates": "jinja2"}, folder=folder)
    return Client(app)


def test_a_page_is_escaped_html(client: Client) -> None:
    answer = client.get("/page/page.html")
    assert ("text/html; charset=utf-8", "&lt;b&gt;&amp;&lt;/b&gt;") == (answer.headers["Content-Type"], answer.text)


def test_a_page_whose_name_does_not_escape_is_refused(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        answer = client.get("/page/page.txt")
        assert answer.status_code == 500
        assert MARKUP not in answer.text
    assert "page() returned Page('page.txt'), whose suffix says that nothing is escaped" in caplog.text
    assert 'name the template "….html"' in caplog.text


def test_a_page_that_is_sent_as_data_needs_no_template(client: Client) -> None:
    answer = client.get("/page/both.html", headers={"Accept": "application/json"})
    assert ({"value": MARKUP}, "Accept") == (answer.json, answer.headers["Vary"])


def test_a_page_without_an_engine_is_told(caplog: pytest.LogCaptureFixture) -> None:
    pages = Router()
    pages.get("/any")(anything)
    app = App({"app": {"hosts": ["localhost"]}}, routes=[pages])
    assert Client(app).get("/any").status_code == 500
    assert "no template engine is enabled" in caplog.text


@pytest.mark.parametrize(
    "moment, written",
    [
        (datetime(2026, 5, 4, 12, 30, 15, 123456, tzinfo=UTC), "2026-05-04T12:30:15+00:00"),
        (date(2026, 5, 4), "2026-05-04"),
        (time(12, 30), "12:30:00"),
        (None, ""),
    ],
)
def test_iso_writes_what_the_time_element_reads(moment: Any, written: str) -> None:
    assert iso(moment) == written
