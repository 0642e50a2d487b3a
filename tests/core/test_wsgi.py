"""The application as a server meets it: started once, closed for good, and whatever happens, ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import run_wsgi_app

from newel import App, HTTPError, Plugin, Provider, Response, Router, Scope
from newel.testing import Client, HookRecorder
from newel.wsgi import Sent
from tests.core.applications import PRODUCTION, client_of, hello, plugin, routing
from tests.core.environs import environ


class Unit:
    """A contract."""


Log = list[str]


def units(log: Log, **ends: Callable[[Any, Any], object]) -> type[Plugin]:
    """A plugin whose unit notes its close, and which notes teardown."""
    stages: dict[str, Any] = {"close": lambda value, error: log.append(f"close {error!r}"), **ends}
    record = Provider(contract=Unit, open=Unit, **stages)
    return plugin(
        "units",
        newel_providers=lambda self: [record],
        newel_teardown_request=lambda self, error: log.append(f"teardown {error!r}"),
    )


def uses(unit: Unit) -> str:
    """Ask for the unit."""
    return "used"


def ignore(status: str, headers: list[tuple[str, str]]) -> None:
    """Take the head of a response."""


# --- start ------------------------------------------------------------------------------------------------------------
def counting(log: Log) -> type[Plugin]:
    """A plugin that notes start and end."""
    return plugin(
        "counts", newel_startup=lambda self: log.append("start"), newel_shutdown=lambda self: log.append("end")
    )


def test_an_application_starts_at_its_first_use_and_not_when_it_is_made() -> None:
    log: Log = []
    app = App(PRODUCTION, routes=[routing(index=hello)], plugins=[counting(log)])
    assert log == []
    client = Client(app)
    client.get("/")
    client.get("/")
    with app.scope():
        pass
    app.start()
    assert log == ["start"]


def test_it_starts_once_however_many_threads_come_first() -> None:
    log: Log = []
    app = App(PRODUCTION, routes=[routing(index=hello)], plugins=[counting(log)])
    at_once = threading.Barrier(8)
    answers: list[bytes] = []

    def ask() -> None:
        at_once.wait()
        body: Any = app(environ("/"), ignore)
        answers.append(b"".join(body))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (log, answers) == (["start"], [b"hello"] * 8)


def test_a_closed_application_starts_again_at_its_next_use() -> None:
    log: Log = []
    app = App(PRODUCTION, routes=[routing(index=hello)], plugins=[counting(log)])
    for _ in range(2):
        assert Client(app).get("/").text == "hello"
        app.close()
        app.close()
    assert log == ["start", "end"] * 2


def test_an_application_that_never_started_has_nothing_to_close() -> None:
    log: Log = []
    App(PRODUCTION, plugins=[counting(log)]).close()
    assert log == []


def test_a_start_that_fails_is_tried_again_at_the_next_request() -> None:
    attempts: Log = []

    def newel_startup(self: Plugin) -> None:
        attempts.append("")
        if len(attempts) == 1:
            raise ConnectionError

    client = client_of(routing(index=hello), plugin("late", newel_startup=newel_startup))
    with pytest.raises(ConnectionError):
        client.get("/")
    assert client.get("/").text == "hello"


# --- the end ----------------------------------------------------------------------------------------------------------
def test_providers_close_and_teardown_runs_when_the_response_is_closed() -> None:
    log: Log = []
    body: Any = client_of(routing(index=uses), units(log)).app(environ("/"), ignore)
    assert b"".join(body) == b"used"
    assert log == []
    body.close()
    assert log == ["close None", "teardown None"]


def test_closing_twice_ends_once() -> None:
    log: Log = []
    body: Any = client_of(routing(index=uses), units(log)).app(environ("/"), ignore)
    body.close()
    body.close()
    assert log == ["close None", "teardown None"]


def test_a_response_that_nobody_wants_to_end_is_no_wrapper() -> None:
    body: Any = client_of(routing(index=hello)).app(environ("/"), ignore)
    assert type(body) is list


def test_a_server_that_refuses_the_head_ends_the_request() -> None:
    log: Log = []
    app = client_of(routing(index=uses), units(log)).app

    def refuse(status: str, headers: list[tuple[str, str]]) -> None:
        raise AssertionError("no such status")

    with pytest.raises(AssertionError):
        app(environ("/"), refuse)
    assert log == ["close AssertionError('no such status')", "teardown AssertionError('no such status')"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), GeneratorExit()])
@pytest.mark.parametrize("where", ["handler", "before", "after", "save", "finish"])
def test_what_ends_the_process_ends_the_request_first(where: str, error: BaseException) -> None:
    log: Log = []

    def fails(*arguments: Any) -> None:
        raise error

    def handler(unit: Unit) -> str:
        if where == "handler":
            raise error
        return "x"

    hooks: dict[str, Any] = {"before": "newel_before_request", "after": "newel_after_request"}
    own = [plugin("own", **{hooks[where]: lambda self: fails()})] if where in hooks else []
    ends = {where: fails} if where in {"save", "finish"} else {}
    app = client_of(routing(index=handler), units(log, **ends), *own).app
    with pytest.raises(type(error)):
        app(environ("/"), ignore)
    assert log.count(f"teardown {error!r}") == 1
    assert log.count(f"close {error!r}") == (0 if where == "before" else 1)


# --- streams ----------------------------------------------------------------------------------------------------------
def streamed(pieces: Callable[[], Iterator[str]], log: Log) -> Any:
    """The body of a response that is streamed while a unit is open."""

    def handler(unit: Unit) -> Iterator[str]:
        yield from pieces()

    return client_of(routing(index=handler), units(log)).app(environ("/"), ignore)


def test_a_stream_runs_to_its_first_piece_before_the_head_is_sent() -> None:
    log: Log = []

    def pieces() -> Iterator[str]:
        log.append("first")
        yield "one"
        log.append("second")
        yield "two"

    body = streamed(pieces, log)
    assert log == ["first"]
    assert list(body) == [b"one", b"two"]
    assert log == ["first", "second"]
    body.close()
    assert log[2:] == ["close None", "teardown None"]


def test_an_error_before_the_first_piece_is_an_error_like_any_other() -> None:
    def handler() -> Iterator[str]:
        raise HTTPError(409)
        yield ""

    assert client_of(routing(index=handler)).get("/").status_code == 409


def test_an_error_in_the_middle_reaches_the_server_and_ends_the_request() -> None:
    log: Log = []

    def pieces() -> Iterator[str]:
        yield "one"
        raise ConnectionError("gone")

    body = streamed(pieces, log)
    assert next(body) == b"one"
    with pytest.raises(ConnectionError):
        next(body)
    body.close()
    assert log == ["close ConnectionError('gone')", "teardown ConnectionError('gone')"]


def test_a_client_that_leaves_in_the_middle_ends_the_stream_and_the_request() -> None:
    log: Log = []

    def pieces() -> Iterator[str]:
        try:
            yield "one"
            yield "two"
        finally:
            log.append("finally")

    body = streamed(pieces, log)
    assert next(body) == b"one"
    body.close()
    assert log == ["finally", "close None", "teardown None"]


def test_a_stream_that_fails_when_it_is_closed_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log: Log = []

    def pieces() -> Iterator[str]:
        try:
            yield "one"
        finally:
            raise OSError("stuck")

    body = streamed(pieces, log)
    body.close()
    assert log == ["close OSError('stuck')", "teardown OSError('stuck')"]
    assert "closing the body of a response failed" in caplog.text


def test_head_does_not_run_a_stream_further_than_its_first_piece_and_closes_it() -> None:
    log: Log = []

    def handler() -> Iterator[str]:
        try:
            yield "one"
            log.append("second")
        finally:
            log.append("closed")

    assert client_of(routing(index=handler)).head("/").data == b""
    assert log == ["closed"]


class Body:
    """A body that is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"body"])

    def close(self) -> None:
        """Count."""
        self.closed += 1


