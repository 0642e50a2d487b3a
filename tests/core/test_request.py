from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.body import FORM, Limits, close_uploads
from newel.errors import HTTPError
from newel.multidict import MultiDict
from newel.request import Request, decoded_path
from newel.state import StateKey
from tests.core.environs import environ


def post(body: bytes, content_type: str, **keys: Any) -> Request:
    return Request(environ(body=body, CONTENT_TYPE=content_type, **keys))


def test_the_request_line_is_read() -> None:
    request = Request(environ("/notices/1", QUERY_STRING="page=2&tag=a&tag=b", SCRIPT_NAME="/app/"))
    assert (request.method, request.path, request.script_root) == ("GET", "/notices/1", "/app")
    assert request.query_string == b"page=2&tag=a&tag=b"
    assert (request.args.get("page", type=int), request.args.getlist("tag")) == (2, ["a", "b"])
    assert request.args is request.args


def test_a_method_is_what_was_sent_and_nothing_overrides_it() -> None:
    request = post(
        b"_method=DELETE", FORM, QUERY_STRING="_method=DELETE",
        HTTP_X_HTTP_METHOD_OVERRIDE="DELETE", HTTP_X_HTTP_METHOD="DELETE", HTTP_X_METHOD_OVERRIDE="DELETE",
    )  # fmt: skip
    assert request.method == "POST"


def test_a_path_is_decoded_once() -> None:
    assert Request(environ("/straße/%2e%2e")).path == "/straße/%2e%2e"
    assert decoded_path({}) == ""


@pytest.mark.parametrize("path", ["/\xff", "/\xc0\xaf", "/\xc3", "/\xed\xa0\x80", "/\u6771", "/a\0b", "/\xc3\xa4\0"])
def test_a_path_that_is_no_utf_8_or_holds_nul_is_400(path: str) -> None:
    for key in ("PATH_INFO", "SCRIPT_NAME"):
        with pytest.raises(HTTPError) as raised:
            decoded_path({key: path}, key)
        assert raised.value.http_status == 400


@pytest.mark.parametrize(
    "scheme, name, port, header, expected",
    [
        ("http", "a.org", "80", None, "a.org"),
        ("http", "a.org", "8000", None, "a.org:8000"),
        ("https", "a.org", "443", None, "a.org"),
        ("https", "a.org", "80", None, "a.org:80"),
        ("http", "x", "1", "a.org:80", "a.org"),
        ("http", "x", "1", "a.org:8080", "a.org:8080"),
        ("https", "x", "1", "a.org:80", "a.org:80"),
        ("http", "x", "1", "[::1]:80", "[::1]"),
    ],
)
def test_the_host_has_a_port_where_it_is_not_the_schemes_own(
    scheme: str, name: str, port: str, header: str | None, expected: str
) -> None:
    keys = {"SERVER_NAME": name, "SERVER_PORT": port, "wsgi.url_scheme": scheme}
    request = Request(environ() | keys | ({} if header is None else {"HTTP_HOST": header}))
    assert (request.host, request.scheme, request.is_secure) == (expected, scheme, scheme == "https")


def test_urls_are_percent_encoded() -> None:
    request = Request(environ("/ä b/100%?", SCRIPT_NAME="/app", QUERY_STRING="q=%C3%A4&r=\xc3\xa4 '\""))
    assert request.root_url == "http://localhost/app/"
    assert request.base_url == "http://localhost/app/%C3%A4%20b/100%25%3F"
    assert request.url == request.base_url + "?q=%C3%A4&r=%C3%A4%20'%22"
    assert Request(environ("/a")).url == "http://localhost/a"


def test_headers_are_read() -> None:
    request = Request(
        environ(
            HTTP_ACCEPT="text/html", HTTP_COOKIE="a=1; b=2", HTTP_AUTHORIZATION="Bearer x", REMOTE_ADDR="127.0.0.1",
            HTTP_IF_NONE_MATCH='"a"', HTTP_IF_MODIFIED_SINCE="now", CONTENT_TYPE="Text/HTML; charset=utf-8",
        )
    )  # fmt: skip
    assert request.headers["accept"] == "text/html"
    assert request.accept.best(["application/json", "text/html"]) == "text/html"
    assert request.cookies == {"a": "1", "b": "2"}
    assert request.cookies is request.cookies
    assert (request.authorization, request.remote_addr) == ("Bearer x", "127.0.0.1")
    assert (request.if_none_match, request.if_modified_since) == ('"a"', "now")
    assert (request.content_type, request.mimetype) == ("Text/HTML; charset=utf-8", "text/html")
    assert request.content_length is None


def test_headers_that_were_not_sent_are_none() -> None:
    request = Request(environ())
    assert (request.authorization, request.remote_addr, request.if_none_match, request.if_modified_since) == (None,) * 4
    assert (request.cookies, request.content_type, request.mimetype) == ({}, "", "")


