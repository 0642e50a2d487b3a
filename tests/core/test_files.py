from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import IO, Any
from wsgiref.util import FileWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from newel.errors import HTTPError
from newel.files import FileResponse, content_disposition, is_risky, media_type
from newel.headers import HeaderInjection
from tests.core.environs import environ, sent

CONTENT = b"0123456789"
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "ten.txt"
    file.write_bytes(CONTENT)
    os.utime(file, (784111777, 784111777))
    return file


class Unseekable(BytesIO):
    """A pipe, as far as anyone can tell."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> int:
        raise OSError


def send(result: FileResponse, **keys: Any) -> tuple[str, dict[str, str], bytes]:
    request = environ(**keys)
    return sent(result.to_response(request), request)


def test_a_file_is_sent_with_what_it_is_known_by(path: Path) -> None:
    status, headers, body = send(FileResponse(path))
    assert (status, body) == ("200 OK", CONTENT)
    etag = headers.pop("ETag")
    assert headers == {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": "10",
        "Cache-Control": "no-cache",
        "Accept-Ranges": "bytes",
        "Last-Modified": DATE,
    }
    path.write_bytes(CONTENT + b"!")
    assert send(FileResponse(path))[1]["ETag"] != etag


def test_it_is_a_plain_value_that_a_test_compares(path: Path) -> None:
    assert FileResponse(path, filename="a") == FileResponse(path, filename="a") != FileResponse(path)
    assert len({FileResponse("a"), FileResponse("a")}) == 1


def test_head_says_the_same_and_sends_nothing(path: Path) -> None:
    got, headed = send(FileResponse(path)), send(FileResponse(path), REQUEST_METHOD="HEAD", HTTP_RANGE="bytes=0-1")
    assert headed == (got[0], got[1], b"")


@pytest.mark.parametrize("make", [BytesIO, Unseekable])
def test_an_open_file_is_sent_and_closed(make: type[BytesIO]) -> None:
    file = make(CONTENT)
    _, headers, body = send(FileResponse(file, filename="x.bin"), HTTP_RANGE="bytes=0-" if make is Unseekable else "x")
    assert (body, file.closed, headers.get("Content-Length")) == (CONTENT, True, "10" if make is BytesIO else None)
    assert headers["Content-Disposition"] == 'inline; filename="x.bin"'


def test_a_file_open_on_disk_is_sent_from_its_beginning(path: Path) -> None:
    file = path.open("rb")
    file.read(5)
    _, headers, body = send(FileResponse(file))
    assert (body, file.closed, headers["Content-Type"], "ETag" in headers) == (
        CONTENT, True, "text/plain; charset=utf-8", True,
    )  # fmt: skip


def test_a_file_open_for_text_is_refused() -> None:
    with pytest.raises(TypeError, match="mode 'rb'"):
        send(FileResponse(StringIO("x")))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["missing", ".", "ten.txt/x", "a\0b"])
def test_what_is_no_file_is_404(path: Path, name: str) -> None:
    with pytest.raises(HTTPError) as raised:
        send(FileResponse(os.path.join(path.parent, name)))  # noqa: PTH118
    assert raised.value.http_status == 404


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HTTPError, match="404"):
        send(FileResponse(tmp_path / "pipe"))


def test_what_the_browser_has_is_not_sent_again(path: Path) -> None:
    etag = send(FileResponse(path))[1]["ETag"]
    kept = {"Cache-Control": "max-age=60", "Accept-Ranges": "bytes", "ETag": etag}
    for keys in ({"HTTP_IF_NONE_MATCH": etag}, {"HTTP_IF_MODIFIED_SINCE": DATE}):
        assert send(FileResponse(path, max_age=60), **keys) == ("304 Not Modified", kept, b"")
    assert send(FileResponse(path), HTTP_IF_NONE_MATCH='"other"')[2] == CONTENT
    assert send(FileResponse(path), HTTP_IF_MATCH='"other"')[0] == "412 Precondition Failed"


@pytest.mark.parametrize(
    "header, content, expected",
    [
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=-2", "bytes 8-9/10", b"89"),
        ("bytes=5-", "bytes 5-9/10", b"56789"),
    ],
)
def test_a_range_is_sent_as_206(path: Path, header: str, content: str, expected: bytes) -> None:
    for file in (path, BytesIO(CONTENT)):
        status, headers, body = send(FileResponse(file), HTTP_RANGE=header)
        assert (status, body) == ("206 Partial Content", expected)
        assert (headers["Content-Range"], headers["Content-Length"]) == (content, str(len(expected)))


def test_a_range_beyond_the_end_is_416(path: Path) -> None:
    status, headers, body = send(FileResponse(path), HTTP_RANGE="bytes=10-")
    assert (status, body) == ("416 Range Not Satisfiable", b"")
    assert (headers["Content-Range"], headers["Content-Length"]) == ("bytes */10", "0")


@pytest.mark.parametrize("header", ["bytes=0-1,3-4", "bytes=x", "rows=1-2"])
def test_the_whole_is_sent_for_other_ranges(path: Path, header: str) -> None:
    assert send(FileResponse(path), HTTP_RANGE=header)[::2] == ("200 OK", CONTENT)


def test_a_range_of_what_has_changed_is_not_sent(path: Path) -> None:
    etag = send(FileResponse(path))[1]["ETag"]
    for named, status in ((etag, "206"), (DATE, "206"), ('"old"', "200"), ("Mon, 07 Nov 1994 08:49:37 GMT", "200")):
        assert send(FileResponse(path), HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE=named)[0].startswith(status)


class Wrapper(FileWrapper):
    """A server's own way to send a file, told apart by its type."""


