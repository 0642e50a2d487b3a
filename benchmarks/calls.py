"""A request as data, and the environ that a server makes of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from benchmarks.texts import HOST

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

WHAT_EVERY_CLIENT_SENDS: Final = {
    "HTTP_HOST": HOST,
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "HTTP_ACCEPT": "*/*",
    "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br",
    "HTTP_CONNECTION": "keep-alive",
    "HTTP_SEC_FETCH_SITE": "same-origin",
    "HTTP_SEC_FETCH_MODE": "cors",
    "HTTP_SEC_FETCH_DEST": "empty",
}


class Call(msgspec.Struct, frozen=True):
    """One request: what a browser on the same site sends."""

    path: str
    query: str = ""
    method: str = "GET"
    content_type: str = ""
    body: bytes = b""


class Answer(msgspec.Struct, frozen=True):
    """What came back: the number of the status, the type of the body, the body."""

    status: int
    content_type: str
    body: bytes


def environ_of(call: Call) -> Environ:
    """Make the environ of a call but for its `wsgi.input`, which can be read once only."""
    environ: Environ = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": call.path,
        "QUERY_STRING": call.query,
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "50000",
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "benchmarks",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **WHAT_EVERY_CLIENT_SENDS,
    }
    if call.method != "GET":
        environ |= {
            "CONTENT_TYPE": call.content_type,
            "CONTENT_LENGTH": str(len(call.body)),
            "HTTP_ORIGIN": f"http://{HOST}",
        }
    return environ


def fresh(environ: Environ, body: bytes, count: int) -> list[Environ]:
    """Return that many environs of their own, each with its own input."""
    return [{**environ, "wsgi.input": io.BytesIO(body)} for _ in range(count)]


def ask(application: Application, call: Call) -> Answer:
    """Send one call and keep what comes back."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        started.append((status, headers))

    body = application(fresh(environ_of(call), call.body, 1)[0], start_response)
    sent = b"".join(body)
    if close := getattr(body, "close", None):
        close()
    status, headers = started[-1]
    types = [value for name, value in headers if name.lower() == "content-type"]
    return Answer(int(status.split()[0]), types[0] if types else "", sent)
