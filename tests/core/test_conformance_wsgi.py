"""WSGI as PEP 3333 has it, by two who check it; and requests that no good client would send."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.middleware.lint import LintMiddleware
from werkzeug.test import create_environ
from werkzeug.wrappers import Response as WerkzeugResponse

from newel import (
    App,
    Data,
    FileResponse,
    Form,
    Html,
    HTTPError,
    Json,
    Provider,
    Query,
    Redirect,
    Request,
    Response,
    Router,
    UploadedFile,
)
from newel.testing import HookRecorder
from tests.core.applications import PRODUCTION, plugin

WsgiApp = Callable[..., Iterable[bytes]]


# --- an application with every kind of result -------------------------------------------------------------------------
@dataclass
class Thing:
    """What is sent and received."""

    name: str
    size: int = 0


@dataclass
class Upload(Thing):
    """What a form sends."""

    file: UploadedFile | None = None


class Unit:
    """A contract, so that responses are wrapped."""


def pieces() -> Iterator[str]:
    """Stream."""
    yield "one "
    yield ""
    yield "two"


def breaks() -> str:
    """Fail."""
    raise ZeroDivisionError


def refuses() -> str:
    """Refuse."""
    raise HTTPError(409, "no", headers={"X-Why": "because"})


def cookies(request: Request) -> Response:
    """Set a cookie."""
    response = Response("set", headers={"X-Own": "é"})
    response.set_cookie("a", "b")
    return response


def mounted(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A foreign application."""
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written ")
    return [b"and ", b"given"]


RESULTS: dict[str, Callable[..., Any]] = {
    "text": lambda: "text é",
    "empty": lambda: "",
    "html": lambda: Html("<p>é"),
    "data": lambda: {"a": [1]},
    "thing": lambda: Thing("x"),
    "created": lambda: Data({"a": 1}, status=201, headers={"Location": "/a"}),
    "typed": lambda: Data(b"\x89PNG", type="image/png"),
    "rows": lambda: Data(iter(["a,b\n", b"c,d\n"]), type="text/csv"),
    "redirect": lambda: Redirect("/text"),
    "nothing": lambda: Response(status=204),
    "unmodified": lambda: Response(status=304),
    "response": lambda: Response(b"bytes", 418, {"X-Own": "1"}),
    "iterable": lambda: Response([b"a", b"b"]),
    "werkzeug": lambda: WerkzeugResponse("made", 202),
    "stream": pieces,
    "file": lambda: FileResponse(Path(__file__)),
    "memory": lambda: FileResponse(BytesIO(b"0123456789"), "a.txt"),
    "returned": lambda: HTTPError(410),
    "breaks": breaks,
    "refuses": refuses,
    "cookies": cookies,
    "unit": lambda unit: "unit",
}


def application() -> App:
    """An application that serves all of these to GET and POST, takes forms and documents, and has a mount."""
    router = Router()
    for name, handler in RESULTS.items():
        if name == "unit":
            handler.__annotations__["unit"] = Unit
        router.route(f"/{name}", methods=["GET", "POST"], name=name)(handler)
    router.get("/slash/", name="slash")(lambda: "slash")
    router.mount("/mounted", mounted)

    @router.post("/form")
    def form(form: Form[Upload]) -> Any:
        return {"size": form.value.file and form.value.file.size} if form else {"errors": len(form.errors)}

    @router.post("/json")
    def document(document: Json[Thing]) -> Any:
        return document.value

    @router.get("/query/<int:key>")
    def query(query: Query[Thing], key: int, tags: list[int] = [], q: str = "") -> Any:  # noqa: B006
        return [query.value.name, key, tags, q]

    @router.route("/all/<path:rest>", methods=["GET", "POST", "PUT"])
    def everything(request: Request, rest: str) -> Any:
        return [
            request.path, request.url, request.root_url, request.args.to_dict(), request.cookies, request.host,
            request.mimetype, request.accept.best(["text/html", "application/json"]), request.authorization,
            request.content_length, len(request.data), dict(request.headers.items()),
        ]  # fmt: skip

    record = Provider(contract=Unit, open=Unit, close=lambda value, error: None)
    units = plugin("units", newel_providers=lambda self: [record])
    return App({"app": {**PRODUCTION["app"], "max_body": 10_000}}, routes=[router], plugins=[units])


@pytest.fixture(scope="module")
def app() -> App:
    """The application, for many requests."""
    return application()


@pytest.fixture(scope="module")
def recorded() -> App:
    """The same, with teardown on every request."""
    made = application()
    router = Router()
    router.mount("", made)
    return App(PRODUCTION, routes=[router], plugins=[HookRecorder.fresh()])


