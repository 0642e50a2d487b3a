from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Response as WerkzeugResponse

from newel.cookies import CookieError
from newel.headers import HeaderInjection
from newel.response import HTML, JSON, STATUS_LINES, TEXT, Response
from tests.core.environs import environ, sent

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


class Pieces:
    """A body that knows whether it was closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        self.closed += 1


def test_a_text_is_sent_as_utf_8_and_is_no_html() -> None:
    assert sent(Response("Grüße")) == (
        "200 OK",
        {"Content-Type": "text/plain; charset=utf-8", "Content-Length": "7"},
        "Grüße".encode(),
    )


@pytest.mark.parametrize(
    "response, content_type",
    [
        (Response(b"x"), "application/octet-stream"),
        (Response(iter([b"x"])), "application/octet-stream"),
        (Response(b"x", content_type="text/html"), HTML),
        (Response(b"x", content_type="text/csv"), "text/csv; charset=utf-8"),
        (Response(b"x", content_type="text/csv; Charset=latin-1"), "text/csv; Charset=latin-1"),
        (Response("{}", content_type=JSON), "application/json"),
        (Response(b"", 404), TEXT),
        (Response(b"x", headers={"content-type": "image/png"}), "image/png"),
        (Response(b"x", headers={"content-type": "image/png"}, content_type=JSON), JSON),
    ],
)
def test_every_response_has_a_type_and_a_text_type_its_charset(response: Response, content_type: str) -> None:
    assert response.headers.getlist("Content-Type") == [content_type]


@pytest.mark.parametrize("status", [200, 201, 303, 404, 500, 299, HTTPStatus.ACCEPTED])
def test_the_length_of_bytes_is_always_said(status: int) -> None:
    response = Response(b"four", status, {"Content-Length": "99"})
    assert response.headers.getlist("Content-Length") == ["4"]
    assert (response.status, response.content_length) == (status, 4)


def test_a_changed_body_changes_the_length() -> None:
    response = Response("four")
    response.body = "fünf"
    assert (response.content_length, response.text) == (5, "fünf")
    response.body = iter([b"x"])
    assert (response.content_length, response.is_streamed) == (None, True)
    with pytest.raises(TypeError, match="streamed"):
        response.text  # noqa: B018


def test_a_bodys_types() -> None:
    for good in (b"x", "x", bytearray(b"x"), memoryview(b"x")):
        assert Response(cast("bytes", good)).body == b"x"
    for bad in (None, 3, {"a": 1}):
        with pytest.raises(TypeError, match="bytes, str or an iterable of bytes"):
            Response(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [0, 99, 600, 1000])
def test_a_status_is_one_of_http(bad: int) -> None:
    with pytest.raises(ValueError, match="from 100 to 599"):
        Response(b"", bad)


def test_statuses_are_said_as_rfc_9110_says_them() -> None:
    assert STATUS_LINES[413] == "413 Content Too Large"
    assert Response(b"", 404).status_line == "404 Not Found"
    assert Response(b"", 299).status_line == "299 Unknown"
    assert sent(Response(b"", HTTPStatus.NOT_FOUND))[0] == "404 Not Found"


@pytest.mark.parametrize("status", [101, 204, 304])
def test_a_status_without_content_has_no_body_and_no_content_headers(status: int) -> None:
    for response in (
        Response(b"body", status, {"ETag": '"a"', "Content-Language": "de"}, content_type=JSON),
        Response(Pieces(b"body"), status, {"ETag": '"a"'}),
    ):
        assert sent(response) == (STATUS_LINES[status], {"ETag": '"a"'}, b"")


def test_a_status_that_is_changed_later_counts_as_well() -> None:
    response = Response("body")
    response.status = 204
    assert sent(response) == ("204 No Content", {}, b"")


def test_head_has_the_headers_and_no_body() -> None:
    assert sent(Response("four"), environ(REQUEST_METHOD="HEAD")) == (
        "200 OK",
        {"Content-Type": TEXT, "Content-Length": "4"},
        b"",
    )


@pytest.mark.parametrize("method, status", [("GET", 200), ("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_body_is_closed_whether_it_is_sent_or_not(method: str, status: int) -> None:
    body = Pieces(b"a", b"b")
    _, _, content = sent(Response(body, status), environ(REQUEST_METHOD=method))
    assert (content, body.closed) == (b"ab" if (method, status) == ("GET", 200) else b"", 1)


def test_closing_a_response_of_bytes_is_nothing() -> None:
    Response(b"x").close()


def test_the_list_of_headers_is_the_one_the_server_gets() -> None:
    response = Response("x")
    response.headers["X-Board"] = "notices"
    response.header_list.append(("X-Raw", "1"))
    given_to_server: list[Any] = []
    response.start(environ(), lambda status, headers: given_to_server.append(headers))
    assert given_to_server[0] is response.header_list
    assert ("X-Board", "notices") in response.header_list


@pytest.mark.parametrize("bad", ["a\r\nb", "a\nb", "a\0b"])
def test_nothing_that_breaks_the_head_is_accepted(bad: str) -> None:
    for attempt in (
        lambda: Response(b"", headers={"X": bad}),
        lambda: Response(b"", headers={bad: "x"}),
        lambda: Response(b"", content_type=bad),
        lambda: Response(b"", headers=[("Location", bad)]),
        lambda: Response(b"").vary(bad),
    ):
        with pytest.raises(HeaderInjection):
            attempt()


def test_cookies_are_strict_unless_told_otherwise() -> None:
    response = Response("x")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2", httponly=False)
    assert response.headers.getlist("Set-Cookie") == [
        "a=1; Secure; HttpOnly; Path=/; SameSite=Lax",
        "b=2; Secure; Path=/; SameSite=Lax",
    ]
    with pytest.raises(CookieError):
        response.set_cookie("a", "x" * 5000)


def test_a_cookie_is_deleted() -> None:
    response = Response("x")
    response.delete_cookie("a", path="/x")
    assert response.headers["Set-Cookie"] == (
        "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure; HttpOnly; Path=/x; SameSite=Lax"
    )


def test_vary_names_each_header_once() -> None:
    response = Response("x", headers=[("Vary", "Accept"), ("Vary", "Cookie")])
    response.vary("cookie", "Origin", "Origin")
    assert response.headers.getlist("Vary") == ["Accept, Cookie, Origin"]
    response.headers["Vary"] = "*"
    response.vary("Origin")
    assert response.headers["Vary"] == "*"


def test_a_known_entity_tag_makes_a_304() -> None:
    response = Response("x", headers={"Cache-Control": "no-cache"})
    response.set_etag("abc")
    response.make_conditional(environ(HTTP_IF_NONE_MATCH='"abc"'))
    assert sent(response) == ("304 Not Modified", {"Cache-Control": "no-cache", "ETag": '"abc"'}, b"")


def test_an_unchanged_date_makes_a_304() -> None:
    response = Response("x")
    response.last_modified = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert response.last_modified == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    response.make_conditional(environ(HTTP_IF_MODIFIED_SINCE=DATE))
    assert sent(response) == ("304 Not Modified", {"Last-Modified": DATE}, b"")


def test_a_failed_if_match_makes_a_412() -> None:
    body = Pieces(b"x")
    response = Response(body)
    response.make_conditional(environ(HTTP_IF_MATCH='"other"'))
    assert (sent(response)[0], sent(response)[2], body.closed) == ("412 Precondition Failed", b"", 1)


@pytest.mark.parametrize("method, status", [("POST", 200), ("GET", 404)])
def test_only_a_read_that_went_well_is_conditional(method: str, status: int) -> None:
    response = Response("x", status)
    response.set_etag("abc", weak=True)
    response.make_conditional(environ(REQUEST_METHOD=method, HTTP_IF_NONE_MATCH="*"))
    assert (response.status, response.text, response.headers["ETag"]) == (status, "x", 'W/"abc"')


def test_a_werkzeug_response_becomes_one_of_ours() -> None:
    theirs = WerkzeugResponse("hällo", 201, {"X-A": "1"}, mimetype="text/html")
    theirs.set_cookie("a", "b")
    ours = Response.from_wsgi(theirs, environ())
    status, headers, body = sent(ours)
    assert (status, headers["X-A"], headers["Set-Cookie"], body) == (
        "201 Created",
        "1",
        "a=b; Path=/",
        "hällo".encode(),
    )
    assert (headers["Content-Type"], headers["Content-Length"]) == (HTML, "6")


def test_a_wsgi_application_may_begin_late_and_write() -> None:
    def late(environ: Any, start_response: Any) -> Iterator[bytes]:
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"a")
        yield b"b"
        yield b"c"

    assert sent(Response.from_wsgi(late, environ()))[2] == b"abc"


def test_a_wsgi_applications_list_is_bytes_and_its_iterable_is_closed() -> None:
    def application(environ: Any, start_response: Any) -> Any:
        start_response("404 Not Found", [])
        return environ["answer"]

    whole = Response.from_wsgi(application, environ(answer=[b"a", b"b"]))
    assert (whole.status, whole.body, whole.content_length) == (404, b"ab", 2)
    body = Pieces(b"a", b"b")
    assert sent(Response.from_wsgi(application, environ(answer=body)))[2] == b"ab"
    assert body.closed == 1


def test_a_wsgi_application_may_change_its_mind_after_an_error() -> None:
    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        start_response("500 Internal Server Error", [], (ValueError, ValueError(), None))
        return [b"sorry"]

    assert Response.from_wsgi(application, environ()).status == 500


def test_a_wsgi_application_that_breaks_the_protocol_is_told_so() -> None:
    body = Pieces(b"a")
    with pytest.raises(RuntimeError, match="without calling start_response"):
        Response.from_wsgi(lambda environ, start_response: body, environ())
    assert body.closed == 1

    def twice(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        start_response("200 OK", [])

    with pytest.raises(RuntimeError, match="twice"):
        Response.from_wsgi(twice, environ())


def test_a_wsgi_applications_headers_are_checked() -> None:
    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("X", "a\r\nb")])
        return [b""]

    with pytest.raises(HeaderInjection):
        Response.from_wsgi(application, environ())


def test_it_says_what_it_is() -> None:
    assert repr(Response("abc", 404)) == "<Response 404 Not Found, text/plain; charset=utf-8, 3 bytes>"
    assert repr(Response(iter(()), content_type=JSON)) == "<Response 200 OK, application/json, streamed>"
    assert (Response("a", content_type="Text/HTML; a=b").mimetype, Response(b"", 204).mimetype) == ("text/html", None)


@given(st.binary(max_size=50), st.integers(100, 599), st.sampled_from(["GET", "HEAD", "POST"]))
def test_length_and_body_agree_for_every_status(body: bytes, status: int, method: str) -> None:
    _, headers, content = sent(Response(body, status), environ(REQUEST_METHOD=method))
    has_content = status >= 200 and status not in {204, 304}
    assert ("Content-Length" in headers, "Content-Type" in headers) == (has_content, has_content)
    assert content == (body if has_content and method != "HEAD" else b"")
    assert headers.get("Content-Length", str(len(body))) == str(len(body))
