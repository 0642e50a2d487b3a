"""The noticeboard in either template engine: a visitor sees no difference, to the byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from newel import App
from newel.contracts.keyed import Keyed
from newel.contracts.templates import Templates
from newel.templating.choice import EngineChoice
from newel.testing import Client
from tests.apps.conftest import EXAMPLE

ENGINES = ("jinja2", "mako")
HARD = "<b>\"hard\"</b> & 'ü' {{ 1 }} ${1} {% if %} <% 1 %>"
NOTICE = {
    "title": HARD,
    "author": HARD,
    "body": f"{HARD * 8}\r\n\r\ntwo\r\n% three\r\n## four\\\r\n",
    "tags": "a b, <i>, &",
    "price": "12.5",
}


class StandingClock(datetime):
    """How long ago something was does not change between two pages."""

    @classmethod
    def now(cls, tz: Any = None) -> StandingClock:
        return cls(2100, 1, 1, tzinfo=UTC)


class Boards(NamedTuple):
    """Two noticeboards over one database; nothing but their template engine differs."""

    clients: tuple[Client, ...]
    notice: str

    def same(self, path: str, fields: dict[str, str] | None = None, *, status: int = 200) -> str:
        """Ask both for a page and return it, for it must be the same."""
        pages = [self._page(client, path, fields) for client in self.clients]
        assert [(status, pages[0][1])] * len(pages) == pages
        return pages[0][1].decode()

    def _page(self, client: Client, path: str, fields: dict[str, str] | None) -> tuple[int, bytes]:
        answer = client.get(path) if fields is None else client.post(path, data=fields)
        return answer.status_code, answer.data


def copied(folder: Path) -> Path:
    """Copy the noticeboard, with two pages of notices instead of all."""
    copy = shutil.copytree(
        EXAMPLE, folder / "noticeboard", ignore=shutil.ignore_patterns("*.db*", "__pycache__", ".newel")
    )
    data = copy / "noticeboard" / "data" / "notices.json"
    data.write_text(json.dumps(json.loads(data.read_text(encoding="utf-8"))[:20]), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boards]:
    folder = copied(tmp_path_factory.mktemp("boards"))
    apps = [App(folder, use={"templates": engine}, profile="development") for engine in ENGINES]
    clients = tuple(map(Client, apps))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("noticeboard.hooks.datetime", StandingClock)
        notice = clients[0].post("/notices", data=NOTICE).location
        clients[0].post(f"{notice}/comments", data={"name": HARD, "text": NOTICE["body"]})
        yield Boards(clients, notice)
    for app in apps:
        app.close()


def test_each_board_renders_by_its_engine_alone(boards: Boards) -> None:
    assert [["jinja2"], ["mako"]] == [
        list(client.app.generation.application[Keyed[Templates]]) for client in boards.clients
    ]


def test_index_is_the_same(boards: Boards) -> None:
    page = boards.same("/")
    assert 'rel="next"' in page
    assert "&lt;b&gt;&#34;hard&#34;&lt;/b&gt; &amp; &#39;ü&#39; {{ 1 }} ${1}" in page


def test_second_page_of_the_index_is_the_same(boards: Boards) -> None:
    following = boards.same("/").partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "« Newest" in boards.same(following)


@pytest.mark.parametrize(
    "query, found",
    [
        ({"q": "'ü' {{ 1"}, "1 notice\n"),
        ({"q": "a"}, " notices\n"),
        ({"tag": "&"}, 'tagged <span class="tag">&amp;</span>\n'),
        ({"author": HARD}, "by &lt;b&gt;"),
        ({"q": "<%", "tag": "<i>"}, "with “&lt;%”\n"),
        ({"q": HARD * 9}, "Nothing here yet."),
    ],
)
def test_search_is_the_same(boards: Boards, query: dict[str, str], found: str) -> None:
    assert found in boards.same(f"/?{urlencode(query)}")


def test_new_is_the_same(boards: Boards) -> None:
    assert "Post it" in boards.same("/notices/new")


def test_invalid_form_is_the_same(boards: Boards) -> None:
    page = boards.same("/notices", {"title": "x", "author": " ", "body": HARD, "price": "much"}, status=422)
    assert page.count('role="alert"') == 3


def test_notice_with_comments_is_the_same(boards: Boards) -> None:
    page = boards.same(boards.notice)
    assert "<p>two\n% three\n## four\\</p>" in page


def test_notice_without_comments_is_the_same(boards: Boards) -> None:
    plain = boards.clients[1].post("/notices", data={"title": "Plain", "author": "Ada"}).location
    assert "No comments yet." in boards.same(plain)


def test_edited_notice_is_the_same(boards: Boards) -> None:
    fields = {"title": "Plain", "author": "Ada", "version": "1"}
    notice = boards.clients[0].post("/notices", data=fields).location
    assert boards.clients[1].post(f"{notice}/edit", data=fields).status_code == 303
    assert "· edited " in boards.same(notice)


def test_invalid_comment_is_the_same(boards: Boards) -> None:
    page = boards.same(f"{boards.notice}/comments", {"name": HARD, "text": ""}, status=422)
    assert page.count('role="alert"') == 1


def test_edit_is_the_same(boards: Boards) -> None:
    assert 'value="12.50"' in boards.same(f"{boards.notice}/edit")


def test_stale_edit_is_the_same(boards: Boards) -> None:
    page = boards.same(f"{boards.notice}/edit", {**NOTICE, "title": "typed", "version": "99"}, status=409)
    assert "<p>two\n% three\n## four\\</p>" in page
    assert 'value="typed"' in page


def test_invalid_edit_is_the_same(boards: Boards) -> None:
    page = boards.same(f"{boards.notice}/edit", {**NOTICE, "title": "x", "version": "99"}, status=422)
    assert 'name="version" value="99"' in page


def test_figures_are_the_same(boards: Boards) -> None:
    page = boards.same("/figures")
    assert '<tr><th scope="row">' in page
    assert ">&lt;b&gt;&#34;hard&#34;" in page


def test_every_template_exists_twice_and_reads_the_same(tmp_path: Path) -> None:
    app = App(copied(tmp_path), use={"templates": list(ENGINES), "database": "memory"}, profile="development")
    engines = app.generation.application[Keyed[Templates]]
    choice = EngineChoice(engines.values())
    assert choice.twice() == [file.name for file in engines.first.files()]
    assert ([], []) == (choice.differences(), [fault for engine in engines.values() for fault in engine.check()])
    app.close()
