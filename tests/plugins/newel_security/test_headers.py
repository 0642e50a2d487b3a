"""The headers that every response carries, unless something set them before (checklist E28 to E35)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import run_wsgi_app

from newel import Data, FileResponse, Html, HTTPError, Plugin, Redirect, Response, Router
from newel.testing import Client
from newel_security import CspNonce, SecurityConfig
from newel_security.policy import POLICY, with_nonce
from tests.core.applications import PRODUCTION, client_of, plugin, routing, served
from tests.core.environs import environ

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def results() -> dict[str, Callable[[], Any]]:
    """Handlers of every kind of response."""

    def raises() -> str:
        raise ZeroDivisionError

    def refuses() -> str:
        raise HTTPError(409)

    return {
        "text": lambda: "text",
        "html": lambda: Html("<p>"),
        "data": lambda: {"a": 1},
        "typed": lambda: Data(b"x", type="image/png"),
        "redirect": lambda: Redirect("/text"),
        "empty": lambda: Response(status=204),
        "unknown": lambda: Response(b"bytes"),
        "own": lambda: Response("x", headers={"X-Own": "1", "X-Two": "2"}),
        "stream": lambda: (piece for piece in "ab"),
        "file": lambda: FileResponse(__file__),
        "raises": raises,
        "refuses": refuses,
    }


@pytest.fixture(scope="module")
def client() -> Client:
    """A client of an application with every kind of response."""
    return client_of(routing(**results()))


@pytest.mark.parametrize("path", [*results(), "nowhere", "text/", "html?x=%FF"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_every_response_has_the_fixed_headers_once(client: Client, path: str, method: str) -> None:
    headers = client.open(f"/{path}", method=method).headers
    assert {name: headers.getlist(name) for name in FIXED} == {name: [value] for name, value in FIXED.items()}


@pytest.mark.parametrize("path", [*results(), "nowhere"])
def test_every_response_with_content_has_a_type_and_text_a_charset(client: Client, path: str) -> None:
    response = client.get(f"/{path}")
    assert ("Content-Type" in response.headers) == (response.status_code != 204)
    if (response.content_type or "").startswith("text/"):
        assert "charset=utf-8" in response.content_type


@pytest.mark.parametrize("path", ["html", "raises", "refuses", "nowhere"])
def test_every_page_has_a_policy_and_cannot_be_framed(client: Client, path: str) -> None:
    response = client.get(f"/{path}", headers={"Accept": "text/html"})
    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["X-Frame-Options"] == "DENY"
    policy = response.headers["Content-Security-Policy"]
    for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "default-src 'self'"):
        assert directive in policy


@pytest.mark.parametrize("path", ["text", "data", "redirect", "file"])
def test_what_is_no_page_has_no_policy(client: Client, path: str) -> None:
    assert "Content-Security-Policy" not in client.get(f"/{path}").headers


@pytest.mark.parametrize("name", [*FIXED, "X-Frame-Options", "Content-Security-Policy"])
@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_a_header_of_the_handlers_own_stays_as_it_is(name: str, spelled: Callable[[str], str]) -> None:
    def handler() -> Response:
        return Response("<p>", content_type="text/html", headers={spelled(name): "own"})

    assert served(handler).get("/").headers.getlist(name) == ["own"]


def test_a_header_of_another_hook_stays_as_it_is() -> None:
    def newel_after_request(self: Plugin, response: Response) -> None:
        response.headers.set("Referrer-Policy", "no-referrer")

    early = plugin("early", newel_after_request=newel_after_request)  # listed later, so that it runs before
    assert served(lambda: "x", early).get("/").headers.getlist("Referrer-Policy") == ["no-referrer"]


@pytest.mark.parametrize("headers", [{}, {"X-Own": "1"}])
def test_a_page_whose_type_is_written_in_capitals_is_a_page(headers: dict[str, str]) -> None:
    def handler() -> Response:
        return Response(b"<p>", 200, {"Content-Type": "Text/HTML", **headers})

    assert POLICY == served(handler).get("/").headers["Content-Security-Policy"]


def test_hsts_is_sent_on_https_and_never_on_plain_http() -> None:
    client = served(lambda: "x")
    assert "Strict-Transport-Security" not in client.get("/").headers
    header = client.get("/", base_url="https://localhost").headers["Strict-Transport-Security"]
    found = re.match(r"max-age=(\d+)", header)
    assert found
    assert int(found[1]) >= 365 * 24 * 3600


def test_hsts_and_the_policy_are_configuration() -> None:
    config = {**PRODUCTION, "security": {"hsts": 0, "csp": "default-src 'none'"}}
    client = client_of(routing(index=lambda: Html("<p>")), config=config)
    headers = client.get("/", base_url="https://localhost").headers
    assert "Strict-Transport-Security" not in headers
    assert headers["Content-Security-Policy"] == "default-src 'none'"


def test_no_header_tells_what_serves(client: Client) -> None:
    for path in ("text", "raises", "nowhere"):
        headers = client.get(f"/{path}").headers
        assert not {"Server", "X-Powered-By", "Via"} & set(headers.keys())
        assert "newel" not in str(headers).lower()


def test_switched_off_by_name_there_are_no_such_headers_and_the_guards_stay() -> None:
    router = Router()
    router.post("/")(lambda: "x")
    client = client_of(router, config={"app": {**PRODUCTION["app"], "without": ["security"]}})
    response = client.post("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert not set(FIXED) & set(response.headers.keys())


# --- nonces -----------------------------------------------------------------------------------------------------------
def page(nonce: CspNonce) -> Html:
    """A page with a script of its own."""
    return Html(f'<script nonce="{nonce.value}">')


def test_a_page_that_asks_for_a_nonce_has_it_in_the_header_and_another_has_none() -> None:
    client = client_of(routing(index=page, plain=lambda: Html("<p>")))
    response = client.get("/")
    (nonce,) = re.findall(r'nonce="([^"]+)"', response.text)
    policy = response.headers["Content-Security-Policy"]
    assert f"script-src 'self' 'nonce-{nonce}'" in policy
    assert f"style-src 'self' 'nonce-{nonce}'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "nonce" not in client.get("/plain").headers["Content-Security-Policy"]


def test_a_nonce_is_fresh_for_each_request_and_the_same_within_one() -> None:
    def handler(nonce: CspNonce, again: CspNonce) -> Html:
        assert nonce.value == again.value
        return Html(nonce.value)

    client = served(handler)
    seen = {client.get("/").text for _ in range(20)}
    assert len(seen) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{24}", nonce) for nonce in seen)  # 144 bits, as CSP's base64-value


def test_an_error_page_of_a_request_that_had_a_nonce_has_its_policy_too() -> None:
    def handler(nonce: CspNonce) -> Html:
        raise HTTPError(409)

    headers = served(handler).get("/", headers={"Accept": "text/html"}).headers
    assert "nonce-" in headers["Content-Security-Policy"]


def test_a_route_may_have_a_policy_of_its_own_and_a_nonce_within_it() -> None:
    router = Router()
    router.get("/plain", csp="default-src 'none'", name="plain")(lambda: Html("<p>"))
    router.get("/page", csp="default-src 'none'; script-src https://cdn.example", name="page")(page)
    client = client_of(router)
    assert client.get("/plain").headers["Content-Security-Policy"] == "default-src 'none'"
    policy = client.get("/page").headers["Content-Security-Policy"]
    assert "script-src https://cdn.example 'nonce-" in policy
    assert "style-src 'nonce-" in policy


@pytest.mark.parametrize(
    "policy, expected",
    [
        ("", "script-src 'self' 'nonce-x'; style-src 'self' 'nonce-x'"),
        ("default-src 'none'", "default-src 'none'; script-src 'nonce-x'; style-src 'nonce-x'"),
        ("script-src 'none'; style-src a", "script-src 'nonce-x'; style-src a 'nonce-x'"),
        (" Script-Src  a ;; upgrade-insecure-requests; ",
         "script-src a 'nonce-x'; upgrade-insecure-requests; style-src 'self' 'nonce-x'"),
    ],
)  # fmt: skip
def test_a_nonce_is_added_to_scripts_and_styles_beside_what_they_are_allowed(policy: str, expected: str) -> None:
    assert with_nonce(policy, "x") == expected


@given(st.lists(st.sampled_from(["default-src 'self'", "script-src a b", "img-src *", "style-src 'none'", ""])))
def test_a_nonce_takes_no_other_directive_away(directives: list[str]) -> None:
    policy = "; ".join(directives)
    result = with_nonce(policy, "x")
    names = {part.split()[0] for part in directives if part} | {"script-src", "style-src"}
    assert {part.split()[0] for part in result.split("; ")} == names
    assert result.count("'nonce-x'") == 2


def test_the_default_policy_is_that_of_the_configuration_class() -> None:
    assert SecurityConfig().csp == POLICY


# --- what cannot be sent (E34) ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", ["a\rb", "a\nb", "a\0b", "a\r\nSet-Cookie: x=y"])
def test_no_value_breaks_the_head_of_a_response(value: str) -> None:
    def handler(value: str) -> Response:
        return Response("x", headers={"X-Echo": value})

    _, status, headers = run_wsgi_app(served(handler).app, environ("/", QUERY_STRING=f"value={_quoted(value)}"))
    assert status.startswith("500")
    assert "Set-Cookie" not in headers
    assert "X-Echo" not in headers


def _quoted(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" for letter in text)
