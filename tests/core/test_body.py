from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.body import (
    DEFAULT_LIMITS,
    FORM,
    BodyTakenError,
    LimitedStream,
    Limits,
    close_uploads,
    content_length,
    form_fields,
    is_json,
    json_bytes,
    open_stream,
    query_fields,
    read_body,
)
from newel.errors import HTTPError
from tests.core.environs import environ

SMALL = Limits(max_body=10, max_form_fields=3, max_field_name=5)


class Counting(BytesIO):
    """An input that knows how much was read of it, and gives little at a time."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(min(size, 3) if size is not None and size >= 0 else -1)
        self.taken += len(piece)
        return piece


class Broken(BytesIO):
    """The input of a client that is gone."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise ConnectionResetError

    readline = read


def refused(error: pytest.ExceptionInfo[HTTPError]) -> int:
    return error.value.http_status


# --- length -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent, expected", [("0", 0), ("12", 12), ("007", 7), ("", None)])
def test_the_length_of_a_body(sent: str, expected: int | None) -> None:
    assert content_length(environ(CONTENT_LENGTH=sent)) == expected


@pytest.mark.parametrize("bad", ["-1", "+1", " 1", "1 ", "1,1", "1, 2", "0x1", "1e3", "1_0", "٣", "²", "9" * 5000, "a"])
def test_a_length_that_is_no_number_is_400(bad: str) -> None:
    for read in (content_length, read_body, open_stream):
        with pytest.raises(HTTPError) as raised:
            read(environ(CONTENT_LENGTH=bad))
        assert refused(raised) == 400


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "gzip, chunked", "identity"])
def test_a_length_beside_a_transfer_encoding_is_400(coding: str) -> None:
    with pytest.raises(HTTPError, match="exclude each other") as raised:
        read_body(environ(body=b"abc", HTTP_TRANSFER_ENCODING=coding, wsgi__input_terminated=True))
    assert refused(raised) == 400


# --- the whole body ---------------------------------------------------------------------------------------------------


def test_a_body_is_read_once_and_remembered() -> None:
    request = environ(body=b"abc")
    assert (read_body(request), read_body(request), request["wsgi.input"].read()) == (b"abc", b"abc", b"")


def test_nothing_is_read_past_the_length() -> None:
    request = environ(wsgi__input=BytesIO(b"abcdef"), CONTENT_LENGTH="3")
    assert read_body(request) == b"abc"
    assert request["wsgi.input"].read() == b"def"


def test_an_input_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    assert read_body(environ(wsgi__input=Counting(b"0123456789"), CONTENT_LENGTH="10")) == b"0123456789"


def test_a_body_over_the_limit_is_413_and_not_read() -> None:
    stream = Counting(b"x" * 11)
    with pytest.raises(HTTPError) as raised:
        read_body(environ(wsgi__input=stream, CONTENT_LENGTH="11"), SMALL)
    assert (refused(raised), stream.taken) == (413, 0)
    assert read_body(environ(body=b"x" * 10), SMALL) == b"x" * 10


def test_a_body_without_a_length_is_read_to_the_limit_and_no_further() -> None:
    stream = Counting(b"x" * 1000)
    with pytest.raises(HTTPError) as raised:
        read_body(environ(wsgi__input=stream, wsgi__input_terminated=True, HTTP_TRANSFER_ENCODING="chunked"), SMALL)
    assert refused(raised) == 413
    assert stream.taken <= 13
    assert read_body(environ(wsgi__input=Counting(b"x" * 10), wsgi__input_terminated=True), SMALL) == b"x" * 10


def test_a_body_without_length_or_end_is_empty() -> None:
    assert read_body(environ(wsgi__input=Broken())) == b""


@pytest.mark.parametrize("stream", [Broken(), BytesIO(b"ab")])
def test_a_client_that_breaks_off_is_400(stream: Any) -> None:
    with pytest.raises(HTTPError, match="ends before") as raised:
        read_body(environ(wsgi__input=stream, CONTENT_LENGTH="3"))
    assert refused(raised) == 400


