"""A file as a result: a plain value that a handler returns and a test compares; `to_response(environ)` sends it.

ETag, Last-Modified, preconditions, one range (RFC 9110, sections 8.8, 13 and 14), and a Content-Disposition that keeps
what a browser would run from being shown as a page of this site (checklist E52).
"""

from __future__ import annotations

import mimetypes
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from io import SEEK_END, TextIOBase
from pathlib import Path, PurePath
from typing import IO, Final, final
from urllib.parse import quote

import msgspec

from newel.conditional import http_date, may_resume
from newel.errors import HTTPError
from newel.headers import HeaderInjection
from newel.ranges import single_range
from newel.response import BINARY, Environ, Response
from newel.uploads import safe_name

CHUNK: Final = 64 * 1024

_MISREAD: Final = str.maketrans("%;", "__")
"""What old clients misread inside a quoted file name (RFC 6266, appendix D)."""

RISKY_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "application/xml", "text/xml"})
"""Types that a browser runs scripts of. Anything else that ends in +xml counts as well."""

_MORE_TYPES: Final[Mapping[str, str]] = {
    ".atom": "application/atom+xml", ".avif": "image/avif", ".bz2": "application/x-bzip2", ".gz": "application/gzip",
    ".ico": "image/x-icon",
    ".js": "text/javascript", ".md": "text/markdown", ".mjs": "text/javascript", ".svgz": "image/svg+xml",
    ".rss": "application/rss+xml", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
    ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2", ".xht": "application/xhtml+xml",
    ".xhtml": "application/xhtml+xml", ".xz": "application/x-xz", ".zst": "application/zstd",
}  # fmt: skip


@final
class FileResponse(msgspec.Struct, frozen=True):
    """Sends a file: `FileResponse("reports/2025.pdf", filename="report.pdf")`.

    path           a path, or a binary file that is open; it is closed when it was sent
    filename       the name it is saved under; the path's own where it is sent as an attachment
    as_attachment  save it (True) or show it (False); by default only types that a browser runs are to be saved
    content_type   by default what the suffix says, else application/octet-stream
    max_age        seconds that it may be used without asking again; by default a browser asks each time

    The path is the application's own: nothing here keeps a path that a client made inside a folder.
    """

    path: str | os.PathLike[str] | IO[bytes]
    filename: str | None = None
    as_attachment: bool | None = None
    content_type: str | None = None
    max_age: int | None = None

    def to_response(self, environ: Environ) -> Response:
        """Return the response to this request: 200, 206, 304, 412 or 416. Raises 404 where there is no such file."""
        name = self.filename or _name_of(self.path)
        headers, content_type = self._headers(name)
        file = _opened(self.path)
        facts = _facts(file)
        response = Response(_Pieces(file, facts.size), 200, headers | facts.headers(), content_type)
        response.make_conditional(environ)
        if response.status == 200 and environ["REQUEST_METHOD"] == "GET":
            _cut_or_wrap(response, environ, file, facts)
        return response

    def _headers(self, name: str) -> tuple[dict[str, str], str]:
        content_type = self.content_type or media_type(name)
        headers = {"Cache-Control": "no-cache" if self.max_age is None else f"max-age={self.max_age:d}"}
        attached = is_risky(content_type) if self.as_attachment is None else self.as_attachment
        if attached or self.filename is not None:
            headers["Content-Disposition"] = content_disposition("attachment" if attached else "inline", name)
        return headers, content_type


# --- names and types --------------------------------------------------------------------------------------------------


def media_type(name: str) -> str:
    """Return the media type that a file name's suffix stands for: the same on every machine."""
    suffix = PurePath(name).suffix.lower()
    return _MORE_TYPES.get(suffix) or _known_types().get(suffix) or BINARY


@cache
def _known_types() -> Mapping[str, str]:
    # NOTE: an instance of its own knows the standard library's table alone, whatever the machine's mime.types says.
    return mimetypes.MimeTypes().types_map[True]


