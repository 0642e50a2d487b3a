"""Mounts: any WSGI application under a prefix, behind the checks that need no look into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import run_wsgi_app

from newel import App, HTTPError, Request, Response, Router
from newel.testing import Client, HookRecorder
from tests.core.applications import PRODUCTION, client_of, hello, plugin
from tests.core.environs import environ

Seen = dict[str, Any]


class Foreign:
    """A WSGI application that remembers what it was called with, and answers as it is told."""

    def __init__(
        self, headers: Iterable[tuple[str, str]] = (), status: str = "200 OK", body: Iterable[bytes] | None = None
    ) -> None:
        self.seen: Seen = {}
        self.calls = 0
        self.closed = 0
        self.headers = [("Content-Type", "text/html"), *headers]
        self.status = status
        self.body = body

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        self.calls += 1
        self.seen = dict(environ)
        start_response(self.status, self.headers)
        return self if self.body is None else self.body

    def __iter__(self) -> Iterator[bytes]:
        yield b"foreign"

    def close(self) -> None:
        self.closed += 1


def mounted(app: Callable[..., Iterable[bytes]], *plugins: Any, prefix: str = "/old", **settings: Any) -> Client:
    """A client of an application with a mount and a route below its prefix."""
    router = Router()
    router.mount(prefix, app)
    router.get(f"{prefix}/own")(hello)
    return client_of(router, *plugins, config={"app": {**PRODUCTION["app"], **settings}})


# --- what it is called with -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "prefix, path, script_name, path_info",
    [
        ("/old", "/old", "/old", ""),
        ("/old", "/old/", "/old", "/"),
        ("/old", "/old/a/b", "/old", "/a/b"),
        ("/old/er", "/old/er/a", "/old/er", "/a"),
        ("", "/a", "", "/a"),
        ("", "/", "", "/"),
        ("/ölder", "/ölder/é", "/\xc3\xb6lder", "/\xc3\xa9"),
    ],
)
def test_script_name_and_path_info_are_parted_where_the_prefix_ends(
    prefix: str, path: str, script_name: str, path_info: str
) -> None:
    foreign = Foreign()
    assert mounted(foreign, prefix=prefix).get(path).text == "foreign"
    assert (foreign.seen["SCRIPT_NAME"], foreign.seen["PATH_INFO"]) == (script_name, path_info)


def test_a_mount_below_where_the_application_itself_is_mounted_knows_both() -> None:
    foreign = Foreign()
    mounted(foreign).get("/old/a", base_url="http://localhost/site")
    assert (foreign.seen["SCRIPT_NAME"], foreign.seen["PATH_INFO"]) == ("/site/old", "/a")


def test_a_server_may_leave_an_empty_path_out() -> None:
    foreign = Foreign()
    request = environ("/")
    del request["PATH_INFO"]
    run_wsgi_app(mounted(foreign, prefix="").app, request)
    assert foreign.seen["PATH_INFO"] == ""


def test_a_prefix_ends_at_a_slash() -> None:
    assert mounted(Foreign()).get("/older").status_code == 404


def test_the_longest_prefix_wins() -> None:
    router = Router()
    router.mount("/old", Foreign(body=[b"short"]))
    router.mount("/old/er", Foreign(body=[b"long"]))
    client = client_of(router)
    assert [client.get(path).text for path in ("/old/x", "/old/er/x", "/old/ers")] == ["short", "long", "short"]


def test_a_route_goes_before_a_mount() -> None:
    assert mounted(Foreign()).get("/old/own").text == "hello"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PROPFIND", "TRACE"])
def test_a_mount_gets_every_method(method: str) -> None:
    foreign = Foreign()
    mounted(foreign).open("/old/x", method=method)
    assert foreign.seen["REQUEST_METHOD"] == method


def test_the_query_and_the_headers_are_those_that_were_sent() -> None:
    foreign = Foreign()
    mounted(foreign).get("/old/x?a=1", headers={"X-Own": "yes"})
    assert (foreign.seen["QUERY_STRING"], foreign.seen["HTTP_X_OWN"]) == ("a=1", "yes")


def test_the_environ_of_the_request_is_left_as_it_was() -> None:
    def spoil(environ: Any, start_response: Any) -> list[bytes]:
        environ["PATH_INFO"] = "/elsewhere"
        del environ["HTTP_HOST"], environ["wsgi.input"]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"spoilt"]

    recorder = HookRecorder.fresh()
    assert mounted(spoil, recorder).get("/old/x").text == "spoilt"
    assert "newel_teardown_request" in recorder.hooks("/old/x")
    assert recorder.hooks("/elsewhere") == []


# --- its answer -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_its_close_is_reached(method: str) -> None:
    foreign = Foreign()
    mounted(foreign).open("/old/", method=method)
    assert foreign.closed == 1


def test_its_close_is_reached_when_an_after_hook_fails() -> None:
    def fails(self: object) -> None:
        raise ValueError

    foreign = Foreign()
    assert mounted(foreign, plugin("late", newel_after_request=fails)).get("/old/").status_code == 500
    assert foreign.closed == 1


def test_its_close_is_reached_when_its_head_cannot_be_sent() -> None:
    foreign = Foreign(headers=[("X-Split", "a\r\nSet-Cookie: b=c")])
    response = mounted(foreign).get("/old/")
    assert response.status_code == 500
    assert "Set-Cookie" not in response.headers
    assert foreign.closed == 1


def test_its_close_is_reached_when_the_client_leaves_in_the_middle() -> None:
    foreign = Foreign()
    body: Any = mounted(foreign).app(environ("/old/"), lambda status, headers: None)
    next(iter(body))
    body.close()
    assert foreign.closed == 1


def test_its_body_is_streamed_as_it_comes() -> None:
    given: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            given.append(number)
            yield b"%d" % number

    body: Any = mounted(Foreign(body=pieces())).app(environ("/old/"), lambda status, headers: None)
    iterator = iter(body)
    assert (next(iterator), given) == (b"0", [0])
    assert b"".join(iterator) == b"12"
    body.close()


def test_the_old_write_and_a_late_head_work() -> None:
    def old(environ: Any, start_response: Any) -> Iterator[bytes]:
        write = start_response("201 Created", [("Content-Type", "text/plain")])
        write(b"written ")
        yield b"yielded"

    response = mounted(old).get("/old/")
    assert (response.status_code, response.text) == (201, "written yielded")


def test_an_answer_without_start_response_is_a_500() -> None:
    assert mounted(lambda environ, start_response: []).get("/old/").status_code == 500


def test_an_error_that_it_raises_is_an_error_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    def broken(environ: Any, start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    response = mounted(broken).get("/old/")
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert "ZeroDivisionError" in caplog.text


# --- what applies to it -----------------------------------------------------------------------------------------------
def test_hooks_see_its_answer_and_may_change_status_and_headers() -> None:
    def newel_after_request(self: object, response: Response) -> None:
        response.status = 202
        response.headers.set("X-After", "yes")

    recorder = HookRecorder.fresh()
    changes = plugin("changes", newel_after_request=newel_after_request)
    response = mounted(Foreign(), changes, recorder).get("/old/")
    assert (response.status_code, response.headers["X-After"], response.text) == (202, "yes", "foreign")
    assert recorder.hooks("/old/") == ["newel_before_request", "newel_after_request", "newel_teardown_request"]


def test_a_before_hook_may_answer_in_its_place() -> None:
    foreign = Foreign()
    client = mounted(foreign, plugin("closed", newel_before_request=lambda self: HTTPError(503)))
    assert client.get("/old/").status_code == 503
    assert foreign.calls == 0


@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example"])
def test_a_foreign_host_never_reaches_it(host: str) -> None:
    foreign = Foreign()
    assert mounted(foreign).get("/old/", headers={"Host": host}).status_code == 400
    assert foreign.calls == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PROPPATCH"])
def test_a_request_of_another_site_never_reaches_it(method: str) -> None:
    foreign = Foreign()
    client = mounted(foreign)
    response = client.open("/old/", method=method, headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, foreign.calls) == (403, 0)
    assert client.open("/old/", method=method).text == "foreign"


def test_security_headers_are_set_where_there_are_none_and_no_policy() -> None:
    response = mounted(Foreign(headers=[("Referrer-Policy", "no-referrer")])).get("/old/")
    assert response.headers.getlist("Referrer-Policy") == ["no-referrer"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" not in response.headers


def test_a_header_that_is_there_is_not_set_twice_however_few_there_are() -> None:
    response = mounted(Foreign(headers=[("x-content-type-options", "nosniff")])).get("/old/")
    assert response.headers.getlist("X-Content-Type-Options") == ["nosniff"]


# --- its body ---------------------------------------------------------------------------------------------------------
def reads(environ: Any, start_response: Any) -> list[bytes]:
    """Read the body, and say how much there was."""
    try:
        size = len(environ["wsgi.input"].read())
    except Exception:  # noqa: BLE001  -- as a framework does that turns every error into a page of its own
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"swallowed"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(size).encode()]


def test_it_reads_the_body_and_no_further() -> None:
    request = environ("/old/", body=b"x" * 10, HTTP_SEC_FETCH_SITE="same-origin")
    request["wsgi.input"] = BytesIO(b"x" * 10 + b"GET / HTTP/1.1")
    assert b"".join(run_wsgi_app(mounted(reads).app, request)[0]) == b"10"


def test_a_body_over_the_limit_is_413_and_never_reaches_it() -> None:
    foreign = Foreign()
    assert mounted(foreign, max_body=100).post("/old/", data=b"x" * 101).status_code == 413
    assert foreign.calls == 0


def test_a_body_without_a_length_is_413_when_it_grows_over_the_limit_whatever_it_makes_of_that() -> None:
    request = environ("/old/", REQUEST_METHOD="POST", HTTP_SEC_FETCH_SITE="same-origin")
    request |= {"wsgi.input": BytesIO(b"x" * 101), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    _, status, _ = run_wsgi_app(mounted(reads, max_body=100).app, request)
    assert status.startswith("413")


def test_an_application_of_ours_may_be_mounted_and_reads_its_forms() -> None:
    def title(request: Request) -> str:
        return request.form.get("title", "none")

    inner = Router()
    inner.post("/form")(title)
    assert mounted(App(PRODUCTION, routes=[inner])).post("/old/form", data={"title": "x"}).text == "x"


def test_a_body_that_a_hook_has_read_is_there_to_be_read_again() -> None:
    def newel_before_request(self: object, request: Any) -> None:
        assert request.data == b"xyz"

    assert (
        mounted(reads, plugin("reads", newel_before_request=newel_before_request)).post("/old/", data=b"xyz").text
        == "3"
    )