# --- as a stream ------------------------------------------------------------------------------------------------------


def test_a_stream_ends_where_the_body_does() -> None:
    stream = open_stream(environ(wsgi__input=BytesIO(b"a\nbc\nd-- the next request"), CONTENT_LENGTH="6"))
    assert (stream.readline(), stream.read(1), stream.readlines(), stream.read(), stream.readline()) == (
        b"a\n", b"b", [b"c\n", b"d"], b"", b"",
    )  # fmt: skip
    assert (stream.readable(), stream.exceeded) == (True, False)


def test_lines_can_be_read_in_part() -> None:
    stream = open_stream(environ(body=b"abc\ndef\nghi"))
    assert (stream.readline(2), stream.readline(0), stream.readlines(1), list(stream)) == (
        b"ab", b"", [b"c\n"], [b"def\n", b"ghi"],
    )  # fmt: skip


@pytest.mark.parametrize("read", ["read", "readline", "readlines"])
def test_a_stream_without_a_length_ends_or_is_413(read: str) -> None:
    full = LimitedStream(BytesIO(b"x" * 10), SMALL, None)
    assert getattr(full, read)() in (b"x" * 10, [b"x" * 10])
    assert (full.read(), full.exceeded) == (b"", False)
    over = LimitedStream(BytesIO(b"x" * 11), SMALL, None)
    for _ in range(2):  # and again, for an application that swallows the first
        with pytest.raises(HTTPError) as raised:
            getattr(over, read)()
        assert (refused(raised), over.exceeded) == (413, True)


def test_a_stream_over_the_limit_is_413_at_once() -> None:
    with pytest.raises(HTTPError) as raised:
        open_stream(environ(body=b"x" * 11), SMALL)
    assert refused(raised) == 413


def test_a_stream_that_breaks_off_is_400() -> None:
    for broken in (Broken(), BytesIO(b"ab")):
        stream = open_stream(environ(wsgi__input=broken, CONTENT_LENGTH="3"))
        with pytest.raises(HTTPError) as raised:
            stream.read()
        assert refused(raised) == 400


def test_a_body_that_was_read_can_still_be_streamed() -> None:
    request = environ(body=b"abc")
    read_body(request)
    assert open_stream(request).read() == b"abc"


def test_a_body_that_was_streamed_is_gone_and_says_so() -> None:
    request = environ(body=b"abc")
    open_stream(request)
    for read in (read_body, open_stream):
        with pytest.raises(BodyTakenError, match="as a stream before"):
            read(request)


