from __future__ import annotations

import re
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from newel.errors import BootError
from newel.serving import Failed, claimed, is_loopback
from tests.core.command_line import hello, newel, written
from tests.services import LOOPBACK, PATIENCE, serving

COMMAND = [sys.executable, "-m", "newel", "run"]

VIEWS = """\
from newel import Router

router = Router()


@router.get("/")
def index() -> str:
    return "first"


@router.get("/fail")
def fail() -> str:
    raise RuntimeError("it failed")
"""

CHOSEN = """\
from newel import App, Router
from newel.config import Configuration

router = Router()


@router.get("/")
def index(configuration: Configuration) -> str:
    return f"{configuration.profile} {configuration.section('use')['clock'].value}"


app = App(routes=[router])
"""

CLOCKS = """\
from newel import hookimpl


@hookimpl
def newel_shutdown() -> None:
    pass
"""


def get(url: str) -> tuple[int, str]:
    """Return status and text."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:  # a server that is just starting again may drop a connection
        return 0, str(error)


def eventually(url: str, status: int, text: str) -> str:
    """Ask until the answer is as expected; return its text."""
    until = time.monotonic() + PATIENCE
    while True:
        found = get(url)
        if (found[0] == status and text in found[1]) or time.monotonic() > until:
            assert (found[0], text in found[1]) == (status, True), found
            return found[1]
        time.sleep(0.1)


# --- the address ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", "localhost.example.org", ""])
def test_any_other_address_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7"])
def test_development_refuses_to_listen_where_others_can_reach_it(tmp_path: Path, host: str) -> None:
    result = newel("run", hello(tmp_path), "--host", host)
    assert result.exit_code == 1
    assert f"1. the development profile was to listen on '{host}'" in result.output
    assert "to do: listen on 127.0.0.1, or serve with --profile production." in result.output


def test_a_port_that_is_taken_is_told_with_a_free_one(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        result = newel("run", hello(tmp_path), "--port", port)
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 is in use by another program." in result.output
    free = re.search(r"choose another port: newel run --port (\d+)", result.output)
    assert free is not None
    assert int(free[1]) > port


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(BootError, match=r"192\.0\.2\.1 is no address of this machine"):
        claimed("192.0.2.1", 0)


def test_port_0_is_a_free_one() -> None:
    assert claimed(LOOPBACK, 0) > 0


# --- what cannot start ----------------------------------------------------------------------------------------------
def test_what_stands_in_for_an_application_that_failed_says_why() -> None:
    heads: list[str] = []
    body = Failed("why <b>not</b>")({}, lambda status, headers: heads.extend((status, dict(headers)["Content-Type"])))
    assert (heads, b"".join(body)) == (
        ["503 Service Unavailable", "text/plain; charset=utf-8"],
        b"why <b>not</b>\n",
    )


@pytest.mark.parametrize("reload", ["--reload", "--no-reload"])
def test_an_application_that_cannot_start_ends_the_command(tmp_path: Path, reload: str) -> None:
    written(tmp_path, newel='[app]\nroutes = ["nowhere"]\n')
    result = newel("run", tmp_path, reload)
    assert result.exit_code == 1
    assert result.output.startswith("the application cannot start: 1 problem\n\n1. [app] routes lists 'nowhere'")


# --- a real server --------------------------------------------------------------------------------------------------
@pytest.mark.server
def test_a_file_is_served_and_each_request_is_one_line(tmp_path: Path, port: int) -> None:
    command = [*COMMAND, str(hello(tmp_path)), "--port", str(port), "--no-reload"]
    with serving(command, port, folder=tmp_path) as url:
        assert get(f"{url}/?name=you") == (200, "Hello, you!")
        with socket.create_connection((LOOPBACK, port)) as raw:
            raw.sendall(b"GET /\x1b[31m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            with raw.makefile("rb") as answer:
                assert answer.read().startswith(b"HTTP/1.1 404")
    log = (tmp_path / "server.log").read_text()
    assert f"serving {tmp_path}/hello.py\n    http://127.0.0.1:{port}/    (Ctrl-C stops it)\n" in log
    assert re.search(r"^ready after [\d.]+ s: 2 routes, 3 plugins, in the development profile$", log, re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d GET /\?name=you 200 [\d.]+ ms$", log, re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d GET /\\x1b\[31m 404 [\d.]+ ms$", log, re.MULTILINE)


@pytest.mark.server
def test_the_server_starts_again_when_modules_or_configuration_change(tmp_path: Path, port: int) -> None:
    written(tmp_path, newel='[app]\nroutes = ["views"]\n', views=VIEWS)
    with serving([*COMMAND, str(tmp_path), "--port", str(port)], port, folder=tmp_path) as url:
        eventually(url, 200, "first")
        written(tmp_path, views=VIEWS.replace("first", "second"))
        eventually(url, 200, "second")
        written(tmp_path, newel='[app]\nroutse = ["views"]\n')
        assert "did you mean 'routes'?" in eventually(url, 503, "the application cannot start")
        written(tmp_path, newel='[app]\nroutes = ["views"]\n')
        eventually(url, 200, "second")
        assert "RuntimeError: it failed" in get(f"{url}/fail")[1]


@pytest.mark.server
def test_a_choice_of_the_command_line_reaches_an_app_in_a_file(tmp_path: Path, port: int) -> None:
    folder = written(tmp_path, hello=CHOSEN, board__clocks=CLOCKS)
    command = [*COMMAND, str(folder / "hello.py"), "--port", str(port), "--use", "clock=board.clocks"]
    with serving(command, port, folder=tmp_path) as url:
        assert get(url) == (200, "development board.clocks")
