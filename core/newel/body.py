"""What a request carries: read once, within limits, from the environ alone.

```
read_body     all of it, as bytes
query_fields  a query string's names and values
form_fields   a form's fields and files, urlencoded or multipart
json_bytes    a JSON document, not yet decoded
open_stream   the body as a file that knows the limits, for streaming and for mounted applications
```

Malformed input raises `HTTPError(400)`, too large 413, a wrong type 415; nothing a client sends becomes another error.
What was read is remembered in the environ, so that every part of a request sees the same. Query, form, JSON and
cookies are never merged (checklist E47).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, MutableMapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Protocol, final

import msgspec

from newel.errors import HTTPError, Problem, ProblemError
from newel.urlencoded import split_fields

if TYPE_CHECKING:
    from newel.uploads import UploadedFile

Environ = MutableMapping[str, Any]
Fields = dict[str, list[str]]
Files = dict[str, "list[UploadedFile]"]

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

_BODY: Final = "newel.body"
FORM_READ: Final = "newel.form"
"""The key under which an environ holds a form that was read: its fields and its files."""
_TAKEN: Final = "newel.body.taken"
_CHUNK: Final = 64 * 1024
_NOTHING: Final = b""


@final
class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a request may carry; more is 413. Each default is that of a framework in wide use.

    max_body         bytes of a whole body (10 MB: Litestar)
    max_field        bytes of one text field of a multipart form (500 kB: Werkzeug's max_form_memory_size)
    max_form_fields  text fields of a form (1000: Django, Starlette)
    max_form_parts   parts of a multipart form, files included (1000: Werkzeug)
    max_files        files of a form (100: Django)
    max_part_header  bytes of one part's header (4096: python-multipart)
    max_field_name   characters of a field's name (256)
    """

    max_body: int = 10_000_000
    max_field: int = 500_000
    max_form_fields: int = 1000
    max_form_parts: int = 1000
    max_files: int = 100
    max_part_header: int = 4096
    max_field_name: int = 256


DEFAULT_LIMITS: Final = Limits()


class Readable(Protocol):
    """What PEP 3333 asks of `wsgi.input`, as far as it is used here."""

    def read(self, size: int = ..., /) -> bytes:
        """Read so many bytes; none at the end."""
        ...

    def readline(self, size: int = ..., /) -> bytes:
        """Read to the end of a line, or so many bytes of it."""
        ...


class BodyTakenError(ProblemError):
    """The body was asked for after something else had read it as a stream."""


# --- length -----------------------------------------------------------------------------------------------------------


def content_length(environ: Environ) -> int | None:
    """Return Content-Length, or None. Raises 400 for one that is no number, or that stands beside chunks.

    SECURITY: a request with both Content-Length and Transfer-Encoding is how requests are smuggled past a proxy
    (RFC 9112, 6.1; checklist E45). Two lengths joined by a comma are no number.
    """
    length: str | None = environ.get("CONTENT_LENGTH")
    if environ.get("HTTP_TRANSFER_ENCODING"):
        if length:
            raise HTTPError(400, "Content-Length and Transfer-Encoding exclude each other.")
        return None
    if not length:
        return None
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise HTTPError(400, "Content-Length is not one number.")
    return int(length)


def checked_length(environ: Environ, limits: Limits) -> int | None:
    """Return how many bytes the body has: None for one that ends by itself. Raises 413 before anything is read."""
    length = content_length(environ)
    if length is None:
        return None if environ.get("wsgi.input_terminated") else 0
    if length > limits.max_body:
        raise too_large(limits)
    return length


def too_large(limits: Limits) -> HTTPError:
    """Return the 413 of a body that is over the limit."""
    return HTTPError(413, f"The body is larger than {limits.max_body} bytes.")


def broken_off() -> HTTPError:
    """Return the 400 of a body that ends before its time."""
    return HTTPError(400, "The body ends before all of it was sent.")


# --- the whole body ---------------------------------------------------------------------------------------------------