# --- by those who check it --------------------------------------------------------------------------------------------
def lint(app: WsgiApp) -> WsgiApp:
    """Werkzeug's checks."""
    checked: WsgiApp = LintMiddleware(app)
    return checked


def exchange(app: WsgiApp, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Do what a server does, no more and no less."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        head[:] = status, headers
        return head.append

    body: Any = app(environ, start_response)
    try:
        sent = b"".join(iter(body))
    finally:
        if hasattr(body, "close"):
            body.close()
    return head[0], head[1], sent


PATHS = [*RESULTS, "slash", "slash/", "nowhere", "mounted", "mounted/a", "all/x", "query/3?name=x", "query/x", "form"]
HEADERS: dict[str, dict[str, str]] = {
    "plain": {},
    "browser": {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "same-origin", "Cookie": "a=b; c"},
    "range": {"Range": "bytes=2-4", "If-None-Match": '"x"'},
    "beyond": {"Range": "bytes=999999-"},
    "known": {"If-None-Match": "*", "If-Modified-Since": "Sun, 06 Nov 2033 08:49:37 GMT"},
    "stale": {"If-Match": '"x"', "If-Unmodified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"},
    "foreign": {"Sec-Fetch-Site": "cross-site", "Host": "evil.example"},
}


OUTDATED = (
    "ignore:Absolute URLs required for location header",  # RFC 9110, 10.2.2, allows a path
    "ignore:204 responses must have an empty content length",  # RFC 9110, 8.6, forbids any
    "ignore:Content-Length and the number of bytes sent to the client do not match",  # HEAD; else compared below
)
"""What Werkzeug's checks want and HTTP does not."""


@pytest.mark.filterwarnings(*OUTDATED)
@pytest.mark.parametrize("checked", [validator, lint], ids=["wsgiref", "werkzeug"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("headers", HEADERS)
def test_every_response_to_every_method_conforms(
    app: App, recorded: App, checked: Callable[[WsgiApp], WsgiApp], method: str, headers: str
) -> None:
    for served in (app, recorded):
        for path in PATHS:
            environ = create_environ(f"/{path}", "http://localhost", method=method, headers=HEADERS[headers])
            status, sent, body = exchange(checked(served), environ)
            names = [name.lower() for name, _ in sent]
            code = int(status[:3])
            assert status[3:4] == " "
            assert len(set(names) - {"set-cookie"}) == len([name for name in names if name != "set-cookie"]), path
            if method == "HEAD" or code in {204, 304}:
                assert body == b"", path
            elif "content-length" in names:
                assert int(dict(zip(names, (value for _, value in sent), strict=True))["content-length"]) == len(body)
            assert ("content-type" in names) == (code not in {204, 304}), path
            assert code < 500 or path == "breaks"


@pytest.mark.parametrize("checked", [validator, lint], ids=["wsgiref", "werkzeug"])
@pytest.mark.parametrize(
    "path, sent, status",
    [
        ("/form", {"data": {"name": "x", "size": "3"}}, 200),
        ("/form", {"data": {"size": "x"}}, 200),
        ("/form", {"data": b"name=x", "content_type": "text/plain"}, 415),
        ("/form", {"data": {"name": "x" * 20_000}}, 413),
        ("/json", {"json": {"name": "x"}}, 200),
        ("/json", {"json": {"name": 3}}, 422),
        ("/json", {"data": b"{", "content_type": "application/json"}, 400),
        ("/mounted/x", {"data": b"x" * 20_000}, 413),
    ],
)  # fmt: skip
def test_every_answer_to_what_is_sent_conforms(
    app: App, checked: Callable[[WsgiApp], WsgiApp], path: str, sent: dict[str, Any], status: int
) -> None:
    environ = create_environ(path, "http://localhost", method="POST", **sent)
    assert exchange(checked(app), environ)[0].startswith(str(status))


@pytest.mark.parametrize("checked", [validator, lint], ids=["wsgiref", "werkzeug"])
def test_the_answer_to_an_upload_conforms(app: App, checked: Callable[[WsgiApp], WsgiApp]) -> None:
    data = {"name": "x", "file": (BytesIO(b"x" * 5000), "a.bin")}
    environ = create_environ("/form", "http://localhost", method="POST", data=data)
    assert exchange(checked(app), environ)[2] == b'{"size":5000}'


# --- what no good client would send -----------------------------------------------------------------------------------
LATIN = st.text(st.characters(max_codepoint=255))
ANY = st.one_of(LATIN, st.text(max_size=5))
"""What a server may put into an environ, and a little of what it must not."""

KINDS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"]
BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([
        b'{"name": "x"}', b'{"name": 1e999}', b"[" * 3000, b"name=x&size=%", b"--b\r\n\r\n--b--", b"%00=%00&=&==&name",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\n\r\nx\r\n--b--\r\n',
        b"--b\r\nContent-Disposition: form-data; name=name\r\nContent-Type: \xff\r\n\r\n\xff\r\n--b--",
    ]),
)  # fmt: skip
PATH = st.one_of(
    st.sampled_from([f"/{path.partition('?')[0]}" for path in (*PATHS, "json", "all/\xc3\xa9", "query/1" + "0" * 30)]),
    LATIN.map("/".__add__),
    LATIN.map("/all/".__add__),
    LATIN.map("/query/".__add__),
    ANY,
)

KEYS = {
    "REQUEST_METHOD": st.one_of(st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "get", "TRACE", ""]), ANY),
    "PATH_INFO": PATH,
    "QUERY_STRING": ANY,
    "CONTENT_TYPE": st.one_of(st.sampled_from(KINDS), ANY),
    "CONTENT_LENGTH": st.one_of(st.integers(-1, 300).map(str), st.sampled_from(["", "1e3", "9" * 30]), ANY),
    "HTTP_HOST": st.one_of(st.just("localhost"), ANY),
    "HTTP_TRANSFER_ENCODING": st.one_of(st.just("chunked"), ANY),
    "wsgi.input_terminated": st.booleans(),
    "wsgi.url_scheme": st.sampled_from(["http", "https"]),
    **{
        f"HTTP_{name}": ANY
        for name in (
            "ACCEPT", "COOKIE", "ORIGIN", "REFERER", "SEC_FETCH_SITE", "AUTHORIZATION", "RANGE", "IF_RANGE", "IF_MATCH",
            "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "X_FORWARDED_FOR", "CONTENT_LENGTH",
        )
    },
}  # fmt: skip
USUAL = {"REQUEST_METHOD", "PATH_INFO", "HTTP_HOST"}


