"""A hello application pays for nothing that it does not use."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HELLO = """
import io, json, sys
from newel import App, Router

router = Router()

@router.get("/")
def hello(name: str = "world") -> str:
    return f"Hello, {name}!"

app = App({"app": {"hosts": ["localhost"], "secret": "f3a1c7d25be94806a1d0f7c6e2b98d4475e0c3ab"}}, routes=[router])
environ = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "name=you",
    "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost",
    "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
    "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
}
started = []
body = app(environ, lambda status, headers, exc_info=None: started.append(status))
print(json.dumps({"status": started[0], "body": b"".join(body).decode(), "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def first_response(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    file = tmp_path_factory.mktemp("hello") / "hello.py"  # whose folder is the application's
    file.write_text(HELLO)
    done = subprocess.run([sys.executable, "-W", "error", str(file)], capture_output=True, text=True, check=False)
    assert not done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_hello_answers(first_response: dict[str, object]) -> None:
    assert ("200 OK", "Hello, you!") == (first_response["status"], first_response["body"])


@pytest.mark.parametrize(
    "library",
    [
        "werkzeug",
        "click",
        "jinja2",
        "newel.templating",
        "mako",
        "sqlalchemy",
        "asyncio",
        "email",
        "importlib.metadata",
        "http",
        "logging",
        "pathlib",
        "urllib.parse",
        "tomllib",
    ],
)
def test_first_response_of_a_hello_application_loads_no(library: str, first_response: dict[str, object]) -> None:
    loaded = first_response["modules"]
    assert isinstance(loaded, list)
    assert library not in loaded