@pytest.mark.parametrize("where", ["finish", "save", "newel_after_request"])
def test_a_response_that_is_replaced_by_an_error_is_closed(where: str) -> None:
    body = Body()

    def fails(*arguments: Any) -> None:
        raise HTTPError(503)

    def handler(unit: Unit) -> Response:
        return Response(body)

    plugins = [units([], **({where: fails} if where in {"finish", "save"} else {}))]
    if where == "newel_after_request":
        plugins.append(plugin("late", newel_after_request=lambda self: fails()))
    assert client_of(routing(index=handler), *plugins).get("/").status_code == 503
    assert body.closed == 1


def test_a_response_of_an_attempt_that_is_tried_again_is_closed() -> None:
    bodies: list[Body] = []

    class Busy(Exception):
        retryable = True

    def finish(value: Any, response: Any) -> None:
        if len(bodies) < 3:
            raise Busy

    def handler(unit: Unit) -> Response:
        bodies.append(Body())
        return Response(bodies[-1])

    router = Router()
    router.post("/", retries=5)(handler)
    assert client_of(router, units([], finish=finish)).post("/").text == "body"
    assert [body.closed for body in bodies] == [1, 1, 1]


def test_a_response_that_cannot_be_closed_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(Body):
        def close(self) -> None:
            raise OSError("stuck")

    def newel_after_request(self: Plugin) -> None:
        raise HTTPError(503)

    client = client_of(
        routing(index=lambda: Response(Stuck())), plugin("late", newel_after_request=newel_after_request)
    )
    assert client.get("/").status_code == 503
    assert "closing a response that was not sent failed" in caplog.text


