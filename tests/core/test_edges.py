"""What no route answers: 404, 405, OPTIONS, HEAD and slash redirects, each with hooks before and after."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import run_wsgi_app

from newel import Converter, HTTPError, Plugin, Response, Router
from newel.testing import Client, HookRecorder
from tests.core.applications import client_of, hello, plugin, routing
from tests.core.environs import environ


def board() -> Router:
    """Routes with several methods, and one that ends with a slash."""
    router = Router()
    router.get("/notices/", name="list")(hello)
    router.post("/notices/", name="post")(hello)
    router.route("/notices/<int:id>", methods=["PUT", "DELETE"], name="change")(lambda id: "changed")  # noqa: A006
    return router


@pytest.fixture
def client() -> Client:
    """A client of the board."""
    return client_of(board())


# --- 404, 405, OPTIONS, HEAD ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/nowhere", "/notices/x/y", "/notices/x", "/noticés", "/%2e%2e/x", "/%252e"])
def test_a_path_that_no_route_has_is_404(path: str, client: Client) -> None:
    response = client.get(path)
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert response.json == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_a_browser_gets_a_page(client: Client) -> None:
    response = client.get("/nowhere", headers={"Accept": "text/html"})
    assert response.content_type == "text/html; charset=utf-8"
    assert "404" in response.text
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("PATCH", "/notices/", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/notices/", "GET, HEAD, OPTIONS, POST"),
        ("GET", "/notices/3", "DELETE, OPTIONS, PUT"),
        ("HEAD", "/notices/3", "DELETE, OPTIONS, PUT"),
        ("TRACE", "/notices/", "GET, HEAD, OPTIONS, POST"),
        ("get", "/notices/", "GET, HEAD, OPTIONS, POST"),
        ("PURGE", "/notices/3", "DELETE, OPTIONS, PUT"),
    ],
)
def test_another_method_is_405_with_the_sorted_methods_of_the_path(
    method: str, path: str, allowed: str, client: Client
) -> None:
    response = run_wsgi_app(client.app, environ(path, REQUEST_METHOD=method))
    assert response[1] == "405 Method Not Allowed"
    assert response[2]["Allow"] == allowed


@pytest.mark.parametrize("name", ["_method", "X-HTTP-Method-Override"])
def test_no_field_and_no_header_overrides_the_method(name: str, client: Client) -> None:
    form: dict[str, Any] = {"data": {name: "DELETE"}} if name == "_method" else {"headers": {name: "DELETE"}}
    assert client.post("/notices/3", **form).status_code == 405


def test_options_of_a_path_are_its_methods(client: Client) -> None:
    response = client.options("/notices/")
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert "Content-Type" not in response.headers


def test_options_of_a_path_that_is_not_there_are_404(client: Client) -> None:
    assert client.options("/nowhere").status_code == 404


def test_a_route_may_answer_options_itself() -> None:
    router = Router()
    router.route("/", methods=["GET", "OPTIONS"])(hello)
    assert client_of(router).options("/").text == "hello"


def test_head_is_get_without_its_body(client: Client) -> None:
    got, head = client.get("/notices/"), client.head("/notices/")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers == got.headers


# --- slashes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path, location",
    [
        ("/notices", "/notices/"),
        ("/notices?page=2&q=a%20b", "/notices/?page=2&q=a%20b"),
        ("//notices", "/notices/"),
        ("/notices//", "/notices/"),
        ("///notices//3", "/notices/3"),
    ],
)
def test_a_path_with_other_slashes_is_redirected_with_its_query(path: str, location: str, client: Client) -> None:
    path_info, _, query = path.partition("?")
    request = environ(path_info, QUERY_STRING=query, REQUEST_METHOD="PUT" if "3" in path else "GET")
    _, status, headers = run_wsgi_app(client.app, request)
    assert (status, headers["Location"]) == ("308 Permanent Redirect", location)


def test_a_redirect_keeps_where_the_application_is_mounted(client: Client) -> None:
    request = environ("/notices", SCRIPT_NAME="/b\xc3\xb6ard", QUERY_STRING="q=1")
    assert run_wsgi_app(client.app, request)[2]["Location"] == "/b%C3%B6ard/notices/?q=1"


def test_the_same_method_and_body_come_again_after_a_redirect(client: Client) -> None:
    assert client.post("/notices", data={"title": "x"}, follow_redirects=True).text == "hello"


@pytest.mark.parametrize("query", ["\r\nSet-Cookie: a=b", "\x00", "\xff", "a=\t", "caf\xe9", "\u0107"])
def test_no_query_breaks_the_head_of_a_redirect(query: str, client: Client) -> None:
    _, status, headers = run_wsgi_app(client.app, environ("/notices", QUERY_STRING=query))
    assert status.startswith("308")
    assert headers["Location"].isascii()
    assert headers["Location"].isprintable()
    assert "Set-Cookie" not in headers


def test_a_redirect_never_leads_to_another_host(client: Client) -> None:
    for path in ("//evil.example/notices", "//notices", "/\\evil.example//"):
        location = run_wsgi_app(client.app, environ(path))[2].get("Location", "/")
        assert not location.startswith(("//", "/\\"))


# --- hooks ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "method, path, status", [("GET", "/nowhere", 404), ("PATCH", "/notices/", 405), ("GET", "/notices", 308)]
)
def test_edges_run_the_hooks_of_every_request(method: str, path: str, status: int) -> None:
    recorder = HookRecorder.fresh()
    client_of(board(), recorder).open(path, method=method)
    assert [hook for hook in recorder.hooks(path) if hook != "newel_handle_error"] == [
        "newel_before_request",
        "newel_after_request",
        "newel_teardown_request",
    ]
    assert all(call.route is None for call in recorder.calls)
    assert recorder.calls[-2].seen == status


def test_a_before_hook_may_answer_what_no_route_does() -> None:
    maintenance = plugin("maintenance", newel_before_request=lambda self: Response("later", 503))
    assert client_of(board(), maintenance).get("/nowhere").status_code == 503


def test_an_error_page_may_be_a_plugins_own() -> None:
    def newel_handle_error(self: Plugin, error: Exception) -> str | None:
        return "gone fishing" if isinstance(error, HTTPError) and error.http_status == 404 else None

    client = client_of(board(), plugin("fishing", newel_handle_error=newel_handle_error))
    assert client.get("/nowhere").text == "gone fishing"
    assert client.patch("/notices/").status_code == 405


# --- converters -------------------------------------------------------------------------------------------------------
class Picky(Converter):
    """A converter that raises where it should return None."""

    type = str

    def parse(self, text: str) -> Any:
        """Raise."""
        raise ZeroDivisionError(text)


def test_an_error_in_a_converter_is_an_error_of_the_request(caplog: pytest.LogCaptureFixture) -> None:
    router = routing(index=hello)
    router.converter("picky", Picky)
    router.get("/<picky:key>", name="picked")(lambda key: key)
    recorder = HookRecorder.fresh()
    client = client_of(router, recorder)
    response = client.get("/anything")
    assert response.status_code == 500
    assert "anything" not in response.text
    assert "ZeroDivisionError: anything" in caplog.text
    assert [call.seen for call in recorder.calls if call.hook == "newel_after_request"] == [500]
    assert client.get("/").text == "hello"
