"""The test client sends what a browser on the same site sends, and what a test says instead."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from newel import App, Redirect, Request, Response, Router
from newel.testing import Client
from tests.core.applications import PRODUCTION, routing


def echo(request: Request) -> dict[str, Any]:
    """Answer with what came."""
    names = ("Host", "Sec-Fetch-Site", "Origin", "X-Twice")
    return {
        "method": request.method,
        "url": request.url,
        "headers": {name: request.headers.get(name) for name in names},
        "cookies": request.cookies,
    }


def application(**settings: Any) -> App:
    """An application that shows what it was asked."""
    router = Router()
    router.route("/", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])(echo)
    return App({"app": {**PRODUCTION["app"], **settings}}, routes=[router])


def headers(client: Client, **arguments: Any) -> dict[str, Any]:
    """The headers that an application got."""
    answer: Any = client.post("/", **arguments).json
    return dict(answer["headers"])


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_every_request_comes_from_the_same_site(method: str) -> None:
    answer = getattr(Client(application()), method)("/").json
    assert (answer["method"], answer["headers"]["Sec-Fetch-Site"]) == (method.upper(), "same-origin")


def test_a_test_of_an_attack_says_what_the_attackers_browser_would() -> None:
    client = Client(application())
    assert client.post("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/", headers={"Origin": "https://evil.example"}).status_code == 403


def test_headers_may_be_pairs_and_one_of_them_twice() -> None:
    found = headers(Client(application()), headers=[("X-Twice", "a"), ("X-Twice", "b")])
    assert found["X-Twice"] in {"a,b", "a, b"}
    assert found["Sec-Fetch-Site"] == "same-origin"


@pytest.mark.parametrize(
    "hosts, expected",
    [
        (["localhost", "notices.example"], "localhost"),
        (["notices.example", "localhost"], "localhost"),
        (["notices.example"], "notices.example"),
        ([".notices.example"], "notices.example"),
        (["*"], "localhost"),
    ],
)
def test_a_request_asks_for_a_host_that_the_application_has(hosts: list[str], expected: str) -> None:
    assert headers(Client(application(hosts=hosts)))["Host"] == expected


def test_host_and_https_may_be_chosen() -> None:
    client = Client(application(hosts=["*"]), host="shop.example", https=True)
    answer: Any = client.get("/").json
    assert answer["url"] == "https://shop.example/"


def test_cookies_are_kept_unless_they_are_not_wanted() -> None:
    def sets() -> Response:
        response = Response("set")
        response.set_cookie("a", "b", secure=False)
        return response

    router = Router()
    router.get("/set")(sets)
    router.get("/")(echo)
    app = App(PRODUCTION, routes=[router])
    for use_cookies, expected in ((True, {"a": "b"}), (False, {})):
        client = Client(app, use_cookies=use_cookies)
        client.get("/set")
        answer: Any = client.get("/").json
        assert answer["cookies"] == expected


def test_redirects_can_be_followed() -> None:
    app = App(PRODUCTION, routes=[routing(index=lambda: Redirect("/there"), there=lambda: "there")])
    assert Client(app).get("/").status_code == 303
    assert Client(app).get("/", follow_redirects=True).text == "there"


def test_a_response_is_closed_at_once_unless_it_is_to_be_read_piece_by_piece() -> None:
    log: list[str] = []

    def pieces() -> Iterator[str]:
        try:
            yield "one "
            log.append("read")
            yield "two"
        finally:
            log.append("closed")

    client = Client(App(PRODUCTION, routes=[routing(index=pieces)]))
    assert client.get("/").text == "one two"
    assert log == ["read", "closed"]
    log.clear()
    response = client.get("/", buffered=False)
    assert log == []
    pieces_of: Any = response.response
    assert b"".join(pieces_of) == b"one two"
    response.close()
    assert log == ["read", "closed"]


def test_large_files_leave_nothing_open() -> None:
    def size(request: Request) -> str:
        return str(sum(file.size for file in request.files.values()))

    router = Router()
    router.post("/")(size)
    client = Client(App(PRODUCTION, routes=[router]))
    assert client.post("/", data={"file": (BytesIO(b"x" * 1_000_000), "a.bin")}).text == "1000000"