# --- what is asked ----------------------------------------------------------------------------------------------------
def ask(**keys: Any) -> tuple[str, str]:
    """The status of a request, and its whole body."""
    body, status, _ = run_wsgi_app(client_of(routing(index=hello)).app, environ(**keys), buffered=True)
    return status, b"".join(body).decode()


@pytest.mark.parametrize("path", ["/\xff", "/a\x00b", "\x00", "/\xc0\xaf", "/\xed\xa0\x80", "/\u1234"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_path_that_is_not_utf_8_or_holds_a_nul_is_400(path: str, method: str) -> None:
    status, text = ask(PATH_INFO=path, REQUEST_METHOD=method)
    assert status == "400 Bad Request"
    assert bool(text) == (method != "HEAD")


def test_an_empty_path_is_the_root() -> None:
    assert ask(PATH_INFO="") == ("200 OK", "hello")


def test_two_lengths_are_400_before_anything_runs() -> None:
    recorder = HookRecorder.fresh()
    app = client_of(routing(index=hello), recorder).app
    request = environ("/", CONTENT_LENGTH="5", HTTP_TRANSFER_ENCODING="chunked")
    assert run_wsgi_app(app, request)[1] == "400 Bad Request"
    assert recorder.hooks("/") == []


def test_a_path_is_decoded_once() -> None:
    router = Router()
    router.get("/<key>")(lambda key: key)
    assert client_of(router).get("/%252e").text == "%2e"
    assert client_of(router).get("/%C3%A9").text == "é"


# --- what strangers see (E71) -----------------------------------------------------------------------------------------
def secretive() -> Client:
    """A client of an application that fails with a secret."""

    def handler(q: str = "") -> str:
        password = "hunter2"
        raise RuntimeError(f"/srv/board {password} {q}")

    return client_of(routing(index=handler))


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*", "text/plain", None])
def test_a_500_in_production_tells_nothing_but_the_status(accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = secretive().get("/?q=query", headers=headers)
    assert response.status_code == 500
    for secret in ("hunter2", "/srv", "RuntimeError", "Traceback", "query", "handler", ".py", "newel", "PRODUCTION"):
        assert secret not in response.text
        assert secret not in str(response.headers)
    assert "Internal Server Error" in response.text


@pytest.mark.parametrize(
    "asked", [{"headers": {"X-Debug": "1"}}, {"headers": {"Cookie": "debug=1; profile=development"}},
              {"query_string": "debug=1&profile=development&__debugger__=yes"}],
)  # fmt: skip
def test_nothing_in_a_request_turns_development_on(asked: dict[str, Any]) -> None:
    response = secretive().get("/", **asked)
    assert response.status_code == 500
    assert "hunter2" not in response.text


def test_the_log_has_what_the_page_has_not_and_no_line_of_a_clients(caplog: pytest.LogCaptureFixture) -> None:
    app = secretive().app
    run_wsgi_app(app, environ("/", REQUEST_METHOD="GET"))
    assert "hunter2" in caplog.text
    caplog.clear()

    def newel_before_request(self: Plugin) -> None:
        raise ValueError

    app = client_of(routing(index=hello), plugin("fails", newel_before_request=newel_before_request)).app
    run_wsgi_app(app, environ("/a\nCRITICAL forged", REQUEST_METHOD="GET\nCRITICAL"))
    assert not [line for line in caplog.text.splitlines() if line.startswith("CRITICAL")]


def test_a_scope_of_the_application_may_be_used_beside_requests() -> None:
    log: Log = []
    app = client_of(routing(index=uses), units(log)).app
    with app.scope() as scope:
        assert isinstance(scope, Scope)
        assert Client(app).get("/").text == "used"
        assert isinstance(scope[Unit], Unit)
    assert log == ["close None", "teardown None", "close None"]


def test_sent_is_iterated_once_like_any_body_of_wsgi() -> None:
    body: Any = client_of(routing(index=uses), units([])).app(environ("/"), ignore)
    assert type(body) is Sent
    assert iter(body) is body
