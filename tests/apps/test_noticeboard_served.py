"""The noticeboard over HTTP: each database and each server gives the same answers, and keeps to PEP 3333."""

from __future__ import annotations

import http.client
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.apps.conftest import SLOTS, Served
from tests.services import PATIENCE

pytestmark = [
    pytest.mark.server,
    pytest.mark.parametrize(
        "served",
        [
            *(("gunicorn", database) for database in SLOTS),
            *(("waitress", database) for database in ("sqlite", "mariadb")),
            *(("newel run", database) for database in ("memory", "postgresql")),
            ("gunicorn", "memory", "mako"),
        ],
        indirect=True,
        ids=lambda choice: "-".join(choice).replace(" ", "-"),
        scope="session",
    ),
]

CARD = re.compile(r'<h2><a href="(/notices/[0-9a-f-]{36})">')


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def send(served: Served, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Send one request, as a script does or, with its headers, as a browser does."""
    sent: dict[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        body = urlencode(body)
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, body=body, headers=sent)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())
    finally:
        connection.close()


def patient(served: Served, path: str, fields: dict[str, str]) -> Answer:
    """Post a form, and again where the server says that it lost a race too often (503)."""
    answer = send(served, "POST", path, fields)
    until = time.monotonic() + PATIENCE
    while answer.status == 503 and time.monotonic() < until:
        time.sleep(0.1)
        answer = send(served, "POST", path, fields)
    return answer


def posted(served: Served, **fields: str) -> str:
    """Post a notice and return its path."""
    answer = send(served, "POST", "/notices", {"title": "A notice", "author": "Ada", **fields})
    assert answer.status == 303
    return answer.headers["Location"]


def test_pages_follow_each_other_without_gap_or_repetition(served: Served) -> None:
    seen: list[str] = []
    path = "/"
    for _ in range(4):
        page = send(served, "GET", path).text
        seen += CARD.findall(page)
        following = re.search(r'<a rel="next" href="([^"]+)"', page)
        assert following is not None
        path = following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 48


def test_a_posted_notice_is_shown_as_text_and_never_obeyed(served: Served) -> None:
    title = "<script>alert('ü')</script> & \"quotes\""
    page = send(served, "GET", posted(served, title=title, body="one\r\n\r\ntwo", tags="Ü, x", price="12.5")).text
    assert "<h1>&lt;script&gt;alert(&#39;ü&#39;)&lt;/script&gt; &amp; &#34;quotes&#34;</h1>" in page
    assert "<p>one</p>\n<p>two</p>" in page
    assert "€ 12.50" in page


def test_an_invalid_form_comes_back_with_what_was_typed(served: Served) -> None:
    answer = send(served, "POST", "/notices", {"title": "x", "author": " ", "body": "kept", "price": "much"})
    assert answer.status == 422
    assert answer.text.count('role="alert"') == 3
    assert "kept</textarea>" in answer.text
    assert 'value="much"' in answer.text


def test_an_edit_is_saved_and_a_stale_one_shows_both_texts(served: Served) -> None:
    path = posted(served, title="Before")
    edit = {"title": "After", "author": "Ada", "version": "1"}
    assert send(served, "POST", f"{path}/edit", edit).status == 303
    stale = send(served, "POST", f"{path}/edit", {**edit, "title": "Typed meanwhile"})
    assert stale.status == 409
    assert "<dd>After</dd>" in stale.text
    assert 'value="Typed meanwhile"' in stale.text
    assert "<h1>After</h1>" in send(served, "GET", path).text


def test_a_stale_edit_is_saved_by_whoever_has_seen_what_changed(served: Served) -> None:
    path = posted(served)
    edit = {"title": "First", "author": "Ada", "version": "1"}
    assert send(served, "POST", f"{path}/edit", edit).status == 303
    shown = send(served, "POST", f"{path}/edit", {**edit, "title": "Second"}).text
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version is not None
    again = {**edit, "title": "Second", "version": version[1]}
    assert send(served, "POST", f"{path}/edit", again).status == 303
    assert "<h1>Second</h1>" in send(served, "GET", path).text


def test_a_mistake_in_a_form_does_not_hide_that_it_is_stale(served: Served) -> None:
    path = posted(served)
    edit = {"title": "First", "author": "Ada", "version": "1"}
    assert send(served, "POST", f"{path}/edit", edit).status == 303
    invalid = send(served, "POST", f"{path}/edit", {**edit, "title": "x"})
    assert invalid.status == 422
    assert 'name="version" value="1"' in invalid.text


def test_neighbours_who_post_at_once_are_all_heard(served: Served) -> None:
    author = "A name that nobody has had before"
    sent = [{"title": f"At once, {number}", "author": author} for number in range(4)]
    with ThreadPoolExecutor(4) as neighbours:
        answers = list(neighbours.map(lambda fields: patient(served, "/notices", fields), sent))
    assert [answer.status for answer in answers] == [303] * 4
    found = send(served, "GET", f"/api/notices?{urlencode({'author': author})}").json["notices"]
    assert sorted(notice["title"] for notice in found) == [fields["title"] for fields in sent]
    assert len({notice["author"] for notice in found}) == 1


def test_of_two_who_change_at_once_one_is_saved_and_the_other_told(served: Served) -> None:
    path = posted(served)
    edits = [{"title": f"Changed by {name}", "author": "Ada", "version": "1"} for name in ("Ann", "Ben")]
    with ThreadPoolExecutor(2) as neighbours:
        answers = list(neighbours.map(lambda edit: patient(served, f"{path}/edit", edit), edits))
    assert sorted(answer.status for answer in answers) == [303, 409]
    assert send(served, "GET", f"/api{path}").json["version"] == 2


def test_figures_count_what_is_there(served: Served) -> None:
    before = send(served, "GET", "/api/figures").json
    for price in ("100000.25", "200000.25", ""):
        path = posted(served, title="Counted", author="A busy neighbour", price=price)
    send(served, "POST", f"{path}/comments", {"name": "Bob", "text": "Said just now <b>"})
    after = send(served, "GET", "/api/figures").json
    assert [after[name] - before[name] for name in ("notices", "comments")] == [3, 1]
    assert after["prices"]["notices"] - before["prices"]["notices"] == 2
    assert after["prices"]["highest"] == "200000.25"
    assert sum(month["notices"] for month in after["months"]) == after["notices"]
    months = [month["first_day"] for month in after["months"]]
    assert months == sorted(months, reverse=True)
    page = send(served, "GET", "/figures").text
    assert "€ 200000.25" in page
    assert f'about <a href="{path}">Counted</a>' in page


def test_the_busiest_neighbours_come_first_and_lead_to_their_notices(served: Served) -> None:
    posters = send(served, "GET", "/api/figures").json["posters"]
    assert [poster["notices"] for poster in posters] == sorted((each["notices"] for each in posters), reverse=True)
    first = posters[0]
    page = send(served, "GET", f"/?{urlencode({'author': first['author']['name']})}").text
    assert f"{first['notices']} notices" in page


def test_a_deleted_notice_is_gone_with_its_comments(served: Served) -> None:
    path = posted(served)
    assert send(served, "POST", f"{path}/comments", {"name": "Bob", "text": "Nice <b>"}).status == 303
    assert "Nice &lt;b&gt;" in send(served, "GET", path).text
    assert send(served, "POST", f"{path}/delete", {}).headers["Location"] == "/"
    assert send(served, "GET", path).status == 404
    assert send(served, "GET", f"/api{path}/comments").status == 404


def test_search_finds_title_and_body_literally(served: Served) -> None:
    posted(served, title="100% of_it", body="")
    posted(served, title="Something else", body="about 100% of_it")
    posted(served, title="1000 of-it", body="")
    page = send(served, "GET", f"/?{urlencode({'q': '100% of_it'})}").text
    assert "2 notices" in page


def test_the_api_creates_reads_changes_and_deletes(served: Served) -> None:
    new = {"title": "From a program", "author": "Ro Bot", "tags": ["a", "ä"], "price": "0.50"}
    created = send(served, "POST", "/api/notices", json.dumps(new), Content_Type="application/json")
    assert created.status == 201
    path = created.headers["Location"]
    notice = send(served, "GET", path).json
    assert (notice["title"], notice["tags"], notice["price"], notice["version"]) == (
        "From a program", ["a", "ä"], "0.50", 1,
    )  # fmt: skip
    change = json.dumps({**new, "title": "Changed", "version": 1})
    assert send(served, "PUT", path, change, Content_Type="application/json").json["version"] == 2
    assert send(served, "PUT", path, change, Content_Type="application/json").status == 409
    assert send(served, "DELETE", path).status == 204
    assert send(served, "GET", path).status == 404


def test_the_api_tells_every_mistake(served: Served) -> None:
    answer = send(
        served, "POST", "/api/notices", '{"title": "x", "tags": [1], "is_admin": true}', Content_Type="application/json"
    )
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert {(error["field"], error["code"]) for error in answer.json["errors"]} == {
        ("title", "too_short"), ("author", "missing"), ("tags.0", "type"), ("is_admin", "unknown"),
    }  # fmt: skip
    assert send(served, "POST", "/api/notices", "{", Content_Type="application/json").status == 400
    assert send(served, "POST", "/api/notices", "{}", Content_Type="text/plain").status == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Cookie": "a=b"},
    ],
    ids=str,
)
def test_another_sites_form_is_refused(served: Served, headers: dict[str, str]) -> None:
    assert send(served, "POST", "/notices", {"title": "Foreign", "author": "Eve"}, **headers).status == 403


def test_a_foreign_host_is_refused(served: Served) -> None:
    assert send(served, "GET", "/", Host="evil.example").status == 400


def test_every_response_carries_the_security_headers(served: Served) -> None:
    for path in ("/", "/api/notices", "/nothing", "/static/style.css"):
        headers = send(served, "GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Board"] == "notices"
    assert "object-src 'none'" in send(served, "GET", "/").headers["Content-Security-Policy"]


def test_the_stylesheet_is_cached_and_answers_ranges(served: Served) -> None:
    whole = send(served, "GET", "/static/style.css")
    assert send(served, "GET", "/static/style.css", If_None_Match=whole.headers["ETag"]).status == 304
    part = send(served, "GET", "/static/style.css", Range="bytes=0-4")
    assert (part.status, part.text) == (206, whole.text[:5])


def test_head_is_get_without_its_body(served: Served) -> None:
    get, head = send(served, "GET", "/notices/new"), send(served, "HEAD", "/notices/new")
    assert (head.status, head.text, head.headers["Content-Length"]) == (200, "", get.headers["Content-Length"])


def test_what_is_not_there_is_told_as_asked_for(served: Served) -> None:
    assert send(served, "GET", f"/{quote('ä')}").json["status"] == 404
    page = send(served, "GET", "/nothing", Accept="text/html,*/*;q=0.8")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert send(served, "DELETE", "/notices/new").headers["Allow"] == "GET, HEAD, OPTIONS"