@st.composite
def environs(draw: st.DrawFn) -> dict[str, Any]:
    """What a server might hand over of a request that somebody made to do harm."""
    keys = {key: draw(value) for key, value in KEYS.items() if key in USUAL or draw(st.booleans())}
    if draw(st.booleans()):
        keys["HTTP_HOST"] = "localhost"
    body = draw(BODIES)
    keys.setdefault("CONTENT_LENGTH", str(len(body)))
    return {
        "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.version": (1, 0),
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body),
        **keys,
    }  # fmt: skip


def hostile(**keys: Any) -> dict[str, Any]:
    """One such request."""
    usual = {"REQUEST_METHOD": "POST", "PATH_INFO": "/json", "HTTP_HOST": "localhost", "QUERY_STRING": ""}
    wsgi = {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(b"{}")}
    return {**usual, **wsgi, "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_LENGTH": "2", **keys}


@settings(max_examples=600)
@given(environ=environs())
@example(environ=hostile(CONTENT_TYPE="application/json", HTTP_TRANSFER_ENCODING="chunked"))
@example(environ=hostile(CONTENT_TYPE="application/json; charset=\xff"))
@example(environ=hostile(PATH_INFO="/all/\xff", REQUEST_METHOD="GET"))
@example(environ=hostile(PATH_INFO="/slash", REQUEST_METHOD="GET", QUERY_STRING="\r\nX: y"))
@example(environ=hostile(PATH_INFO="/all/x", REQUEST_METHOD="GET", HTTP_COOKIE="=;=;\x00=\xff"))
@example(environ=hostile(PATH_INFO="/all/x", REQUEST_METHOD="GET", QUERY_STRING="a=%FF"))
@example(environ=hostile(PATH_INFO="/file", REQUEST_METHOD="GET", HTTP_RANGE="bytes=" + "9" * 40 + "-"))
@example(environ=hostile(PATH_INFO="//", REQUEST_METHOD="\x00"))
def test_no_request_is_answered_with_a_server_error_and_none_raises(app: App, environ: dict[str, Any]) -> None:
    status, headers, _ = exchange(app, environ)
    expected = environ["PATH_INFO"] == "/breaks" or environ["PATH_INFO"].endswith("/breaks")
    assert int(status[:3]) < 500 or expected, status
    for name, value in headers:
        assert name.isascii()
        assert value.isprintable()
        value.encode("latin-1")


@settings(max_examples=150)
@given(environ=environs())
def test_what_is_refused_says_why_without_repeating_it(app: App, environ: dict[str, Any]) -> None:
    logging.disable(logging.CRITICAL)
    try:
        status, headers, body = exchange(app, {**environ, "HTTP_ACCEPT": "text/html", "QUERY_STRING": "<script>"})
    finally:
        logging.disable(logging.NOTSET)
    if int(status[:3]) >= 400 and dict(headers)["Content-Type"].startswith("text/html"):
        assert b"<script" not in body
