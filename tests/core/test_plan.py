"""The straight line of a request: what runs, in which order, and what becomes of errors."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import pytest

from newel import After, App, Around, Before, Guard, HTTPError, Plugin, Provider, Response, Route, Router, hookimpl
from newel.plan import PAUSE
from newel.testing import Client


class Log(list[str]):
    """What ran, in order."""

    def note(self, text: str) -> Callable[[], None]:
        """Return a function that notes a text."""
        return lambda: self.append(text)

    def end(self, text: str) -> Callable[[object, object], None]:
        """Return a provider's `finish` or `save` that notes a text."""
        return lambda value, response: self.append(text)


class Unit:
    """A value that a provider opens."""


def application(handler: Callable[..., Any], *plugins: type[Plugin], method: str = "GET", **options: Any) -> Client:
    """A client of an application with one route."""
    router = Router()
    router.route("/", methods=[method], **options)(handler)
    return Client(App(routes=[router], plugins=plugins, profile="development"))


def plugin(name: str, **hooks: Callable[..., Any]) -> type[Plugin]:
    """A plugin made of functions whose names are hooks."""
    return type(name.title(), (Plugin,), {"name": name, **{key: hookimpl(function) for key, function in hooks.items()}})


def provider(log: Log, **functions: Callable[..., Any] | None) -> type[Plugin]:
    """A plugin that provides a `Unit` whose whole life is noted."""
    ends: dict[str, Any] = {
        "finish": log.end("finish"),
        "save": log.end("save"),
        "close": lambda value, error: log.append(f"close after {error!r}"),
        **functions,
    }

    def opened() -> Unit:
        log.append("open")
        return Unit()

    def newel_providers(self: Plugin) -> Iterable[Provider]:
        return [Provider(contract=Unit, open=opened, **ends)]

    return plugin("units", newel_providers=newel_providers)


def recorded(log: Log) -> type[Plugin]:
    """A plugin that adds one record of each kind to every route, and hooks around them."""

    def around() -> Iterator[Any]:
        log.append("around begins")
        yield
        log.append("around ends")

    def newel_route(self: Plugin, route: Route) -> list[Any]:
        return [
            After(log.note("After")),
            Around(around),
            Guard(log.note("Guard")),
            Before(log.note("Before")),
        ]

    return plugin(
        "records",
        newel_route=newel_route,
        newel_before_request=lambda self: log.append("before hook"),
        newel_after_request=lambda self, response: log.append(f"after hook {response.status}"),
        newel_teardown_request=lambda self, error: log.append(f"teardown {error!r}"),
    )


def test_a_request_goes_in_one_straight_line() -> None:
    log = Log()

    def handler(unit: Unit) -> str:
        log.append("handler")
        return "done"

    client = application(handler, recorded(log), provider(log))
    assert client.get("/").text == "done"
    assert log == [
        "before hook", "Before", "Guard", "around begins", "open", "handler", "around ends",
        "finish", "save", "After", "after hook 200", "close after None", "teardown None",
    ]  # fmt: skip


def test_an_error_rolls_back_before_it_is_answered_and_saves_after() -> None:
    log = Log()

    def handler(unit: Unit) -> str:
        raise HTTPError(409)

    client = application(handler, provider(log, save=None))
    client.get("/")
    assert log == ["open", "close after HTTPError(409)"]


def test_what_saves_outlives_a_rollback() -> None:
    log = Log()

    def handler(unit: Unit) -> str:
        raise HTTPError(409)

    client = application(handler, provider(log))
    assert client.get("/").status_code == 409
    assert log == ["open", "save", "close after HTTPError(409)"]


def test_a_returned_error_status_commits() -> None:
    log = Log()

    def handler(unit: Unit) -> Response:
        return Response("no", 404)

    client = application(handler, provider(log))
    assert client.get("/").status_code == 404
    assert "finish" in log


