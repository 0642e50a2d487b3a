from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from newel import App, HTTPError, Page, Plugin, Router, hookimpl
from newel.records import Panel
from newel.scope import Scope
from newel.testing import Client
from newel_essentials.development import is_loopback
from newel_essentials.development_page import POLICY
from newel_essentials.fault import masked

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
ATTACK = "<script>alert(1)</script>"

router = Router()


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@router.get("/price/<item>")
def price(item: str) -> str:
    try:
        return {"tea": "3"}[item]
    except KeyError as error:
        raise ValueError(f"no price for {item}") from error


@router.post("/contact")
def contact() -> str:
    raise RuntimeError("nobody answers")


@router.get("/dsn")
def dsn() -> str:
    raise RuntimeError("cannot reach postgres://me:hunter2@db/notices")


class Sold(Exception):
    http_status = 409


@router.get("/sold/<path:item>")
def sold(item: str) -> str:
    raise Sold(f"{item} is sold")


@router.get("/count")
def count(of: int) -> str:
    return str(of)


@router.get("/broken")
def broken() -> str:
    raise Broken


@router.get("/group")
def group() -> str:
    raise ExceptionGroup("two", [ValueError("one of them"), TypeError("the other")])


@router.get("/busy")
def busy() -> str:
    raise HTTPError(503, "Come back later.", headers={"Retry-After": "30"})


@router.get("/gone")
def gone() -> str:
    raise HTTPError(410)


@router.get("/guarded")
def guarded() -> str:
    return "guarded"


class Clock(Plugin):
    name: ClassVar[str] = "clock"

    @hookimpl
    def newel_before_request(self, environ: dict[str, Any]) -> None:
        if environ["PATH_INFO"] == "/guarded":
            raise RuntimeError("the clock is late")


class Weather(Plugin):
    name: ClassVar[str] = "weather"

    @hookimpl
    def newel_development_panel(self, scope: Scope) -> Panel:
        row = (scope.environ["PATH_INFO"], "<b>rain</b>")
        return Panel(title="Weather", columns=("path", "sky"), rows=(row,), notes=("Take an umbrella & a hat",))


class Silent(Plugin):
    name: ClassVar[str] = "silent"

    @hookimpl
    def newel_development_panel(self) -> None:
        return None


class Stormy(Plugin):
    name: ClassVar[str] = "stormy"

    @hookimpl
    def newel_development_panel(self) -> Panel:
        raise RuntimeError("a panel of an error page must not make things worse")


@pytest.fixture
def told() -> Iterator[Client]:
    """A client of an application whose plugins have something to say of a request that failed."""
    app = App(routes=[router], plugins=[Stormy, Silent, Weather], profile="development")
    yield Client(app)
    app.close()


@pytest.fixture
def client() -> Iterator[Client]:
    app = App(routes=[router], plugins=[Clock], profile="development")
    yield Client(app)
    app.close()


def page(client: Client, path: str, method: str = "GET", **more: Any) -> str:
    """Ask as a browser does, and return the page."""
    headers = {"Accept": HTML, **more.pop("headers", {})}
    answer: TestResponse = client.open(path, method=method, headers=headers, **more)
    assert answer.mimetype == "text/html"
    return answer.text


def words(html: str) -> str:
    """Return the text of a page, without its tags."""
    return re.sub(r"<[^>]*>", " ", html)


# --- what is shown --------------------------------------------------------------------------------------------------
def test_the_page_shows_exception_cause_and_the_lines_that_ran(client: Client) -> None:
    html = page(client, "/price/milk")
    assert '<p class="kind">ValueError</p><p class="text">no price for milk</p>' in html
    assert '<p class="relation">caused by:</p><p class="kind">KeyError</p>' in html
    ran = re.findall(r'<span class="ran"><i>\d+</i>([^<]*)</span>', html)
    assert [line.strip() for line in ran] == [
        "raise ValueError(f&#34;no price for {item}&#34;) from error",
        "return {&#34;tea&#34;: &#34;3&#34;}[item]",
    ]


def test_the_frames_of_the_kernel_are_folded(client: Client) -> None:
    html = page(client, "/price/milk")
    assert re.search(r"<summary>\d+ frames of newel</summary>", html)
    unfolded = re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
    assert "newel/plan.py<small>, line" not in unfolded


def test_the_page_names_the_plugin_at_fault(client: Client) -> None:
    note = '<p class="note">in plugin &#39;clock&#39;, newel_before_request</p>'
    assert note in page(client, "/guarded")


def test_the_page_shows_what_plugins_know_of_the_request_whoever_of_them_fails(told: Client) -> None:
    html = page(told, "/price/milk")
    assert "<h2>Weather</h2>" in html
    assert '<p class="note">Take an umbrella &amp; a hat</p>' in html
    assert "<tr><th>path</th><th>sky</th></tr>" in html
    assert '<td data-name="path">/price/milk</td><td data-name="sky">&lt;b&gt;rain&lt;/b&gt;</td>' in html
    assert "must not make things worse" not in html


