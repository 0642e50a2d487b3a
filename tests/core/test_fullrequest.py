from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from newel.body import FORM, Limits
from newel.request import Request
from tests.core.environs import environ

MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\ndata\r\n--b--\r\n'
)


def post(body: bytes, content_type: str, **keys: Any) -> Request:
    return Request(environ(body=body, CONTENT_TYPE=content_type, **keys))


def test_werkzeugs_request_reads_the_same_environ() -> None:
    request = post(b"a=1&a=2", FORM, QUERY_STRING="q=3").werkzeug
    assert (request.form.getlist("a"), request.args["q"], request.path) == (["1", "2"], "3", "/")


def test_a_body_that_was_read_is_there_still() -> None:
    request = post(b'{"a": 1}', "application/json")
    assert request.json == request.werkzeug.json == {"a": 1}
    assert request.werkzeug.get_data() == b'{"a": 1}'


def test_a_body_that_came_in_chunks_is_there_still() -> None:
    chunked = environ(
        wsgi__input=BytesIO(b"abc"),
        wsgi__input_terminated=True,
        HTTP_TRANSFER_ENCODING="chunked",
        REQUEST_METHOD="POST",
    )
    assert Request(chunked).data == Request(chunked).werkzeug.get_data() == b"abc"


def test_a_form_that_was_read_is_there_still() -> None:
    request = post(MULTIPART, "multipart/form-data; boundary=b")
    with request.files["f"].stream:
        theirs = request.werkzeug
        assert (theirs.form["a"], theirs.files["f"].filename, theirs.files["f"].read()) == ("1", "f.txt", b"data")


def test_our_limits_are_its_limits() -> None:
    limits = Limits(max_body=10)
    with pytest.raises(RequestEntityTooLarge):
        Request(environ(body=b"x" * 11), limits).werkzeug.get_data()
    theirs = Request(environ(), limits).werkzeug
    assert (theirs.max_content_length, theirs.max_form_memory_size, theirs.max_form_parts) == (
        10, limits.max_field, limits.max_form_parts,
    )  # fmt: skip
