"""A WSGI environ as a test wants it, and how an answer is read from one."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from newel.response import Response


def environ(path: str = "/", *, body: bytes | None = None, **keys: Any) -> dict[str, Any]:
    """Return what a server would pass on; keyword arguments are keys of the environ."""
    made: dict[str, Any] = {
        "REQUEST_METHOD": "GET" if body is None else "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body or b""),
        "wsgi.version": (1, 0),
    }
    if body is not None:
        made["CONTENT_LENGTH"] = str(len(body))
    made.update((key.replace("__", "."), value) for key, value in keys.items())
    return made


def sent(response: Response, request: dict[str, Any] | None = None) -> tuple[str, dict[str, str], bytes]:
    """Send a response: its status line, its headers and its body."""
    head: list[Any] = []
    pieces = response.start(request or environ(), lambda status, headers: head.extend((status, headers)))
    try:
        body = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    return head[0], dict(head[1]), body