def test_text_and_problem_show_what_plugins_know_too(told: Client) -> None:
    text = told.get("/price/milk", headers={"Accept": "text/plain"}).text
    assert "Weather\n    Take an umbrella & a hat\n    /price/milk, <b>rain</b>\n" in text
    problem: Any = told.get("/price/milk", headers={"Accept": "application/json"}).json
    weather = {"path": "/price/milk", "sky": "<b>rain</b>"}
    assert problem["panels"] == [{"title": "Weather", "notes": ["Take an umbrella & a hat"], "rows": [weather]}]


def test_the_page_shows_the_plan_of_the_route(client: Client) -> None:
    html = page(client, "/price/milk")
    assert "The plan of /price/&lt;item&gt; → " in html
    assert "<td>handler</td><td>app</td>" in html
    assert "<td>newel_before_request</td><td>clock</td>" in html


def test_the_page_shows_what_was_sent(client: Client) -> None:
    html = page(client, "/price/milk?count=2&count=3")
    assert '<td>item</td><td class="value">milk</td>' in html
    assert '<td>count</td><td class="value">2</td></tr>\n<tr><td>count</td><td class="value">3</td>' in html
    form = page(client, "/contact", "POST", data={"name": "Ada"})
    assert '<td>name</td><td class="value">Ada</td>' in form


def test_every_exception_of_a_group_is_shown(client: Client) -> None:
    text = words(page(client, "/group"))
    assert text.count("one of the group:") == 2
    assert "one of them" in text
    assert "the other" in text


def test_an_exception_that_has_no_text_is_shown_without(client: Client) -> None:
    assert f'<p class="kind">{__name__}.Broken</p><p class="text"></p>' in page(client, "/broken")


