"""The error page of development in a real browser: its own style is let through, nothing runs, a phone can read it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.services import own_port, serving

pytestmark = [pytest.mark.browser, pytest.mark.server]

FAILS = """\
from newel import App, Plugin, Router, hookimpl
from newel.records import Panel

router = Router()


class Known(Plugin):
    name = "known"

    @hookimpl
    def newel_development_panel(self) -> Panel:
        rows = (("0.31", "SELECT " + ", ".join(f"notice.column_{n}" for n in range(40)), ""), ("7", "x" * 300, "here"))
        return Panel(title="Database", columns=("ms", "statement", "at"), rows=rows)


@router.get("/<word>")
def fail(word: str) -> str:
    raise RuntimeError(f"a long line about {word}, which goes on and on, and does not end before the screen does")


app = App(routes=[router], plugins=[Known], profile="development")
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("fails")
    file = Path(folder, "fails.py")
    file.write_text(FAILS)
    command = [sys.executable, "-m", "newel", "run", str(file), "--no-reload"]
    with own_port() as port, serving([*command, "--port", str(port)], port, folder=folder) as address:
        yield address


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page as wide as a phone, on whose console nothing is said but the status."""
    said: list[str] = []
    shown = chromium.new_page(viewport={"width": 360, "height": 740})
    shown.on("console", lambda message: said.append(message.text))
    yield shown
    shown.close()
    assert [] == [text for text in said if "status of 500" not in text]


def test_the_page_is_styled_readable_on_a_phone_and_runs_nothing(url: str, page: Page) -> None:
    page.goto(f"{url}/<img src=x onerror=alert(1)>")
    expect(page.locator(".kind")).to_have_text("RuntimeError")
    expect(page.locator(".text")).to_contain_text("a long line about <img src=x onerror=alert(1)>")
    expect(page.locator("img")).to_have_count(0)
    expect(page.locator(".kind")).to_have_css("font-weight", "700")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect(page.locator("details .frame").first).to_be_hidden()
    page.locator("summary").first.click()
    expect(page.locator("details .frame").first).to_be_visible()


def test_a_panel_is_a_table_on_a_desk_and_a_list_on_a_phone(url: str, page: Page) -> None:
    page.goto(f"{url}/tea")
    panel = page.locator(".panel")
    before = "element => getComputedStyle(element, '::before').content"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert panel.bounding_box()["width"] < 360  # type: ignore[index]
    expect(panel.locator("th").first).to_be_hidden()
    expect(panel.locator("td:empty")).to_be_hidden()
    assert panel.locator("td").first.evaluate(before) == '"ms "'
    page.set_viewport_size({"width": 1200, "height": 800})
    expect(panel.locator("th").first).to_be_visible()
    assert panel.locator("td").first.evaluate(before) == "none"
