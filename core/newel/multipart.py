"""Multipart forms, by Werkzeug's decoder and within our limits (RFC 7578). Imported when the first one comes.

The decoder is sans-IO: it is fed and asked for events. The limits stand here, because Werkzeug's own count fields and
files together, and bound neither a part's header nor a name. Text is UTF-8 (RFC 7578, 5.1.2) or it is 400.
"""

from __future__ import annotations

import re
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Final, NoReturn, cast, final

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData, State

from newel.body import Fields, Files, LimitedStream, Limits, check_field_name
from newel.errors import HTTPError
from newel.uploads import UploadedFile

CHUNK: Final = 64 * 1024
IN_MEMORY: Final = 500 * 1024
"""Bytes of a file that are kept in memory; a larger one goes to disk."""

_HEADING: Final = frozenset({State.PREAMBLE, State.PART})
_is_boundary: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,199}[0-9A-Za-z'()+_,\-./:=?]").fullmatch


def parse(stream: LimitedStream, content_type: str, limits: Limits) -> tuple[Fields, Files]:
    """Return the fields and files of a multipart form. Raises 400 for what is malformed, 413 for what is too much."""
    decoder = MultipartDecoder(_boundary(content_type))
    form = _Form(limits)
    try:
        while chunk := stream.read(CHUNK):
            decoder.receive_data(chunk)
            _drain(decoder, form, limits)
        decoder.receive_data(None)
        _drain(decoder, form, limits)
    except ValueError as error:
        form.close()
        raise HTTPError(400, "The multipart form is malformed.") from error
    except BaseException:
        form.close()
        raise
    return form.fields, form.files


def _boundary(content_type: str) -> bytes:
    """Return the boundary that a Content-Type names (RFC 2046, 5.1.1: characters of a closed list).

    NOTE: The RFC allows 70 of them. Some clients send more, Werkzeug's for tests among them, now and then; so 200 are
    accepted here, as Python's `cgi` did.
    """
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if _is_boundary(boundary) is None:
        raise HTTPError(400, "The multipart form names no valid boundary.")
    return boundary.encode("ascii")


def _drain(decoder: MultipartDecoder, form: _Form, limits: Limits) -> None:
    while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
        form.take(event)
    if decoder.state is State.EPILOGUE:
        decoder.buffer.clear()  # whatever follows the last boundary is to be ignored, not kept
    elif decoder.state in _HEADING and len(decoder.buffer) > limits.max_part_header:
        _refuse_header(limits)


def _refuse_header(limits: Limits) -> NoReturn:
    raise HTTPError(413, f"A part of the form has a header of more than {limits.max_part_header} bytes.")


@final
class _Form:
    """The form as it comes to be: takes the decoder's events, counts, and puts each finished part in its place."""

    __slots__ = (
        "_content_type", "_file_name", "_limits", "_name", "_parts", "_sink", "_size", "_texts", "fields", "files",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        self.fields: Final[Fields] = {}
        self.files: Final[Files] = {}
        self._limits: Final = limits
        self._parts = 0
        self._texts = 0
        self._name = ""
        self._file_name: str | None = None
        self._content_type = ""
        self._sink: IO[bytes] = BytesIO()
        self._size = 0

    def take(self, event: Event) -> None:
        """Take one event of the decoder; what is neither a part nor data (the preamble) is ignored."""
        if isinstance(event, Field | File):
            self._begin(event)
        elif isinstance(event, Data):
            self._add(event.data)
            if not event.more_data:
                self._end()

    def close(self) -> None:
        """Let go of all files, the unfinished one too."""
        self._sink.close()
        for uploads in self.files.values():
            for upload in uploads:
                upload.close()

    def _begin(self, part: Field | File) -> None:
        limits = self._limits
        if sum(len(name) + len(value) + 4 for name, value in part.headers) > limits.max_part_header:
            _refuse_header(limits)
        name = cast("str | None", part.name)
        if name is None:
            raise HTTPError(400, "A part of the form has no name.")
        check_field_name(name, limits)
        self._name = name
        self._file_name = part.filename if isinstance(part, File) else None
        self._content_type = part.headers.get("content-type", "")
        self._sink = BytesIO() if self._file_name is None else SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._size = 0
        self._count()

    def _count(self) -> None:
        self._parts += 1
        self._texts += self._file_name is None
        limits = self._limits
        if self._parts > limits.max_form_parts:
            raise HTTPError(413, f"The form has more than {limits.max_form_parts} parts.")
        if self._texts > limits.max_form_fields:
            raise HTTPError(413, f"The form has more than {limits.max_form_fields} fields.")
        if self._parts - self._texts > limits.max_files:
            raise HTTPError(413, f"The form has more than {limits.max_files} files.")

    def _add(self, data: bytes) -> None:
        self._size += len(data)
        if self._file_name is None and self._size > self._limits.max_field:
            raise HTTPError(413, f"A field of the form is larger than {self._limits.max_field} bytes.")
        self._sink.write(data)

    def _end(self) -> None:
        self._sink.seek(0)
        if self._file_name is None:
            self.fields.setdefault(self._name, []).append(self._text())
        elif self._file_name or self._size:
            upload = UploadedFile(self._sink, self._file_name, self._content_type, self._size)
            self.files.setdefault(self._name, []).append(upload)
        else:
            self._sink.close()  # a file input in which nothing was chosen

    def _text(self) -> str:
        with self._sink:
            return self._sink.read().decode()
