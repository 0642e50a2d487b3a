"""Werkzeug's request over an environ that we may have read from already. Imported when the first one is asked for."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from werkzeug.datastructures import FileStorage, ImmutableMultiDict
from werkzeug.wrappers import Request

from newel.body import Environ, Limits, read_form, read_whole
from newel.errors import HTTPError
from newel.uploads import UploadedFile


def full_request(environ: Environ, limits: Limits) -> Request:
    """Return a Werkzeug request with our limits, which finds the body and the form that were read before.

    Raises 400 for an environ that is not Latin-1 (PEP 3333), of which Werkzeug makes nothing.
    """
    body, form = read_whole(environ), read_form(environ)
    if body is not None:
        environ = {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    try:
        request = Request(environ)  # type: ignore[arg-type]
    except UnicodeError as error:
        raise HTTPError(400, "The request line is not Latin-1.") from error
    request.max_content_length = limits.max_body
    request.max_form_memory_size = limits.max_field
    request.max_form_parts = limits.max_form_parts
    if form is not None:
        _give_form(request, *form)
    return request


def _give_form(request: Any, fields: dict[str, list[str]], files: dict[str, list[UploadedFile]]) -> None:
    request.form = ImmutableMultiDict(fields)
    request.files = ImmutableMultiDict(
        (name, FileStorage(upload.stream, upload.raw_name, name, upload.content_type))
        for name, uploads in files.items()
        for upload in uploads
    )