def read_body(environ: Environ, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the body, read once. Raises 413 without reading it all, 400 where the client broke off."""
    body: bytes | None = environ.get(_BODY)
    if body is not None:
        return body
    length = checked_length(environ, limits)
    if length == 0:
        body = _NOTHING
    else:
        stream = _take(environ)
        try:
            body = _read_all(stream, limits) if length is None else _read_exactly(stream, length)
        except HTTPError as error:
            environ[_TAKEN] = error
            raise
    environ[_BODY] = body
    return body


def _read_exactly(stream: Readable, length: int) -> bytes:
    try:
        body = stream.read(length)
    except OSError as error:
        raise broken_off() from error
    if len(body) == length:  # PERF: nearly always
        return body
    pieces, missing = [body], length - len(body)
    while missing and (piece := _read_some(stream.read, missing)):
        pieces.append(piece)
        missing -= len(piece)
    if missing:
        raise broken_off()
    return b"".join(pieces)


def _read_all(stream: Readable, limits: Limits) -> bytes:
    pieces, size = [], 0
    while piece := _read_some(stream.read, _CHUNK):
        size += len(piece)
        if size > limits.max_body:
            raise too_large(limits)
        pieces.append(piece)
    return b"".join(pieces)


def _read_some(read: Callable[[int], bytes], size: int) -> bytes:
    try:
        return read(size)
    except OSError as error:  # what servers raise for a client that is gone, or chunks that are none
        raise broken_off() from error


def _take(environ: Environ) -> Readable:
    """Return the server's stream to the first who asks; whoever asks next would read nothing and not know it.

    What was refused is refused again: an error page that looks at the form gets the same 400 or 413.
    """
    if (taker := environ.get(_TAKEN)) is not None:
        raise taker if isinstance(taker, HTTPError) else _taken_already(taker)
    environ[_TAKEN] = "a whole"
    stream: Readable = environ["wsgi.input"]
    return stream


def _taken_already(taker: str) -> BodyTakenError:
    return BodyTakenError(
        Problem(
            what=f"The body of this request was asked for again; it was read as {taker} before.",
            remedy="read it in one place, and hand on what was read.",
        )
    )


# --- as a stream ------------------------------------------------------------------------------------------------------


def open_stream(environ: Environ, limits: Limits = DEFAULT_LIMITS) -> LimitedStream:
    """Return the body as a file that ends where the body does. Raises 413 at once where Content-Length is too large."""
    body: bytes | None = environ.get(_BODY)
    if body is not None:
        return LimitedStream(BytesIO(body), limits, len(body))
    length = checked_length(environ, limits)
    stream = _take(environ)
    environ[_TAKEN] = "a stream"
    return LimitedStream(stream, limits, length)


@final
class LimitedStream:
    """`wsgi.input` within the limits: also what a mounted application is given to read.

    With a length, it never reads past it. Without, it reads up to the limit and then raises `HTTPError(413)`;
    `exceeded` stays true, for whoever mounts an application that swallows exceptions.
    """

    __slots__ = ("_left", "_limits", "_stream", "exceeded", "has_length")

    def __init__(self, stream: Readable, limits: Limits, length: int | None) -> None:
        self._stream: Final = stream
        self._limits: Final = limits
        self._left = limits.max_body if length is None else length
        self.has_length: Final = length is not None
        self.exceeded = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes, or all; no bytes at the end. Raises 400 where the client broke off."""
        if size is None or size < 0:
            return b"".join(iter(self._read_chunk, b""))
        return self._piece(self._stream.read, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read one line, or so many bytes of it."""
        return self._piece(self._stream.readline, self._left + 1 if size is None or size < 0 else size)

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """Read the lines that are left; stop after about `hint` bytes."""
        lines, size = [], 0
        for line in self:
            lines.append(line)
            size += len(line)
            if hint is not None and 0 < hint <= size:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def readable(self) -> bool:
        """Tell `io` that this can be read."""
        return True

    def _read_chunk(self) -> bytes:
        return self.read(_CHUNK)

    def _piece(self, read: Callable[[int], bytes], size: int) -> bytes:
        # Without a length one byte more than is allowed is asked for: only that tells "full" from "too large".
        wanted = min(size, self._left if self.has_length else self._left + 1)
        if wanted == 0:
            return b""
        piece = _read_some(read, wanted)
        self.exceeded = self.exceeded or len(piece) > self._left
        if self.exceeded:
            raise too_large(self._limits)
        if self.has_length and not piece:
            raise broken_off()
        self._left -= len(piece)
        return piece


# --- fields -----------------------------------------------------------------------------------------------------------


def query_fields(query_string: str) -> Fields:
    """Return the names of a query string (Latin-1, as in the environ), each with all its values. Bad UTF-8 is 400."""
    return split_fields(query_string) if query_string else {}


def form_fields(environ: Environ, limits: Limits = DEFAULT_LIMITS) -> tuple[Fields, Files]:
    """Return a form's text fields and its files, read once. No body and no type is an empty form; another type is 415.

    The files are closed by `close_uploads`, at the request's end.
    """
    form: tuple[Fields, Files] | None = environ.get(FORM_READ)
    if form is None:
        kind = environ.get("CONTENT_TYPE", "")
        mimetype = kind if kind == FORM else mimetype_of(kind)
        if mimetype == FORM:
            form = _urlencoded(read_body(environ, limits), limits), {}
        elif mimetype == MULTIPART:
            form = _multipart(environ, limits)
        elif mimetype or read_body(environ, limits):
            raise HTTPError(415, f"A form is {FORM} or {MULTIPART}.", headers={"Accept-Post": f"{FORM}, {MULTIPART}"})
        else:
            form = {}, {}
        environ[FORM_READ] = form
    return form


def read_whole(environ: Environ) -> bytes | None:
    """Return the body if it was read as a whole before, else None."""
    body: bytes | None = environ.get(_BODY)
    return body


def read_form(environ: Environ) -> tuple[Fields, Files] | None:
    """Return the form if it was read before, else None."""
    form: tuple[Fields, Files] | None = environ.get(FORM_READ)
    return form


def close_uploads(environ: Environ) -> None:
    """Close the files of the request's form, if one was read."""
    for upload in _uploads(environ):
        upload.close()


def rewind_uploads(environ: Environ) -> None:
    """Let the files of the request's form be read again from their beginning: for a plan that is tried again."""
    for upload in _uploads(environ):
        if not upload.stream.closed:
            upload.stream.seek(0)


def _uploads(environ: Environ) -> list[UploadedFile]:
    form = read_form(environ)
    return [] if form is None else [upload for uploads in form[1].values() for upload in uploads]


def mimetype_of(content_type: str) -> str:
    """Return a Content-Type without its parameters, in small letters."""
    return content_type.partition(";")[0].strip(" \t").lower()


def _urlencoded(body: bytes, limits: Limits) -> Fields:
    fields = split_fields(body.decode("latin-1"), limits.max_form_fields)
    if len(body) > limits.max_field_name:  # PERF: in a shorter one no name is too long
        check_field_name(max(fields, key=len, default=""), limits)
    return fields


def check_field_name(name: str, limits: Limits) -> None:
    """Refuse a field whose name is too long, with 413."""
    if len(name) > limits.max_field_name:
        raise HTTPError(413, f"A field's name is longer than {limits.max_field_name} characters.")


def _multipart(environ: Environ, limits: Limits) -> tuple[Fields, Files]:
    stream = open_stream(environ, limits)
    environ[_TAKEN] = "a multipart form"
    parser: Any = importlib.import_module("newel.multipart")
    try:
        form: tuple[Fields, Files] = parser.parse(stream, environ["CONTENT_TYPE"], limits)
    except HTTPError as error:
        environ[_TAKEN] = error
        raise
    return form


# --- JSON -------------------------------------------------------------------------------------------------------------


def json_bytes(environ: Environ, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the bytes of a JSON body. Another type, or none, is 415.

    SECURITY: a browser sends `text/plain` anywhere without asking first, `application/json` not (checklist E23).
    """
    kind = environ.get("CONTENT_TYPE", "")
    if kind != "application/json" and not is_json(mimetype_of(kind)):
        raise HTTPError(415, "A JSON body is sent as application/json.", headers={"Accept-Post": "application/json"})
    return read_body(environ, limits)


def is_json(mimetype: str) -> bool:
    """Tell whether a media type is JSON, or a kind of it (`application/problem+json`; RFC 6839, 3.1)."""
    return mimetype == "application/json" or (mimetype.startswith("application/") and mimetype.endswith("+json"))