def content_disposition(kind: str, filename: str) -> str:
    """Return a Content-Disposition with a file name every client can read (RFC 6266; RFC 8187 beyond ASCII).

    Raises `HeaderInjection` for CR, LF and NUL (checklist E34); other unsafe characters and folders are taken out.
    """
    if found := {"\r", "\n", "\0"}.intersection(filename):
        raise HeaderInjection("Content-Disposition", filename, f"a file name holds {min(found)!r}")
    name = safe_name(filename)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = safe_name(plain.translate(_MISREAD))
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, '')}"
    return f'{kind}; filename="{plain}"{extended}'


def is_risky(content_type: str) -> bool:
    """Tell whether a browser that shows this type may run what it holds."""
    mimetype = content_type.partition(";")[0].strip().lower()
    return mimetype in RISKY_TYPES or mimetype.endswith("+xml")


# --- the open file ----------------------------------------------------------------------------------------------------


@final
class _Facts(msgspec.Struct, frozen=True):
    """What an open file is known by; None where that cannot be told."""

    size: int | None = None
    etag: str | None = None
    modified: datetime | None = None

    def headers(self) -> dict[str, str]:
        """Return the facts as header fields."""
        headers: dict[str, str] = {}
        if self.size is not None:
            headers |= {"Content-Length": str(self.size), "Accept-Ranges": "bytes"}
        if self.etag is not None:
            headers["ETag"] = self.etag
        if self.modified is not None:
            headers["Last-Modified"] = http_date(self.modified)
        return headers


def _name_of(path: str | os.PathLike[str] | IO[bytes]) -> str:
    name = path if isinstance(path, str | os.PathLike) else getattr(path, "name", "")
    return PurePath(name).name if isinstance(name, str | os.PathLike) else ""


def _opened(path: str | os.PathLike[str] | IO[bytes]) -> IO[bytes]:
    if not isinstance(path, str | os.PathLike):
        if isinstance(path, TextIOBase):
            msg = f"FileResponse was given {path!r}, a file open for text; open it with mode 'rb'"
            raise TypeError(msg)
        return path
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # a folder; or a pipe, which would be waited for
            raise HTTPError(404)
        return Path(path).open("rb")
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the path
        raise HTTPError(404) from error


def _facts(file: IO[bytes]) -> _Facts:
    try:
        found = os.fstat(file.fileno())
    except (OSError, AttributeError):  # no file of the system's: a BytesIO, say
        return _Facts(file.seek(0, SEEK_END)) if file.seekable() else _Facts()
    if not stat.S_ISREG(found.st_mode):
        return _Facts()
    modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
    return _Facts(found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}"', modified)


def _cut_or_wrap(response: Response, environ: Environ, file: IO[bytes], facts: _Facts) -> None:
    """Make the body the range that is asked for; or give the whole file to the server, which may know a faster way."""
    wanted = _wanted_range(environ, facts)
    if wanted is not None:
        _cut(response, file, wanted, facts.size)
    elif facts.etag is not None and (wrap := environ.get("wsgi.file_wrapper")) is not None:
        file.seek(0)
        response._body = wrap(file, CHUNK)


def _wanted_range(environ: Environ, facts: _Facts) -> tuple[int, int] | None:
    header = environ.get("HTTP_RANGE")
    if header is None or facts.size is None or not may_resume(environ, facts.etag, facts.modified):
        return None
    return single_range(header, facts.size)


def _cut(response: Response, file: IO[bytes], wanted: tuple[int, int], size: int | None) -> None:
    begin, end = wanted
    if begin == end:
        file.close()
        response.status, response.body = 416, b""
        response.headers.set("Content-Range", f"bytes */{size}")
        return
    response.status, response._body = 206, _Pieces(file, end - begin, begin)
    response.headers.set("Content-Range", f"bytes {begin}-{end - 1}/{size}")
    response.headers.set("Content-Length", end - begin)


@final
class _Pieces:
    """A file from `begin` on, so many bytes of it or all, in pieces."""

    __slots__ = ("_begin", "_file", "_left")

    def __init__(self, file: IO[bytes], size: int | None, begin: int = 0) -> None:
        self._file: Final = file
        self._begin: Final = begin
        self._left = size

    def __iter__(self) -> Iterator[bytes]:
        file, left = self._file, self._left
        if left is None:
            yield from iter(lambda: file.read(CHUNK), b"")
            return
        file.seek(self._begin)
        while left > 0 and (piece := file.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece

    def close(self) -> None:
        self._file.close()