def test_the_servers_own_way_is_taken_for_a_whole_file(path: Path) -> None:
    request = environ(wsgi__file_wrapper=Wrapper)
    response = FileResponse(path).to_response(request)
    assert isinstance(response.body, Wrapper)
    assert sent(response)[1:] == (dict(response.header_list), CONTENT)
    assert response.content_length == 10


LESS = [{"HTTP_RANGE": "bytes=1-2"}, {"REQUEST_METHOD": "HEAD"}, {"HTTP_IF_NONE_MATCH": "*"}]


@pytest.mark.parametrize("keys", LESS)
def test_the_servers_own_way_is_not_taken_for_less(path: Path, keys: dict[str, Any]) -> None:
    response = FileResponse(path).to_response(environ(wsgi__file_wrapper=Wrapper, **keys))
    assert not isinstance(response.body, Wrapper)
    response.close()
    assert not isinstance(FileResponse(BytesIO(b"x")).to_response(environ(wsgi__file_wrapper=Wrapper)).body, Wrapper)


def test_a_file_that_shrinks_while_it_is_sent_ends_early(path: Path) -> None:
    request = environ()
    response = FileResponse(path).to_response(request)
    path.write_bytes(b"012")
    assert sent(response, request)[2] == b"012"


@pytest.mark.parametrize(
    "name, disposition",
    [
        ("a.html", 'attachment; filename="a.html"'),
        ("a.svg", 'attachment; filename="a.svg"'),
        ("a.xml", 'attachment; filename="a.xml"'),
        ("a.xhtml", 'attachment; filename="a.xhtml"'),
        ("a.rss", 'attachment; filename="a.rss"'),
        ("a.txt", None),
        ("a.png", None),
        ("a.pdf", None),
    ],
)
def test_what_a_browser_would_run_is_saved_unless_asked_otherwise(
    tmp_path: Path, name: str, disposition: str | None
) -> None:
    file = tmp_path / name
    file.write_bytes(b"x")
    assert send(FileResponse(file))[1].get("Content-Disposition") == disposition
    assert "Content-Disposition" not in send(FileResponse(file, as_attachment=False))[1]
    asked = send(FileResponse(file, as_attachment=True))[1]["Content-Disposition"]
    assert asked == f'attachment; filename="{name}"'


def test_a_type_that_is_given_decides(path: Path) -> None:
    headers = send(FileResponse(path, content_type="image/svg+xml"))[1]
    assert (headers["Content-Type"], headers["Content-Disposition"][:11]) == ("image/svg+xml", "attachment;")
    assert [is_risky(kind) for kind in ("Text/HTML; charset=x", "application/rdf+xml", "text/css")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("a.TXT", "text/plain"), ("a.js", "text/javascript"), ("a.woff2", "font/woff2"), ("a.webp", "image/webp"),
        ("a.tar.gz", "application/gzip"), ("a.unknown", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"), ("", "application/octet-stream"),
        (".html", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_suffix_says_the_type(name: str, expected: str) -> None:
    assert media_type(name) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("Übersicht.pdf", "attachment; filename=\"Ubersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf"),
        ("東京", "attachment; filename=\"file\"; filename*=UTF-8''%E6%9D%B1%E4%BA%AC"),
        ("100%25;.txt", "attachment; filename=\"100_25_.txt\"; filename*=UTF-8''100%2525%3B.txt"),
        ('../"x".txt', 'attachment; filename="_x_.txt"'),
    ],
)
def test_a_file_name_is_said_so_that_every_client_reads_it(name: str, expected: str) -> None:
    assert content_disposition("attachment", name) == expected


@pytest.mark.parametrize("bad", ["a\r\nSet-Cookie: a=b", "a\n", "a\0.txt"])
def test_a_file_name_cannot_break_the_head(path: Path, bad: str) -> None:
    with pytest.raises(HeaderInjection):
        send(FileResponse(path, filename=bad))


@given(st.text(st.characters(blacklist_characters="\r\n\0"), max_size=60))
def test_any_file_name_can_be_sent_and_is_read_back_safe(name: str) -> None:
    header = content_disposition("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    kind, options = parse_options_header(header)
    assert kind == "attachment"
    assert "/" not in options["filename"]


class Watched(BytesIO):
    """A file in which reading fails half-way."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError


def test_a_file_that_cannot_be_read_is_closed_all_the_same() -> None:
    file: IO[bytes] = Watched(b"x")
    request = environ()
    response = FileResponse(file).to_response(request)
    with pytest.raises(OSError):  # noqa: PT011
        sent(response, request)
    assert file.closed


def pieces(response: Any) -> Iterator[bytes]:
    return iter(response.body)


def test_a_large_file_is_sent_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"x" * 200_000)
    response = FileResponse(file).to_response(environ())
    assert [len(piece) for piece in pieces(response)] == [65536, 65536, 65536, 3392]
    response.close()