def test_a_failing_finish_is_an_error_like_any_other() -> None:
    log = Log()

    def finish(value: Unit, response: Response) -> None:
        raise HTTPError(503)

    def handler(unit: Unit) -> str:
        return "never sent"

    response = application(handler, provider(log, finish=finish, save=None)).get("/")
    assert response.status_code == 503
    assert response.text != "never sent"
    assert log == ["open", "close after HTTPError(503)"]


def test_a_failing_save_is_a_logged_500_and_the_commit_stands(caplog: pytest.LogCaptureFixture) -> None:
    log = Log()

    def save(value: Unit, response: Response) -> None:
        raise OSError("the store is gone")

    def handler(unit: Unit) -> str:
        return "committed"

    with caplog.at_level(logging.ERROR, logger="newel"):
        assert application(handler, provider(log, save=save)).get("/").status_code == 500
    assert log[:2] == ["open", "finish"]
    assert "what was committed stands" in caplog.text


def test_one_failing_close_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    log = Log()

    def close(value: Unit, error: object) -> None:
        log.append("close")
        raise OSError("cannot close")

    def newel_teardown_request(self: Plugin) -> None:
        log.append("teardown")
        raise ValueError("cannot tear down")

    def handler(unit: Unit) -> str:
        return "sent"

    first, second = (plugin(name, newel_teardown_request=newel_teardown_request) for name in ("one", "two"))
    response = application(handler, provider(log, close=close), first, second).get("/")
    assert response.text == "sent"
    assert log == ["open", "finish", "save", "close", "teardown", "teardown"]
    assert "cannot close" in caplog.text


def test_a_before_hook_may_end_the_request_with_any_result() -> None:
    stop = plugin("stop", newel_before_request=lambda self: {"stopped": True})

    def handler() -> str:
        raise AssertionError("not reached")

    assert application(handler, stop).get("/").json == {"stopped": True}


def test_before_hooks_run_as_listed_and_after_hooks_in_the_reverse() -> None:
    log = Log()

    def both(name: str) -> type[Plugin]:
        return plugin(
            name,
            newel_before_request=lambda self: log.append(f"{name} before"),
            newel_after_request=lambda self: log.append(f"{name} after"),
        )

    application(lambda: "x", both("one"), both("two")).get("/")
    assert log == ["one before", "two before", "two after", "one after"]


def test_the_last_plugin_answers_an_error_first() -> None:
    one = plugin("one", newel_handle_error=lambda self, error: Response("one", 500))
    two = plugin("two", newel_handle_error=lambda self, error: Response("two", 500))

    def handler() -> str:
        raise ValueError

    assert application(handler, one, two).get("/").text == "two"


def test_a_failing_error_page_falls_back_to_the_next(caplog: pytest.LogCaptureFixture) -> None:
    def fails(self: Plugin) -> None:
        raise RuntimeError("broken page")

    def handler() -> str:
        raise HTTPError(418)

    response = application(handler, plugin("broken", newel_handle_error=fails)).get("/")
    assert response.status_code == 418
    assert "the error page failed too" in caplog.text


def test_an_after_hook_sees_the_response_of_an_error_once() -> None:
    seen: list[int] = []

    def newel_after_request(self: Plugin, response: Response) -> None:
        seen.append(response.status)
        raise ValueError("after fails")

    assert application(lambda: "x", plugin("late", newel_after_request=newel_after_request)).get("/").status_code == 500
    assert seen == [200]


def test_any_exception_with_an_integer_http_status_becomes_that_response() -> None:
    class Gone(Exception):
        http_status = 410

    def handler() -> str:
        raise Gone

    assert application(handler).get("/").status_code == 410


def test_an_error_names_the_plugin_and_the_hook(caplog: pytest.LogCaptureFixture) -> None:
    def newel_before_request(self: Plugin) -> None:
        raise ValueError("of the plugin")

    application(lambda: "x", plugin("culprit", newel_before_request=newel_before_request)).get("/")
    (record,) = [record for record in caplog.records if record.exc_info]
    error = record.exc_info[1] if record.exc_info else None
    assert getattr(error, "__notes__", None) == ["in plugin 'culprit', newel_before_request"]


