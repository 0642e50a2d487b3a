"""The noticeboard in a real browser: what a person does, and what a person sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.apps.conftest import Served
from tests.services import PATIENCE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.parametrize(
        "served",
        [("gunicorn", "sqlite"), ("gunicorn", "postgresql"), ("gunicorn", "memory", "mako")],
        indirect=True,
        ids="-".join,
        scope="session",
    ),
]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    """A page of the noticeboard. Nothing may be said on its console but the status of a refused form: a refused
    script or style would be."""
    said: list[str] = []
    context = chromium.new_context(base_url=served.url)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE * 1000)
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert [text for text in said if not re.search("status of (409|422)", text)] == []


def write(page: Page, title: str, *, body: str = "", tags: str = "", price: str = "") -> None:
    """Post a notice as a person does."""
    page.goto("/")
    page.get_by_role("link", name="Post a notice").click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Your name").fill("Zoë O\N{RIGHT SINGLE QUOTATION MARK}Brien")
    page.get_by_label("What is it about?").fill(body)
    page.get_by_label("Tags").fill(tags)
    page.get_by_label("Price").fill(price)
    page.get_by_role("button", name="Post it").click()


def test_a_person_posts_a_notice_and_sees_it(page: Page, tmp_path: Path) -> None:
    write(page, "Piano <to a good home> & stool", body="It is in tune.\n\nMostly.", tags="Music, piano", price="120")
    expect(page.get_by_role("heading", level=1)).to_have_text("Piano <to a good home> & stool")
    expect(page.get_by_text("Mostly.")).to_be_visible()
    expect(page.get_by_text("€ 120.00")).to_be_visible()
    page.screenshot(path=tmp_path / "notice.png", full_page=True)
    page.goto("/")
    expect(page.get_by_role("listitem").first).to_contain_text("Piano <to a good home> & stool")


def test_a_person_is_told_what_is_wrong_and_loses_nothing(page: Page) -> None:
    write(page, "A chair", body="kept as it was typed", price="a lot")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_label("What is it about?")).to_have_value("kept as it was typed")
    page.get_by_label("Price").fill("15.5")
    page.get_by_role("button", name="Post it").click()
    expect(page.get_by_text("€ 15.50")).to_be_visible()


def test_a_person_edits_a_notice(page: Page) -> None:
    write(page, "A lamp", body="first text")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("What is it about?")).to_have_value("first text")
    page.get_by_label("Title").fill("A lamp, blue")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A lamp, blue")
    expect(page.get_by_text("edited just now")).to_be_visible()


def test_two_persons_edit_a_notice_and_the_slower_one_sees_both_texts(page: Page) -> None:
    write(page, "A table", body="first text")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    with page.context.new_page() as faster:
        faster.goto(page.url)
        faster.get_by_label("Title").fill("A table, sold")
        faster.get_by_role("button", name="Save").click()
        expect(faster.get_by_role("heading", level=1)).to_have_text("A table, sold")
    page.get_by_label("Title").fill("A table, oak")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("A table, sold")
    expect(page.get_by_label("Title")).to_have_value("A table, oak")
    page.get_by_role("button", name="Save mine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A table, oak")


def test_a_person_looks_at_the_figures_and_from_them_at_somebodys_notices(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="In figures").click()
    busiest = page.get_by_role("table").nth(1).get_by_role("row").nth(1)
    count = busiest.get_by_role("cell").first.inner_text()
    name = busiest.get_by_role("link").inner_text()
    busiest.get_by_role("link").click()
    expect(page.get_by_text(f"{count} notices by {name}")).to_be_visible()


def test_a_person_comments_and_deletes(page: Page) -> None:
    write(page, "A sofa nobody needs")
    page.locator("#name").fill("Bob")
    page.locator("#text").fill("Is it <still> there?")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_text("Is it <still> there?")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("A sofa nobody needs")).to_have_count(0)


def test_a_person_searches(page: Page) -> None:
    write(page, "Telescope from Jena", body="for the stars")
    page.goto("/")
    page.get_by_role("searchbox", name="Search").fill("Telescope from J")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 notice")).to_be_visible()
    expect(page.get_by_role("link", name="Telescope from Jena")).to_be_visible()


def test_a_person_leafs_through_the_pages(page: Page) -> None:
    page.goto("/")
    titles = page.get_by_role("heading", level=2)
    first = titles.all_text_contents()
    page.get_by_role("link", name="Older »").click()
    expect(page.get_by_role("link", name="« Newest")).to_be_visible()
    expect(titles).to_have_count(12)
    page.get_by_role("link", name="« Newest").click()
    expect(titles).to_have_text(first)
    assert len(first) == 12


@pytest.mark.parametrize("path", ["/", "/figures", "/notices/new"])
def test_the_page_fits_a_phone(page: Page, path: str, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.screenshot(path=tmp_path / "phone.png")
