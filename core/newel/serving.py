"""`newel run`: Werkzeug's server on this machine, which starts again when a file of the application changes.

Two processes: the one that was called boots the application once, so that a mistake ends the command, takes the port,
and then only starts children. The child serves, and ends when a file changes. What goes wrong in a child is shown, on
the terminal and in the browser, until a file changes.

SECURITY: in the development profile the server listens on the loopback interface only (checklist E71).
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, final

import click
from werkzeug.serving import WSGIRequestHandler, is_running_from_reloader, run_simple, select_address_family

from newel import printing, tracebacks
from newel.errors import BootError, Place, Problem, ProblemError
from newel.loading import load, watched
from newel.wsgi import App

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

PORTS_TRIED: Final = 20
"""How many ports after one that is taken are looked at for a free one to suggest."""

_UNPRINTABLE: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


def run(path: Path, host: str, port: int, *, reload: bool) -> None:
    """Serve the application of a folder or file until it is interrupted. Raises `BootError`."""
    _tell_logs()
    if is_running_from_reloader():
        _serve(*_started(path, host), host, port, reload=True)
        return
    app = load(path)
    if app.generation.development and not is_loopback(host):
        raise BootError([_not_loopback(host)])
    port = claimed(host, port)
    _greet(path, app, host, port, reload=reload)
    if not reload:
        _start(app)
    _serve(app, watched(path, app), host, port, reload=reload)


def _serve(app: WSGIApplication, files: Iterable[str], host: str, port: int, *, reload: bool) -> None:
    run_simple(
        host, port, app, threaded=True, request_handler=LoggedRequest, use_reloader=reload, extra_files=list(files)
    )


# --- the child ------------------------------------------------------------------------------------------------------
def _started(path: Path, host: str) -> tuple[WSGIApplication, list[str]]:
    """Boot and start the application, or put in its place what tells why it could not; with the files to watch."""
    app = None
    try:
        app = load(path)
        _start(app)
    except Exception as error:
        told = printing.problems(error) if isinstance(error, BootError | ProblemError) else tracebacks.of_user(error)
        click.echo(told, err=True)
        click.echo("\nwaiting for a file to change", err=True)
        return Failed(told if is_loopback(host) else ""), [*watched(path, app), *_files_of(error)]
    return app, watched(path, app)


def _start(app: App) -> None:
    began = time.perf_counter()
    app.start()
    click.echo(f"ready after {time.perf_counter() - began:.1f} s: {printing.summary(app.generation)}", err=True)


def _files_of(error: Exception) -> list[str]:
    """Return the files that an error speaks of: mending one of them is what starts the application again."""
    found = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    problems = error.problems if isinstance(error, BootError) else ()
    found += [place.file for problem in problems for place in problem.places]
    return [file for file in found if Path(file).is_file()]


@final
class Failed:
    """Stands in for an application that could not start: every answer is a 503 that says why."""

    def __init__(self, text: str) -> None:
        self.text: Final = text

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer any request (PEP 3333)."""
        body = f"{self.text or 'The application cannot start; the terminal says why.'}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
        start_response("503 Service Unavailable", [*headers, ("Content-Length", str(len(body)))])
        return [body]


# --- address --------------------------------------------------------------------------------------------------------
def is_loopback(host: str) -> bool:
    """Tell whether a host to listen on is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def claimed(host: str, port: int) -> int:
    """Return the port that can be listened on: the one asked for, or for 0 a free one. Raises `BootError`."""
    try:
        return _bound(host, port)
    except OSError as error:
        raise BootError([_cannot_listen(host, port, error)]) from None


def _bound(host: str, port: int) -> int:
    with socket.socket(select_address_family(host, port), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _free_after(host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + 1 + PORTS_TRIED, 65536)):
        try:
            return _bound(host, candidate)
        except OSError:
            continue
    return None


# --- what is told ---------------------------------------------------------------------------------------------------
def _greet(path: Path, app: App, host: str, port: int, *, reload: bool) -> None:
    shown = f"[{host}]" if ":" in host else host
    stops = "Ctrl-C stops it" + ("; it starts again when a file changes" if reload else "")
    click.echo(f"serving {path.absolute()}", err=True)
    click.echo(f"    {click.style(f'http://{shown}:{port}/', bold=True)}    ({stops})", err=True)
    if not app.generation.development:
        click.echo("    this server is for development; others are faster and safer: gunicorn, waitress", err=True)


def _tell_logs() -> None:
    """Show what the application logs, unless it has decided that itself, and of Werkzeug's what is news."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("newel").setLevel(logging.INFO)
    werkzeug = logging.getLogger("werkzeug")
    werkzeug.setLevel(logging.INFO)
    werkzeug.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return record.levelno > logging.INFO or "Detected change" in record.getMessage()


@final
class LoggedRequest(WSGIRequestHandler):
    """Prints one line for each request: when, method, path, status, and milliseconds to the first byte."""

    _began = 0.0

    def run_wsgi(self) -> None:
        """Answer one request."""
        self._began = time.perf_counter()
        super().run_wsgi()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print the line. SECURITY: control characters are escaped, so that no request writes lines of its own."""
        took = (time.perf_counter() - self._began) * 1000 if self._began else 0.0
        status = int(code) if str(code).isdigit() else 0
        line = f"{time.strftime('%H:%M:%S')} {self.command or '-'} {self.path} {status or code} {took:.1f} ms"
        colour = {4: "yellow", 5: "red"}.get(status // 100)
        click.secho(line.translate(_UNPRINTABLE), fg=colour, err=True)


# --- what is said ---------------------------------------------------------------------------------------------------
def _not_loopback(host: str) -> Problem:
    return Problem(
        what=f"the development profile was to listen on {host!r}, where other machines can reach it; "
        "its error pages show source and configuration.",
        places=(Place("command line", text=f"--host {host}"),),
        remedy="listen on 127.0.0.1, or serve with --profile production.",
    )


def _cannot_listen(host: str, port: int, error: OSError) -> Problem:
    free = _free_after(host, port) if error.errno == errno.EADDRINUSE else None
    reasons = {
        errno.EADDRINUSE: f"port {port} of {host} is in use by another program.",
        errno.EACCES: f"port {port} of {host} may not be used by this user.",
        errno.EADDRNOTAVAIL: f"{host} is no address of this machine.",
    }
    return Problem(
        what=reasons.get(error.errno or 0, f"nothing can listen on {host!r}, port {port}: {error.strerror or error}."),
        places=(Place("command line", text=f"--host {host} --port {port}"),),
        remedy=f"stop that program, or choose another port: newel run --port {free}"
        if free is not None
        else "choose another --host or --port: a port from 1024 to 65535, an address of this machine.",
    )
