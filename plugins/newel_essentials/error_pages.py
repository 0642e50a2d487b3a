"""The last answer to an error: its status as a page or as problem+json (RFC 9457), and nothing else that is known."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from markupsafe import escape

from newel.contracts.validator import InvalidInput
from newel.errors import HTTPError
from newel.negotiation import prefers_html
from newel.plan import status_of
from newel.response import HTML, Response
from newel.results import Page
from newel.statuses import PHRASES

PROBLEM: Final = "application/problem+json"
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
{detail}</body>
</html>
"""


def error_response(error: BaseException, environ: Mapping[str, Any]) -> Response:
    """Make the response of an error: what a stranger may know, in the form that was asked for."""
    accept = environ.get("HTTP_ACCEPT")
    return html_response(error) if accept is not None and prefers_html(accept) else problem_response(error)


def html_response(error: BaseException) -> Response:
    """Make the page of an error without any template engine."""
    status = status_of(error)
    return with_headers(Response(_page(error, status), status, None, HTML), error)


def problem_response(error: BaseException) -> Response:
    """Make the problem of an error (RFC 9457)."""
    status = status_of(error)
    if type(error) is HTTPError and not (error.detail or error.extensions or error.headers):
        return Response(_bare(status), status, None, PROBLEM)
    return with_headers(Response(_encode(_problem(error, status)), status, None, PROBLEM), error)


def with_headers(response: Response, error: BaseException) -> Response:
    """Set the headers that belong to an error: its own, and when to come back after a 503."""
    for name, value in _headers(error, response.status).items():
        response.headers.set(name, value)
    return response


def error_page(error: BaseException) -> Page:
    """Make the page of an error by the template `newel/error.html`, which knows `title` and `details`."""
    status = status_of(error)
    title = f"{status} {_title(status)}"
    return Page(
        "newel/error.html", status=status, headers=_headers(error, status), title=title, details=_details(error)
    )


def _headers(error: BaseException, status: int) -> Mapping[str, str]:
    if isinstance(error, HTTPError):
        return error.headers
    return {"Retry-After": "1"} if status == 503 else {}


def _title(status: int) -> str:
    return PHRASES.get(status, "Error")


def _detail(error: BaseException) -> str:
    return error.detail if isinstance(error, HTTPError) else ""


def _details(error: BaseException) -> list[str]:
    lines = [_detail(error)] if _detail(error) else []
    return lines + [f"{found.field}: {found.text}" if found.field else found.text for found in _field_errors(error)]


def _page(error: BaseException, status: int) -> str:
    detail = "".join(f"<p>{escape(line)}</p>\n" for line in _details(error))
    return _PAGE.format(title=f"{status} {_title(status)}", detail=detail)


def _problem(error: BaseException, status: int) -> dict[str, Any]:
    problem: dict[str, Any] = {"type": "about:blank", "title": _title(status), "status": status}
    if detail := _detail(error):
        problem["detail"] = detail
    if isinstance(error, HTTPError):
        problem.update(error.extensions)
    if errors := _field_errors(error):
        problem["errors"] = [
            {"field": found.field, "code": found.code, "text": found.text, "parameters": found.parameters}
            for found in errors
        ]
    return problem


def _field_errors(error: BaseException) -> tuple[Any, ...]:
    return error.errors if isinstance(error, InvalidInput) else ()


@functools.cache
def _bare(status: int) -> bytes:
    """Return the problem of a status of which nothing more is known. PERF: once; an unmatched URL has it there."""
    return _encode(_problem(HTTPError(status), status))