def test_an_error_of_a_template_shows_the_line_of_the_template(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html.jinja").write_text("<p>\n{{ nobody }}\n</p>\n")
    pages = Router()

    @pages.get("/")
    def index() -> Page:
        return Page("a.html")

    app = App(routes=[pages], use={"templates": "jinja2"}, profile="development", folder=tmp_path)
    html = page(Client(app), "/")
    assert '<span class="ran"><i>2</i>{{ nobody }}</span>' in html
    assert "a.html.jinja<small>, line 2</small>" in html


def test_an_error_before_any_route_is_shown_too() -> None:
    class Early(Plugin):
        name: ClassVar[str] = "early"

        @hookimpl
        def newel_before_request(self) -> None:
            raise RuntimeError("too early")

    app = App(routes=[router], plugins=[Early], profile="development")
    html = page(Client(app), "/nowhere")
    assert "too early" in html
    assert "The plan of no route: not found" in html


@pytest.mark.parametrize("query", ["%ff=%ff", "a=%00", "&&==&", "a" * 5000])
def test_a_request_that_is_malformed_has_a_page(client: Client, query: str) -> None:
    assert "no price for milk" in page(client, f"/price/milk?{query}")


def test_a_body_that_is_malformed_has_a_page(client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert "nobody answers" in page(client, "/contact", "POST", data=b"{", headers=headers)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert "nobody answers" in page(client, "/contact", "POST", data=b"--y", headers=headers)


# --- in which form --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("accept", [None, "*/*", "text/plain"])
def test_what_is_no_browser_gets_text(client: Client, accept: str | None) -> None:
    answer = client.get("/price/milk", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.content_type) == (500, "text/plain; charset=utf-8")
    assert answer.text.startswith("500 Internal Server Error: GET /price/milk\n\nValueError: no price for milk\n")
    assert re.search(r"^  > +\d+ .*raise ValueError", answer.text, re.MULTILINE)
    assert re.search(r"^    handler: ", answer.text, re.MULTILINE)


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
def test_a_program_gets_a_problem(client: Client, accept: str) -> None:
    answer = client.get("/guarded", headers={"Accept": accept})
    assert answer.mimetype == "application/problem+json"
    problem = json.loads(answer.data)
    assert (problem["status"], problem["title"]) == (500, "Internal Server Error")
    assert problem["detail"] == "RuntimeError: the clock is late"
    assert problem["exceptions"][0]["notes"] == ["in plugin 'clock', newel_before_request"]
    assert problem["plan"][0].startswith("newel_before_request: ")


def test_the_status_is_that_of_the_error(client: Client) -> None:
    assert client.get("/busy", headers={"Accept": HTML}).status_code == 503
    assert "Come back later." in page(client, "/busy")


@pytest.mark.parametrize("accept", [HTML, "application/json", "text/plain"])
def test_the_headers_of_the_error_are_sent(client: Client, accept: str) -> None:
    assert client.get("/busy", headers={"Accept": accept}).headers["Retry-After"] == "30"


def test_what_is_no_fault_of_the_application_has_the_page_of_production(client: Client) -> None:
    answer = client.get("/gone", headers={"Accept": HTML})
    assert answer.status_code == 410
    assert "frame" not in answer.text


def test_the_log_says_why_an_error_of_the_application_is_answered_with_less_than_500(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "newel")
    assert client.get("/sold/a%0Ab").status_code == 409
    (record,) = caplog.records
    told, _, where = record.getMessage().partition(" (")
    assert told == f"GET /sold/a b is answered with 409: {__name__}.Sold: a b is sold"
    assert re.fullmatch(re.escape(__file__) + r":\d+ in sold\)", where)


@pytest.mark.parametrize("path, status", [("/gone", 410), ("/nowhere", 404), ("/count?of=x", 400)])
def test_what_the_client_was_told_is_not_logged_again(
    path: str, status: int, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "newel")
    assert client.get(path).status_code == status
    assert not caplog.records


# --- nothing gets through -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path, more",
    [
        (f"/price/{ATTACK}".replace("/script", "script"), {}),
        (f"/price/milk?{ATTACK}={ATTACK}", {}),
        ("/price/milk", {"headers": {"User-Agent": ATTACK, "X-Own": ATTACK, "Cookie": f"{ATTACK}=1"}}),
        ("/contact", {"method": "POST", "data": {ATTACK: ATTACK}}),
        ("/contact", {"method": "POST", "json": {ATTACK: ATTACK}}),
    ],
    ids=["path", "query", "headers", "form", "json"],
)
def test_markup_of_a_request_is_text(client: Client, path: str, more: dict[str, Any]) -> None:
    html = page(client, path, **more)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@given(st.text(alphabet=st.sampled_from("<>&\"'/=`;-!abc{}%"), min_size=1, max_size=30))
def test_no_text_of_an_error_makes_a_tag(text: str) -> None:
    found, harmless = (page(Client(failing(said)), "/") for said in (text, "x"))
    assert re.findall(r"<\w+", found) == re.findall(r"<\w+", harmless)


def failing(text: str) -> App:
    def fail() -> str:
        error = ValueError(text)
        error.add_note(text)
        raise error

    own = Router()
    own.get("/")(fail)
    return App(routes=[own], profile="development")


def test_the_page_allows_its_own_style_and_nothing_else(client: Client) -> None:
    answer = client.get("/price/milk", headers={"Accept": HTML})
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    assert policy == POLICY[1]
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert not re.search(r" style=|<script|javascript:|\son\w+=", answer.text)


def test_the_page_is_kept_by_nobody(client: Client) -> None:
    for accept in (HTML, "*/*", "application/json"):
        assert client.get("/price/milk", headers={"Accept": accept}).headers["Cache-Control"] == "no-store"


# --- secrets --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("accept", [HTML, "*/*", "application/json"])
def test_no_secret_is_shown(client: Client, accept: str) -> None:
    client.set_cookie("session", "tell-nobody-1")
    answers = [
        client.get(
            "/price/milk?token=tell-nobody-2",
            headers={"Accept": accept, "Authorization": "Bearer tell-nobody-3", "X-Api-Key": "tell-nobody-4"},
        ),
        client.post(
            "/contact",
            data={"new_password": "tell-nobody-5", "csrf_token": "tell-nobody-6"},
            headers={"Accept": accept},
        ),
        client.post("/contact", json={"user": {"password": "tell-nobody-7"}}, headers={"Accept": accept}),
        client.get("/dsn", headers={"Accept": accept}),
    ]
    shown = "".join(answer.text for answer in answers)
    assert "tell-nobody" not in shown
    assert "postgres://me:********@db" in shown


@pytest.mark.parametrize("name", ["password", "PASSWD", "api_key", "X-Auth-Token", "sessionid", "card_number", "pin"])
def test_a_name_that_sounds_secret_hides_its_value(name: str) -> None:
    assert masked(name, "hunter2") == "********"


@pytest.mark.parametrize("name", ["author", "author_name", "title", "opinion", "page"])
def test_a_name_that_does_not_is_shown(name: str) -> None:
    assert masked(name, "Ada") == "Ada"


# --- who sees it ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", ""])
def test_this_machine_is_loopback(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["192.168.1.7", "::ffff:192.168.1.7", "2001:db8::1", "unknown"])
def test_a_client_on_another_machine_sees_what_production_shows(client: Client, address: str) -> None:
    answer = client.get("/price/milk", headers={"Accept": HTML}, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 500
    assert "milk" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Newel-Profile": "development"}, {"X-Debug": "1"}, {"Cookie": "NEWEL_PROFILE=development; debug=1"}],
)
@pytest.mark.parametrize("accept", [HTML, "*/*", "application/json"])
def test_production_shows_nothing_whatever_is_sent(headers: dict[str, str], accept: str) -> None:
    app = App({"app": {"hosts": ["localhost"]}}, routes=[router], profile="production")
    answer = Client(app).get("/price/milk?__debugger__=yes&debug=1", headers={"Accept": accept, **headers})
    app.close()
    assert answer.status_code == 500
    assert not re.search(r"milk|ValueError|Traceback|test_development|price", answer.text)
