"""The response: a status, the list of headers a WSGI server is given, and a body of bytes or of pieces of them.

Making one is on the way of every request, so the constructor does as little as it can; what few responses need
(cookies, Vary, validators) is done by methods on the header list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import datetime, timedelta
from typing import Any, Final

from newel.conditional import NOT_MODIFIED, failed_precondition, http_date, parse_date, quoted_etag
from newel.cookies import SameSite, dump_cookie
from newel.headers import HeaderPairs, Headers, check_value, checked_pairs
from newel.statuses import PHRASES

Environ = Mapping[str, Any]
StartResponse = Callable[..., Any]

TEXT: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
BINARY: Final = "application/octet-stream"

STATUS_LINES: Final[Mapping[int, str]] = {status: f"{status} {phrase}" for status, phrase in PHRASES.items()}
"""Each known status with its phrase, as `start_response` takes it."""

_TYPE_HEADERS: Final = {
    named: ("Content-Type", complete)
    for named, complete in {
        TEXT: TEXT, HTML: HTML, JSON: JSON, BINARY: BINARY,
        "text/plain": TEXT, "text/html": HTML,
        "application/problem+json": "application/problem+json",
    }.items()
}  # fmt: skip
_NO_CONTENT: Final = frozenset({204, 304})
_WITH_CONTENT: Final = frozenset(status for status in STATUS_LINES if status >= 200) - _NO_CONTENT
_CONTENT_HEADERS: Final = frozenset(
    {"content-type", "content-length", "content-encoding", "content-language", "content-range", "content-disposition"}
)


class Response:
    """What is sent. `status` and `headers` may be changed until it is sent; `body` is bytes, or an iterable of bytes.

    A str body is sent as UTF-8, and as text/plain unless told otherwise: a text is no HTML by accident. Content-Length
    follows a body of bytes. Raises `HeaderInjection` for a header that cannot be sent (checklist E34).
    """

    __slots__ = ("_body", "header_list", "status")

    status: int
    """The status code; `HTTPStatus` members are ints as well."""
    header_list: list[tuple[str, str]]
    """The very list that `start_response` is given. Appending here skips the checks: for constants only."""

    def __init__(
        self,
        body: bytes | str | Iterable[bytes] = b"",
        status: int = 200,
        headers: HeaderPairs | None = None,
        content_type: str | None = None,
    ) -> None:
        default = BINARY
        if isinstance(body, str):
            body, default = body.encode(), TEXT
            if content_type is None and headers is None:
                content_type = TEXT
        self.status = status
        if headers is None and type(body) is bytes and status in _WITH_CONTENT and content_type in _TYPE_HEADERS:
            # PERF: nearly every response ends here, with two tuples of which one is prebuilt.
            self._body: bytes | Iterable[bytes] = body
            self.header_list = [_TYPE_HEADERS[content_type], ("Content-Length", str(len(body)))]
        else:
            self._body = _pieces(body)
            self._complete(headers, content_type, default)

    def _complete(self, headers: HeaderPairs | None, content_type: str | None, default: str) -> None:
        pairs = [] if headers is None else checked_pairs(headers)
        _check_status(self.status)
        if not _has_content(self.status):
            self.header_list = _without(pairs, _CONTENT_HEADERS)
            return
        body = self._body
        if content_type is None:
            named = (value for name, value in pairs if name.lower() == "content-type")
            content_type = next(named, default if body != b"" else TEXT)
        pairs = [*_without(pairs, {"content-type"}), ("Content-Type", _with_charset(content_type))]
        if type(body) is bytes:
            pairs = [*_without(pairs, {"content-length"}), ("Content-Length", str(len(body)))]
        self.header_list = pairs

    @property
    def headers(self) -> Headers:
        """The header fields, checked on every change."""
        return Headers.over(self.header_list)

    @property
    def body(self) -> bytes | Iterable[bytes]:
        """Bytes, or an iterable of bytes that is sent as it comes."""
        return self._body

    @body.setter
    def body(self, body: bytes | str | Iterable[bytes]) -> None:
        self._body = body.encode() if isinstance(body, str) else body if type(body) is bytes else _pieces(body)
        if isinstance(self._body, bytes):
            self.headers.set("Content-Length", len(self._body))
        else:
            self.headers.remove("Content-Length")

    @property
    def text(self) -> str:
        """A body of bytes, read as UTF-8."""
        if not isinstance(self._body, bytes):
            msg = "a streamed response was asked for its text; its pieces are read once, by the server"
            raise TypeError(msg)
        return self._body.decode()

    @property
    def is_streamed(self) -> bool:
        """Whether the body is sent piece by piece."""
        return type(self._body) is not bytes

    @property
    def status_line(self) -> str:
        """Status and phrase: `404 Not Found`."""
        return STATUS_LINES.get(self.status) or f"{int(self.status)} Unknown"

    @property
    def content_type(self) -> str | None:
        """The Content-Type header, with charset=utf-8 where a text type was set without any."""
        return self.headers.get("Content-Type")

    @content_type.setter
    def content_type(self, value: str) -> None:
        self.headers.set("Content-Type", _with_charset(value))

    @property
    def mimetype(self) -> str | None:
        """The Content-Type without its parameters, in small letters."""
        return (self.content_type or "").partition(";")[0].strip().lower() or None

    @property
    def content_length(self) -> int | None:
        """The Content-Length header as a number, or None."""
        value = self.headers.get("Content-Length", "")
        return int(value) if value.isdecimal() else None

    def set_cookie(
        self,
        name: str,
        value: str = "",
        *,
        max_age: int | timedelta | None = None,
        expires: datetime | float | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = True,
        httponly: bool = True,
        samesite: SameSite | None = "Lax",
        partitioned: bool = False,
    ) -> None:
        """Send a cookie, with the strict attributes unless told otherwise.

        Raises `CookieError` for what a browser would drop or misread: over 4096 bytes (checklist E3), control
        characters, a promise of the name's prefix that the attributes break.
        """
        cookie = dump_cookie(
            name, value, max_age=max_age, expires=expires, path=path, domain=domain,
            secure=secure, httponly=httponly, samesite=samesite, partitioned=partitioned,
        )  # fmt: skip
        self.header_list.append(("Set-Cookie", cookie))

    def delete_cookie(
        self,
        name: str,
        *,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = True,
        httponly: bool = True,
        samesite: SameSite | None = "Lax",
        partitioned: bool = False,
    ) -> None:
        """Make the browser forget a cookie; path, domain and partitioned must be those it was set with."""
        self.set_cookie(
            name, max_age=0, expires=0, path=path, domain=domain,
            secure=secure, httponly=httponly, samesite=samesite, partitioned=partitioned,
        )  # fmt: skip

    def vary(self, *names: str) -> None:
        """Add request headers to Vary, each once: what this response depends on (RFC 9110, 12.5.5)."""
        listed = ",".join(self.headers.getlist("Vary")).split(",")
        present = [name for part in listed if (name := part.strip())]
        known = {name.lower() for name in present}
        if "*" in known:
            return
        added = [name for name in dict.fromkeys(names) if name.lower() not in known]
        if added:
            self.headers.set("Vary", ", ".join(present + added))

    def set_etag(self, etag: str, *, weak: bool = False) -> None:
        """Set the entity tag; quotes are added where they are missing."""
        self.headers.set("ETag", quoted_etag(etag, weak=weak))

    @property
    def last_modified(self) -> datetime | None:
        """The Last-Modified header, in UTC."""
        value = self.headers.get("Last-Modified")
        return None if value is None else parse_date(value)

    @last_modified.setter
    def last_modified(self, moment: datetime | float) -> None:
        self.headers.set("Last-Modified", http_date(moment))

    def make_conditional(self, environ: Environ) -> None:
        """Become a 304, or a 412, where a GET's or HEAD's preconditions ask for it. Only a 2xx is conditional."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or not 200 <= self.status < 300:
            return
        status = failed_precondition(environ, self.headers.get("ETag"), self.last_modified)
        if status is not None:
            self.status = status
            self.close()
            self.body = b""
            if status == NOT_MODIFIED:
                self._drop_content()
                if "ETag" in self.headers:  # which says all that Last-Modified could (RFC 9110, 15.4.5)
                    self.headers.remove("Last-Modified")

    def start(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Give the head to the server, and return the body: none for HEAD, 1xx, 204 and 304 (RFC 9110, 6.4.1)."""
        body = self._body
        status = self.status
        if status not in _WITH_CONTENT and not _has_content(status):
            self._drop_content()
            start_response(self.status_line, self.header_list)
            return Unsent(body)
        start_response(STATUS_LINES.get(status) or self.status_line, self.header_list)
        if environ["REQUEST_METHOD"] == "HEAD":
            return Unsent(body)
        # PERF: a list, for servers send a list at once (granian) and anything else piece by piece.
        return [body] if type(body) is bytes else body  # type: ignore[return-value]

    __call__ = start

    def close(self) -> None:
        """Close the body, where it is something that is closed."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()

    def _drop_content(self) -> None:
        self.header_list[:] = _without(self.header_list, _CONTENT_HEADERS)

    @classmethod
    def from_wsgi(cls, application: Callable[..., Iterable[bytes]], environ: Environ) -> Response:
        """Run a WSGI application, which a Werkzeug response is, and return what it answers as a response of ours.

        Its headers are checked as any; a body of one piece becomes bytes, any other is streamed and closed by us.
        """
        head = _Head()
        answer = application(environ, head.start_response)
        response = cls.__new__(cls)
        response._body = answer
        try:
            response._take_answer(head, answer, environ)
        except BaseException:
            response.close()
            raise
        return response

    def _take_answer(self, head: _Head, answer: Iterable[bytes], environ: Environ) -> None:
        pieces = answer
        if head.status is None:  # PEP 3333 allows the head to come with the first piece
            pieces = iter(answer)
            head.written.extend(first for first in [next(pieces, None)] if first is not None)
        if head.status is None:
            msg = "a WSGI application answered without calling start_response (PEP 3333)"
            raise RuntimeError(msg)
        self.status = _check_status(int(head.status.split(None, 1)[0]))
        self.header_list = checked_pairs(head.headers)
        self._body = _joined(head.written, pieces, answer)
        if isinstance(self._body, bytes) and environ["REQUEST_METHOD"] != "HEAD" and _has_content(self.status):
            self.headers.set("Content-Length", len(self._body))

    def __repr__(self) -> str:
        size = "streamed" if self.is_streamed else f"{len(self._body)} bytes"  # type: ignore[arg-type]
        return f"<Response {self.status_line}, {self.content_type}, {size}>"


class Unsent:
    """The body of an answer that has none: gives nothing, and closes what would have been sent."""

    __slots__ = ("_body",)

    def __init__(self, body: object) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        """Close the body that was not sent."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


class _Head:
    """Takes down what a WSGI application says by `start_response` and writes by the old `write`."""

    __slots__ = ("headers", "status", "written")

    def __init__(self) -> None:
        self.status: str | None = None
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if self.status is not None and exc_info is None:
            msg = "start_response was called twice without exc_info (PEP 3333)"
            raise RuntimeError(msg)
        self.status, self.headers = status, list(headers)
        return self.written.append


class _Joined:
    """The pieces of another application's answer, which is closed when this is."""

    __slots__ = ("_close", "_pieces", "_written")

    def __init__(self, written: list[bytes], pieces: Iterable[bytes], close: Callable[[], object] | None) -> None:
        self._written = written
        self._pieces = pieces
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._written
        yield from self._pieces

    def close(self) -> None:
        if self._close is not None:
            self._close()


def _joined(written: list[bytes], pieces: Iterable[bytes], answer: Iterable[bytes]) -> bytes | Iterable[bytes]:
    close = getattr(answer, "close", None)
    if close is None and isinstance(pieces, list | tuple):
        return b"".join([*written, *pieces])
    return _Joined(written, pieces, close)


def _pieces(body: object) -> bytes | Iterable[bytes]:
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, Iterable) and not isinstance(body, Mapping):
        return body
    msg = f"a response's body was set to {body!r}, a {type(body).__name__}; it is bytes, str or an iterable of bytes"
    raise TypeError(msg)


def _check_status(status: int) -> int:
    if status in STATUS_LINES or 100 <= status <= 599:
        return status
    msg = f"a response's status was set to {status!r}; it is a number from 100 to 599 (RFC 9110, section 15)"
    raise ValueError(msg)


def _has_content(status: int) -> bool:
    return status >= 200 and status not in _NO_CONTENT


def _without(pairs: list[tuple[str, str]], names: Set[str]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[0].lower() not in names]


def _with_charset(content_type: str) -> str:
    known = _TYPE_HEADERS.get(content_type)
    if known is not None:
        return known[1]
    lower = check_value("Content-Type", content_type).lower()
    return f"{content_type}; charset=utf-8" if lower.startswith("text/") and "charset=" not in lower else content_type
