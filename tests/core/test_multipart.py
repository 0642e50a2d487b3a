from __future__ import annotations

import gc
import time
from contextlib import closing
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from newel.body import Limits, close_uploads, form_fields
from newel.errors import HTTPError
from newel.uploads import UploadedFile
from tests.core.environs import environ

BOUNDARY = "b0undary"
KIND = f"multipart/form-data; boundary={BOUNDARY}"


def part(disposition: str, content: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: form-data; {disposition}", *headers])
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def request(*parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode(), kind: str = KIND) -> dict[str, Any]:
    return environ(body=b"".join(parts) + end, CONTENT_TYPE=kind)


def status_of(sent: dict[str, Any], limits: Limits | None = None) -> int:
    """Return the status that reading the form is refused with."""
    with pytest.raises(HTTPError) as raised:
        form_fields(sent, limits or Limits())
    return raised.value.http_status


def upload(files: dict[str, list[UploadedFile]], name: str) -> tuple[str, str, bytes]:
    (file,) = files[name]
    with file.stream:
        return file.raw_name, file.content_type, file.read()


def test_fields_and_files_are_read() -> None:
    sent = request(
        part('name="title"', "Grüße\r\n".encode()),
        part('name="tag"', b"a"),
        part('name="photo"; filename="C:\\\\x\\\\p.png"', b"\x89PNG\r\n--b", "Content-Type: image/png"),
        part('name="tag"', b""),
    )
    fields, files = form_fields(sent)
    assert fields == {"title": ["Grüße\r\n"], "tag": ["a", ""]}
    (photo,) = files["photo"]
    assert (photo.name, photo.content_type, photo.size, photo.read()) == ("p.png", "image/png", 9, b"\x89PNG\r\n--b")
    close_uploads(sent)
    assert photo.stream.closed


def test_what_another_client_sends_is_read() -> None:
    with closing(EnvironBuilder(method="POST", data={"a": ["1", "2"], "f": (BytesIO(b"data"), "f.txt")})) as builder:
        fields, files = form_fields(builder.get_environ())
    assert fields == {"a": ["1", "2"]}
    assert upload(files, "f") == ("f.txt", "text/plain", b"data")


def test_a_boundary_longer_than_the_standard_allows_is_read() -> None:
    boundary = "---------------WerkzeugFormPart_" + "1" * 44
    body, kind = f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
    assert form_fields(request(end=body, kind=kind)) == ({}, {})


def test_a_file_input_in_which_nothing_was_chosen_is_absent() -> None:
    chosen = part('name="f"; filename=""', b"x")
    assert form_fields(request(part('name="f"; filename=""', b"", "Content-Type: application/octet-stream"))) == (
        {},
        {},
    )
    assert upload(form_fields(request(chosen))[1], "f") == ("", "", b"x")


def test_an_empty_form_is_read() -> None:
    assert form_fields(request()) == ({}, {})


def test_a_large_file_goes_to_disk() -> None:
    content = bytes(range(256)) * 4096
    sent = request(part('name="f"; filename="large"', content))
    (file,) = form_fields(sent)[1]["f"]
    assert (file.size, file.read() == content, file.stream._rolled) == (len(content), True, True)  # type: ignore[attr-defined]
    close_uploads(sent)


def test_what_comes_before_and_after_the_parts_is_ignored() -> None:
    sent = request(b"preamble\r\n", part('name="a"', b"1"), end=f"--{BOUNDARY}--\r\n".encode() + b"epilogue" * 50_000)
    assert form_fields(sent) == ({"a": ["1"]}, {})


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 201,
        "multipart/form-data; boundary=a\xe4", 'multipart/form-data; boundary="a "',
        "multipart/form-data; boundary=a\\b",
        "multipart/form-data; boundary*=utf-8''%e4", "multipart/form-data; boundary=other",
    ],
)  # fmt: skip
def test_a_bad_boundary_is_400(kind: str) -> None:
    assert status_of(request(part('name="a"', b"1"), kind=kind)) == 400


@pytest.mark.parametrize(
    "body",
    [
        b"", b"garbage", f"--{BOUNDARY}".encode(), f"--{BOUNDARY}\r\n".encode(), f"--{BOUNDARY}\r\nA: b".encode(),
        part('name="a"', b"1"),  # without its end
        part('name="a"', b"1")[:-5],
        part("", b"1") + f"--{BOUNDARY}--".encode(),
        f"--{BOUNDARY}\r\n\r\nno header\r\n--{BOUNDARY}--".encode(),
        f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nno name\r\n--{BOUNDARY}--".encode(),
    ],
)  # fmt: skip
def test_a_malformed_form_is_400(body: bytes) -> None:
    assert status_of(request(body, end=b"")) == 400