def test_the_body_is_read_as_it_is_asked_for() -> None:
    assert Request(environ(body=b"abc")).data == Request(environ(body=b"abc")).get_data() == b"abc"
    request = Request(environ(body=b"a\nb"))
    assert (request.stream.readline(), request.stream.read(), request.content_length) == (b"a\n", b"b", 3)
    with pytest.raises(HTTPError, match="413"):
        Request(environ(body=b"abc"), Limits(max_body=2)).data  # noqa: B018


def test_a_json_body_is_decoded() -> None:
    assert post(b'{"a": [1, null]}', "application/json").json == {"a": [1, None]}
    assert post(b'{"a": 1, "a": 2}', "application/json").json == {"a": 2}


@pytest.mark.parametrize("bad", [b"", b"{", b"{'a': 1}", b'"\xff"', b"NaN", b"[" * 100_000, b'{"a":' * 100_000, b"1 2"])
def test_a_body_that_is_no_json_is_400(bad: bytes) -> None:
    with pytest.raises(HTTPError) as raised:
        post(bad, "application/json").json  # noqa: B018
    assert raised.value.http_status == 400


def test_a_form_is_read() -> None:
    request = post(b"a=1&a=2", FORM)
    assert (request.form, request.files) == (MultiDict({"a": ["1", "2"]}), MultiDict())


def test_a_multipart_form_is_read() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\ndata\r\n--b--\r\n'
    request = post(body, "multipart/form-data; boundary=b")
    assert (request.files["f"].name, request.files["f"].read(), dict(request.form)) == ("f.txt", b"data", {})
    close_uploads(request.environ)


def test_query_form_and_cookies_are_never_merged() -> None:
    request = post(b"a=form", FORM, QUERY_STRING="a=query", HTTP_COOKIE="a=cookie")
    assert (request.args["a"], request.form["a"], request.cookies["a"]) == ("query", "form", "cookie")
    assert not hasattr(request, "values")


def test_plugins_keep_state_under_keys_of_their_own() -> None:
    request, key = Request(environ()), StateKey[str]("who")
    request.state[key] = "me"
    assert (request.state[key], key in Request(environ()).state) == ("me", False)


def test_nothing_can_be_hung_on_a_request() -> None:
    with pytest.raises(AttributeError):
        Request(environ()).user = 1  # type: ignore[attr-defined]


def test_it_says_what_it_is() -> None:
    assert repr(Request(environ("/ä"))) == "<Request GET '/ä'>"


TEXT = st.text(st.characters(max_codepoint=0x2FF), max_size=25)
TOUCHED = [name for name, member in vars(Request).items() if isinstance(member, property)]


@given(
    made=st.fixed_dictionaries(
        {},
        optional={
            "REQUEST_METHOD": TEXT, "PATH_INFO": TEXT, "SCRIPT_NAME": TEXT, "QUERY_STRING": TEXT,
            "CONTENT_LENGTH": TEXT,
            "CONTENT_TYPE": TEXT | st.sampled_from([FORM, "multipart/form-data; boundary=b", "application/json"]),
            "HTTP_ACCEPT": TEXT, "HTTP_COOKIE": TEXT, "HTTP_HOST": TEXT, "HTTP_TRANSFER_ENCODING": TEXT,
            "HTTP_IF_NONE_MATCH": TEXT, "REMOTE_ADDR": TEXT, "wsgi.input_terminated": st.booleans(),
        },
    ),
    body=st.binary(max_size=30),
)  # fmt: skip
def test_whatever_is_sent_is_read_or_refused_as_the_clients_fault(made: dict[str, Any], body: bytes) -> None:
    for name in TOUCHED:
        request = Request(environ() | {"wsgi.input": BytesIO(body)} | made)
        try:
            getattr(request, name)
        except HTTPError as error:
            assert error.http_status in {400, 413, 415}, name  # noqa: PT017
        close_uploads(request.environ)


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20))
def test_a_url_leads_back_to_the_path(path: str) -> None:
    url = Request(environ(f"/{path}")).url
    assert url.isascii()
    assert urlsplit(url).netloc == "localhost"
    assert urlsplit(url).query == ""


PROGRAM = """
import sys
from io import BytesIO
from newel.body import FORM
from newel.files import FileResponse
from newel.request import Request
from newel.response import Response

environ = {
    "REQUEST_METHOD": "POST", "PATH_INFO": "/", "QUERY_STRING": "a=%20", "CONTENT_TYPE": FORM, "CONTENT_LENGTH": "3",
    "HTTP_COOKIE": "a=b", "HTTP_ACCEPT": "text/html;q=0.5", "HTTP_IF_NONE_MATCH": "*", "wsgi.input": BytesIO(b"a=1"),
}
request = Request(environ)
assert request.form["a"] == "1" and request.args["a"] == " " and request.cookies and request.accept.ranges
response = Response("hello")
response.set_cookie("a", "b")
response.make_conditional(environ)
FileResponse(__import__("os").__file__).to_response(environ | {"REQUEST_METHOD": "GET"}).close()
late = {"werkzeug", "click", "email", "http.client", "asyncio", "importlib.metadata", "tempfile", "locale"}
print(sorted(late & set(sys.modules)))
"""


def test_what_is_rarely_needed_is_not_imported_before() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