MULTIPART = {"CONTENT_TYPE": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize("keys", [{}, MULTIPART, {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}])
def test_what_was_refused_is_refused_again(keys: dict[str, Any]) -> None:
    request = environ(wsgi__input=BytesIO(b"x" * 11)) | keys
    if "wsgi.input_terminated" not in keys:
        request["CONTENT_LENGTH"] = "10" if keys else "12"
    read = form_fields if keys == MULTIPART else read_body
    statuses = []
    for _ in range(2):
        with pytest.raises(HTTPError) as raised:
            read(request, SMALL if keys else DEFAULT_LIMITS)
        statuses.append(refused(raised))
    assert statuses[0] == statuses[1]


@given(st.binary(max_size=40), st.integers(0, 40), st.lists(st.integers(-1, 9), max_size=9))
def test_a_stream_gives_the_body_whatever_is_asked_for(content: bytes, length: int, sizes: list[int]) -> None:
    length = min(length, len(content))
    stream = LimitedStream(BytesIO(content), DEFAULT_LIMITS, length)
    pieces = [stream.read(size) if index % 2 else stream.readline(size) for index, size in enumerate(sizes)]
    assert b"".join([*pieces, stream.read()]) == content[:length]


# --- fields -----------------------------------------------------------------------------------------------------------


def test_a_query_string_is_read() -> None:
    assert query_fields("") == {}
    assert query_fields("tag=a&tag=b&q=gr%C3%BCn") == {"tag": ["a", "b"], "q": ["grün"]}


def form(body: bytes, content_type: str = FORM) -> dict[str, Any]:
    return environ(body=body, CONTENT_TYPE=content_type)


def test_a_urlencoded_form_is_read_once() -> None:
    request = form(b"title=T%C3%A4st+1&tag=a&tag=b", "Application/X-WWW-form-urlencoded ; charset=utf-8")
    assert form_fields(request) == ({"title": ["Täst 1"], "tag": ["a", "b"]}, {})
    assert form_fields(request) is form_fields(request)
    assert form_fields(form("a=ä".encode())) == ({"a": ["ä"]}, {})


def test_no_body_and_no_type_is_an_empty_form() -> None:
    assert form_fields(environ(REQUEST_METHOD="POST")) == ({}, {})
    assert form_fields(form(b"")) == ({}, {})


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json", "multipart/mixed"])
def test_a_body_that_is_no_form_is_415(content_type: str) -> None:
    with pytest.raises(HTTPError) as raised:
        form_fields(form(b"a=1", content_type))
    assert refused(raised) == 415


@pytest.mark.parametrize("bad", [b"a=\xff", b"a=%ff", b"%c3=1"])
def test_a_form_that_is_no_utf_8_is_400(bad: bytes) -> None:
    with pytest.raises(HTTPError) as raised:
        form_fields(form(bad))
    assert refused(raised) == 400


@pytest.mark.parametrize("large", [b"a=1&b=2&c=3&d=4", b"a&&&", b"abcdef=1", b"a=" + b"x" * 9])
def test_a_form_over_a_limit_is_413(large: bytes) -> None:
    with pytest.raises(HTTPError) as raised:
        form_fields(form(large), SMALL)
    assert refused(raised) == 413
    assert form_fields(form(b"a&b&abcde"), SMALL)[0] == {"a": [""], "b": [""], "abcde": [""]}


def test_closing_uploads_of_a_request_without_a_form_is_nothing() -> None:
    close_uploads(environ())


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_a_json_body_is_read(kind: str) -> None:
    assert json_bytes(form(b"{}", kind)) == b"{}"


@pytest.mark.parametrize("kind", ["", "text/plain", "text/json", FORM, "application/jsonx", "x+json"])
def test_a_json_body_of_another_type_is_415_and_not_read(kind: str) -> None:
    request = form(b"{}", kind)
    with pytest.raises(HTTPError) as raised:
        json_bytes(request)
    assert (refused(raised), request["wsgi.input"].tell()) == (415, 0)
    assert not is_json(kind)


# --- whatever is sent -------------------------------------------------------------------------------------------------

HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=30)
KINDS = st.sampled_from([FORM, "multipart/form-data; boundary=b", "application/json", "multipart/form-data"]) | HEADER
LENGTHS = st.integers(-5, 60).map(str) | HEADER


@given(
    body=st.binary(max_size=50) | st.text(alphabet="a=&%+;ä\r\n-b:\"'", max_size=50).map(str.encode),
    kind=KINDS,
    length=LENGTHS | st.none(),
    coding=HEADER | st.none(),
    query=HEADER | st.text(alphabet="a=&%c3", max_size=20),
)
def test_whatever_is_sent_is_read_or_refused_as_the_clients_fault(
    body: bytes, kind: str, length: str | None, coding: str | None, query: str
) -> None:
    sent = {"CONTENT_TYPE": kind, "QUERY_STRING": query, "CONTENT_LENGTH": length, "HTTP_TRANSFER_ENCODING": coding}
    made = {key: value for key, value in sent.items() if value is not None}
    for read in (read_body, form_fields, json_bytes, open_stream, lambda request, _: query_fields(query)):
        request = environ() | {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True} | made
        try:
            read(request, SMALL)
        except HTTPError as error:
            assert error.http_status in {400, 413, 415}  # noqa: PT017
        close_uploads(request)
