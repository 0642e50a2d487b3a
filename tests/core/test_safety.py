"""Hosts, requests of other sites, and redirects: what the kernel refuses before anything of anybody runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import run_wsgi_app

from newel import App, BootError, HTTPError, Plugin, Redirect, Router, Scope
from newel.errors import ProblemError
from newel.safety import Hosts, cross_site_guard, own_origin, without_default_port
from newel.settings import AppConfig
from newel.targets import safe_target
from newel.testing import Client
from newel_essentials.responders import RedirectResponder
from tests.core.applications import PRODUCTION, client_of, hello, plugin, routing, the_problem
from tests.core.environs import environ


# --- hosts (E37) ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "patterns, host",
    [
        (["example.org"], "example.org"),
        (["example.org"], "EXAMPLE.org"),
        (["Example.ORG"], "example.org"),
        (["example.org"], "example.org:8000"),
        (["example.org"], "example.org."),
        ([".example.org"], "example.org"),
        ([".example.org"], "a.b.example.org"),
        (["my_service"], "my_service"),
        (["127.0.0.1"], "127.0.0.1:80"),
        (["[::1]"], "[::1]:8000"),
        (["*"], "anything.at.all"),
    ],
)
def test_a_host_of_ours_is_answered(patterns: list[str], host: str) -> None:
    assert host in Hosts(patterns)


@pytest.mark.parametrize("patterns", [["example.org"], [".example.org"], ["*"]])
@pytest.mark.parametrize(
    "host",
    [
        "", ":80", "example.org@evil.example", "evil.example/example.org", "example.org evil", "example.org\x00", " ",
        "example.org:port", "example.org:1:2", "example.org:999999", "[::1", "exämple.org", "example.org\r\nX: 1",
        "a" * 300, "example.org,evil.example", "<script>",
    ],
)  # fmt: skip
def test_what_is_no_host_at_all_is_refused_whatever_is_listed(patterns: list[str], host: str) -> None:
    assert host not in Hosts(patterns)


@pytest.mark.parametrize("host", ["evil.example", "example.org.evil.example", "evilexample.org", "xexample.org", "org"])
@pytest.mark.parametrize("patterns", [["example.org"], [".example.org"], []])
def test_another_host_is_refused(patterns: list[str], host: str) -> None:
    assert host not in Hosts(patterns)


def test_a_subdomain_is_no_host_of_ours_unless_it_is_listed() -> None:
    assert "a.example.org" not in Hosts(["example.org"])


def test_names_that_are_listed_are_known_from_the_start() -> None:
    assert {"example.org", "[::1]"} == Hosts(["Example.org", ".example.com", "[::1]", "*"]).known


def test_hosts_that_were_found_good_are_remembered_boundedly_and_others_never() -> None:
    hosts = Hosts([".example.org"])
    for number in range(3000):
        assert f"h{number}.example.org" in hosts
        assert f"h{number}.example.com" not in hosts
    assert len(hosts.known) == 1024
    assert all(host.endswith(".example.org") for host in hosts.known)


@given(st.text())
def test_no_text_makes_the_host_check_raise(host: str) -> None:
    assert isinstance(host in Hosts([".example.org"]), bool)


def untouched() -> tuple[Client, list[str]]:
    """A client, and a list that anything that runs would be noted in."""
    ran: list[str] = []

    def note(self: Plugin) -> None:
        ran.append("hook")

    def app(environ: Any, start_response: Any) -> list[bytes]:
        ran.append("mount")
        return []

    def handler() -> str:
        ran.append("handler")
        return ""

    router = routing(index=handler)
    router.mount("/old", app)
    hooks = ("newel_before_request", "newel_after_request", "newel_teardown_request", "newel_handle_error")
    return client_of(router, plugin("notes", **dict.fromkeys(hooks, note))), ran


@pytest.mark.parametrize("path", ["/", "/nowhere", "/old/page"])
@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example", "localhost evil"])
def test_a_foreign_host_is_400_before_anything_runs(path: str, host: str) -> None:
    client, ran = untouched()
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 400
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content_type == "text/plain; charset=utf-8"
    assert host not in response.text
    assert ran == []


def test_without_a_host_header_the_servers_own_name_counts() -> None:
    client, _ = untouched()
    for name, status in {"localhost": 200, "other.example": 400}.items():
        request = environ("/", SERVER_NAME=name)
        assert run_wsgi_app(client.app, request)[1].startswith(str(status))


def test_an_empty_list_of_hosts_is_a_boot_error_in_production() -> None:
    with pytest.raises(BootError, match="hosts"):
        App({"app": {"secret": PRODUCTION["app"]["secret"]}})


# --- requests of other sites (E18 to E21) -----------------------------------------------------------------------------
def status(headers: Mapping[str, str], *, method: str = "POST", https: bool = False, origins: Any = ()) -> int:
    """The status of a request whose headers are these and no others."""
    router = Router()
    router.route("/", methods=["GET", method])(hello)
    client = client_of(router, config={"app": {**PRODUCTION["app"], "origins": list(origins)}})
    request = environ("/", REQUEST_METHOD=method, HTTP_HOST="localhost")
    request["wsgi.url_scheme"] = "https" if https else "http"
    request.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()})
    return int(run_wsgi_app(client.app, request)[1].split()[0])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "SAME-ORIGIN", "nonsense"])
def test_what_another_site_made_a_browser_send_is_403(site: str, method: str) -> None:
    assert status({"Sec-Fetch-Site": site}, method=method) == 403
    assert status({"Sec-Fetch-Site": site, "Cookie": "a=b", "Origin": "http://localhost"}, method=method) == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_our_own_pages_or_the_person_sends_passes(site: str) -> None:
    assert status({"Sec-Fetch-Site": site, "Cookie": "a=b"}) == 200


def test_a_listed_origin_passes_from_another_site() -> None:
    origins = ["https://shop.example"]
    headers = {"Sec-Fetch-Site": "cross-site", "Cookie": "a=b"}
    assert status({**headers, "Origin": "https://shop.example"}, origins=origins) == 200
    for other in ("https://shop.example.evil", "http://shop.example", "https://shop.example:8443", "null", ""):
        assert status({**headers, "Origin": other}, origins=origins) == 403
    assert status(headers, origins=origins) == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_method_is_anybodys(method: str) -> None:
    assert status({"Sec-Fetch-Site": "cross-site", "Cookie": "a=b"}, method=method) == 200


@pytest.mark.parametrize(
    "origin, https, expected",
    [
        ("http://localhost", False, 200),
        ("HTTP://LOCALHOST", False, 200),
        ("https://localhost", True, 200),
        ("https://localhost", False, 403),
        ("http://localhost", True, 403),
        ("http://localhost:8000", False, 403),
        ("http://evil.example", False, 403),
        ("http://localhost.evil.example", False, 403),
        ("null", False, 403),
        ("", False, 403),
    ],
)
def test_without_fetch_metadata_the_origin_must_be_our_own(origin: str, https: bool, expected: int) -> None:
    assert status({"Origin": origin}, https=https) == expected
    assert status({"Origin": origin, "Cookie": "a=b"}, https=https) == expected


@pytest.mark.parametrize(
    "referer, expected",
    [
        ("https://localhost/page?x=1", 200),
        ("https://localhost:443/", 200),
        ("https://localhost:8443/", 403),
        ("http://localhost/", 403),
        ("https://evil.example/https://localhost/", 403),
        ("https://localhost@evil.example/", 403),
        ("https://[broken", 403),
        ("", 403),
        ("/page", 403),
    ],
)
def test_on_https_the_referer_stands_in_for_a_missing_origin(referer: str, expected: int) -> None:
    assert status({"Referer": referer, "Cookie": "a=b"}, https=True) == expected


def test_with_no_header_at_all_cookies_decide() -> None:
    assert status({"Cookie": "a=b"}) == 403
    assert status({"Cookie": "a=b"}, https=True) == 403
    assert status({}) == 200
    assert status({}, https=True) == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_token_without_cookies_is_exempt_because_no_browser_adds_it_by_itself(headers: dict[str, str]) -> None:
    assert status({**headers, "Authorization": "Bearer abc"}) == 200


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_token_does_not_excuse_cookies(headers: dict[str, str]) -> None:
    assert status({**headers, "Authorization": "Bearer abc", "Cookie": "a=b"}) == 403


@pytest.mark.parametrize("scheme", ["Basic", "basic", "Digest", "Negotiate", "NTLM", ""])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_what_browsers_repeat_for_any_site_is_not_exempt(headers: dict[str, str], scheme: str) -> None:
    assert status({**headers, "Authorization": f"{scheme} abc"}) == 403


def test_a_password_of_a_script_passes_as_it_has_neither_cookies_nor_an_origin() -> None:
    assert status({"Authorization": "Basic abc"}) == 200


def test_the_refusal_is_an_error_like_any_other_and_says_why() -> None:
    router = Router()
    router.post("/")(hello)
    response = client_of(router).post("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert response.json == {
        "type": "about:blank", "title": "Forbidden", "status": 403, "detail": "This request came from another site.",
    }  # fmt: skip


HEADERS = st.sampled_from(["HTTP_ORIGIN", "HTTP_REFERER", "HTTP_SEC_FETCH_SITE", "HTTP_COOKIE", "HTTP_AUTHORIZATION"])


@given(st.dictionaries(HEADERS, st.text()), st.sampled_from(["http", "https"]))
def test_the_guard_refuses_or_passes_and_does_nothing_else(headers: dict[str, str], scheme: str) -> None:
    request = {**environ("/", REQUEST_METHOD="POST", HTTP_HOST="localhost"), **headers, "wsgi.url_scheme": scheme}
    refused: list[int] = []
    try:
        assert cross_site_guard(())(Scope({}, request, None, {})) is None
    except HTTPError as error:
        refused.append(error.http_status)
    assert refused in ([], [403])


# --- origins ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "scheme, host, expected",
    [
        ("http", "localhost:80", "http://localhost"),
        ("https", "Localhost:443", "https://localhost"),
        ("http", "localhost:443", "http://localhost:443"),
        ("https", "localhost:80", "https://localhost:80"),
        ("http", "localhost:8080", "http://localhost:8080"),
    ],
)
def test_an_origin_leaves_the_usual_port_out(scheme: str, host: str, expected: str) -> None:
    assert without_default_port(scheme, host) == expected
    assert own_origin({"wsgi.url_scheme": scheme, "HTTP_HOST": host}) == expected


# --- redirects (E39) --------------------------------------------------------------------------------------------------
OWN = "https://notices.example"


@pytest.mark.parametrize(
    "url",
    ["/", "/a/b?c=d#e", "/a//b", "a/b", "?page=2/", "/:80", "https://notices.example/x", "HTTPS://notices.example/x"],
)
def test_a_path_of_ours_and_our_own_origin_are_safe_targets(url: str) -> None:
    assert safe_target(url, OWN, Hosts([]))


@pytest.mark.parametrize(
    "url",
    [
        "", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil",
        "https://evil.example/", "http://notices.example/", "https://notices.example:444/", "https:evil.example/x",
        "http:///evil.example/", "https:///evil.example", "javascript:alert(1)//", "javascript:/x", "JaVaScRiPt:/x",
        "data:text/html,/x", "vbscript:/x", "mailto:a/b", "/a\tb", "\t//evil.example", " //evil.example", "/a\nb",
        "/a\rb", "/\t/evil.example", "/a\0b", "/a\x7fb", "https://notices.example@evil.example/", "https://user@notices.example/",
        "https://evil.example\\@notices.example/", "https://[::1/", "https://notices.example.evil.example/", "ftp://x/y",
        "https://notices。example/", "//notices.example@evil.example/",
    ],
)  # fmt: skip
def test_anything_else_is_no_safe_target(url: str) -> None:
    assert not safe_target(url, OWN, Hosts([]))


def test_a_listed_host_is_a_safe_target_by_the_same_patterns_as_hosts() -> None:
    listed = Hosts(["shop.example", ".pay.example"])
    for url in (
        "https://shop.example/x",
        "http://shop.example:8080/",
        "https://a.pay.example/",
        "https://PAY.example/",
    ):
        assert safe_target(url, OWN, listed)
    for url in ("https://a.shop.example/", "javascript://shop.example/", "https://shop.example@evil.example/"):
        assert not safe_target(url, OWN, listed)


@given(st.text(alphabet=st.sampled_from("/\\:@.?#a%\t\n \0[]evil" + "\u3002\uff0f\u2028")))
def test_what_is_safe_begins_with_our_own_address_or_is_a_path(url: str) -> None:
    if safe_target(url, OWN, Hosts([])):
        assert not url.startswith(("//", "/\\"))
        assert url.startswith(OWN) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url) is None


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:/x"])
def test_a_redirect_elsewhere_is_a_500_that_says_why_in_the_log(to: str, caplog: pytest.LogCaptureFixture) -> None:
    def handler(to: str = to) -> Redirect:
        return Redirect(to)

    response = client_of(routing(index=handler)).get("/")
    assert response.status_code == 500
    assert "Location" not in response.headers
    assert "it leaves this host" in caplog.text
    assert "redirect_hosts" in caplog.text


def test_a_redirect_to_a_listed_host_is_made() -> None:
    def handler() -> Redirect:
        return Redirect("https://a.shop.example/basket")

    config = {"app": {**PRODUCTION["app"], "redirect_hosts": [".shop.example"]}}
    assert client_of(routing(index=handler), config=config).get("/").location == "https://a.shop.example/basket"


@given(st.text(min_size=1))
def test_a_redirect_of_any_text_is_refused_or_stays(to: str) -> None:
    respond = RedirectResponder(AppConfig())
    scope = Scope({}, environ("/", HTTP_HOST="localhost"), None, {})
    try:
        location = respond(Redirect(f"/{to}"), scope).headers["Location"]
    except ProblemError:
        return
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert location.isascii()
    assert location.isprintable()


def test_a_listed_origin_that_no_browser_sends_is_a_boot_error() -> None:
    assert "origins" in the_problem(config={"app": {"origins": ["https://shop.example:443"]}})
