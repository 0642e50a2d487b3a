"""What a request costs, counted in calls and not in seconds, so that the count is the same on every machine."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from newel import App, Router
from tests.meta.project import ROOT

OURS = (str(ROOT / "core"), str(ROOT / "plugins"), f"{sys.prefix}/lib")
MAX_CALLS = 15
SECRET = "7d1f0c6ea2b98d4475e0c3ab91f7b2d80c7fd2a64be94806"

router = Router()


@router.get("/")
def hello() -> str:
    return "Hello, World!"


@router.get("/items/<key>")
def item(key: str) -> str:
    return key


def calls_of(app: App, path: str) -> list[str]:
    """Return the names of our functions that one request calls, in order; the first request has warmed up."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "HTTP_HOST": "localhost"}
    environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http"}
    called: list[str] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(OURS) and "/newel" in file:
            called.append(frame.f_code.co_qualname)

    def request() -> None:
        body = app(dict(environ), lambda status, headers, exc_info=None: None)
        assert b"".join(body)

    request()
    sys.setprofile(note)
    try:
        request()
    finally:
        sys.setprofile(None)
    return called


@pytest.mark.parametrize("path", ["/", "/items/abc"])
@pytest.mark.parametrize("without", [["security"], []], ids=["without security", "with security"])
def test_a_trivial_request_makes_few_calls_of_ours(path: str, without: list[str]) -> None:
    app = App({"app": {"hosts": ["localhost"], "secret": SECRET, "without": without}}, routes=[router])
    called = calls_of(app, path)
    assert "answer" in called
    assert len(called) <= MAX_CALLS, called