def test_an_around_may_replace_the_result() -> None:
    def around() -> Generator[None, Any, Any]:
        result = yield
        return f"[{result}]"

    wrap = plugin("wrap", newel_route=lambda self, route: [Around(around)])
    assert application(lambda: "inner", wrap).get("/").text == "[inner]"


def test_an_around_may_turn_an_error_into_a_result() -> None:
    def around() -> Generator[None, Any, Any]:
        try:
            yield
        except ValueError:
            return "caught"

    def handler() -> str:
        raise ValueError

    wrap = plugin("wrap", newel_route=lambda self, route: [Around(around)])
    assert application(handler, wrap).get("/").text == "caught"


def test_the_first_plugins_around_is_the_outermost() -> None:
    def wrap(name: str) -> type[Plugin]:
        def around() -> Generator[None, Any, Any]:
            result = yield
            return f"{name}({result})"

        return plugin(name, newel_route=lambda self, route: [Around(around)])

    assert application(lambda: "x", wrap("outer"), wrap("inner")).get("/").text == "outer(inner(x))"


class Busy(Exception):
    """An error that may go away."""

    http_status = 503
    retryable = True


def test_a_retryable_error_runs_the_plan_again_from_the_parameters() -> None:
    log = Log()

    def handler(unit: Unit) -> str:
        if log.count("open") < 3:
            raise Busy
        return "done"

    client = application(handler, provider(log), method="POST", retries=2)
    assert client.post("/").text == "done"
    assert log == [
        "open", "close after Busy()", "open", "close after Busy()", "open", "finish", "save", "close after None",
    ]  # fmt: skip


def test_retries_end_with_the_error() -> None:
    log = Log()

    def handler(unit: Unit) -> str:
        raise Busy

    response = application(handler, provider(log), method="POST", retries=1).post("/")
    assert (response.status_code, log.count("open")) == (503, 2)


def test_a_plan_that_lost_a_race_waits_longer_each_time_before_it_runs_again() -> None:
    begun: list[float] = []

    def handler() -> str:
        begun.append(time.monotonic())
        raise Busy

    application(handler, method="POST", retries=2).post("/")
    assert begun[1] - begun[0] >= PAUSE
    assert begun[2] - begun[1] >= 2 * PAUSE


def test_only_retryable_errors_are_tried_again() -> None:
    log = Log()

    def handler(unit: Unit) -> str:
        raise HTTPError(409)

    application(handler, provider(log), method="POST", retries=5).post("/")
    assert log.count("open") == 1


def test_a_plan_is_the_same_with_and_without_plugins_that_do_not_concern_it() -> None:
    def others() -> list[type[Plugin]]:
        def newel_route(self: Plugin, route: Route) -> list[Guard]:
            return [Guard(lambda: None)] if route.rule == "/elsewhere" else []

        return [plugin(f"other{number}", newel_route=newel_route) for number in range(20)]

    def handler() -> str:
        return "x"

    alone = application(handler).app.generation.plans[0]
    among = application(handler, *others()).app.generation.plans[0]
    assert [(step.stage, step.owner, step.place) for step in alone.steps] == [
        (step.stage, step.owner, step.place) for step in among.steps
    ]
    assert [len(part) for part in (alone.before, alone.guards, alone.after, alone.teardown)] == [
        len(part) for part in (among.before, among.guards, among.after, among.teardown)
    ]


@pytest.mark.parametrize("value", [None, object(), 3 + 4j])
def test_a_result_of_which_no_response_can_be_made_names_the_handler(
    value: object, caplog: pytest.LogCaptureFixture
) -> None:
    def shows_something() -> Any:
        return value

    assert application(shows_something).get("/").status_code == 500
    assert "shows_something" in caplog.text