def test_text_that_is_no_utf_8_is_400() -> None:
    assert status_of(request(part('name="a"', b"\xff"))) == 400
    assert status_of(request(part('name="a"', b"\xe4", "Content-Type: text/plain; charset=iso-8859-1"))) == 400
    latin_name = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="\xe4"\r\n\r\n1\r\n'.encode("latin-1")
    assert status_of(request(latin_name)) == 400


def test_each_limit_is_413_one_over_it_and_fine_at_it() -> None:
    field, file = part('name="field"', b"12345"), part('name="file"; filename="f"', b"12345")
    header = 100
    for limits, good, bad in (
        (Limits(max_form_fields=2), [field] * 2 + [file], [field] * 3),
        (Limits(max_files=2), [file] * 2 + [field], [file] * 3),
        (Limits(max_form_parts=2), [file, field], [file, field, file]),
        (Limits(max_field_name=5), [field], [part('name="fields"', b"")]),
        (Limits(max_field=5), [field, part('name="f"; filename="f"', b"123456")], [part('name="f"', b"123456")]),
        (Limits(max_part_header=header), [field], [part('name="f"', b"", "X: " + "x" * header)]),
        (Limits(max_body=len(field) + 14), [field], [field, field]),
    ):
        sent = request(*good)
        form_fields(sent, limits)
        close_uploads(sent)
        assert status_of(request(*bad), limits) == 413


def test_a_header_that_never_ends_is_not_waited_for() -> None:
    endless = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a'.encode() + b"x" * 300_000
    stream = BytesIO(endless)
    sent = environ(wsgi__input=stream, CONTENT_TYPE=KIND, CONTENT_LENGTH="9000000")
    assert status_of(sent) == 413
    assert stream.tell() <= 64 * 1024


def test_a_form_without_a_length_is_413_over_the_limit() -> None:
    sent = environ(
        wsgi__input=BytesIO(part('name="f"; filename="f"', b"x" * 300_000)), CONTENT_TYPE=KIND,
        wsgi__input_terminated=True,
    )  # fmt: skip
    assert status_of(sent, Limits(max_body=100_000)) == 413


def test_a_client_that_breaks_off_is_400() -> None:
    sent = request(part('name="a"', b"1"))
    sent["CONTENT_LENGTH"] = "10000"
    assert status_of(sent) == 400


def test_the_files_of_a_refused_form_are_closed() -> None:
    large = part('name="f"; filename="f"', b"x" * 600_000)
    assert status_of(request(large, large, part('name="a"', b"\xff"))) == 400
    gc.collect()  # an unclosed file on disk would warn, and a warning is an error here


@pytest.mark.parametrize(
    "hostile",
    [b"\r", b"\n", b"\r\n", b"-", b"--", b"\r\n--b0undar", f"\r\n--{BOUNDARY}X".encode(), f"--{BOUNDARY} ".encode()],
)
def test_hostile_content_takes_linear_time(hostile: bytes) -> None:
    content = hostile * (2_000_000 // len(hostile))
    sent = request(part('name="f"; filename="f"', content))
    started = time.process_time()
    (file,) = form_fields(sent)[1]["f"]
    assert time.process_time() - started < 5
    assert file.size == len(content)
    close_uploads(sent)


TOKENS = st.sampled_from(
    [
        f"--{BOUNDARY}", f"--{BOUNDARY}--", "\r\n", "\n", "\r", ":", " ", "x", "\x00", "ä",
        "Content-Disposition: form-data; ", 'name="a"; ', 'filename="f"', "filename*=utf-8''%ff", "name*0=a; name*1=b",
        "Content-Type: x",
    ]
).map(str.encode)  # fmt: skip


@given(st.lists(TOKENS | st.binary(max_size=4), max_size=25))
def test_whatever_is_sent_is_read_or_refused_as_the_clients_fault(pieces: list[bytes]) -> None:
    sent = environ(body=b"".join(pieces), CONTENT_TYPE=KIND)
    try:
        form_fields(sent, Limits(max_form_parts=3, max_part_header=100))
    except HTTPError as error:
        assert error.http_status in {400, 413}  # noqa: PT017
    close_uploads(sent)


@given(
    st.dictionaries(
        st.text("abcäß _[]", min_size=1, max_size=8), st.lists(st.text(max_size=20), min_size=1, max_size=3)
    )
)
def test_fields_are_read_back_as_they_were_sent(data: dict[str, list[str]]) -> None:
    parts = [part(f'name="{name}"', value.encode()) for name, values in data.items() for value in values]
    assert form_fields(request(*parts)) == (data, {})
