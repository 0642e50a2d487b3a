"""Routes become plans: with the records that plugins add, the options somebody knows, and a handler that answers."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from typing import Any

import pytest

from newel import After, App, Around, Before, Guard, HTTPError, Plugin, Request, Response, Route, Router
from newel.records import RouteRecord
from tests.core.applications import (
    PRODUCTION,
    boot_problems,
    client_of,
    hello,
    plugin,
    routing,
    served,
    the_problem,
)


def adds(*records: RouteRecord, name: str = "adds") -> type[Plugin]:
    """A plugin that adds records to every route."""
    return plugin(name, newel_route=lambda self, route: records)


# --- options ----------------------------------------------------------------------------------------------------------
def optional(**options: Any) -> Router:
    """A router with one route that has options."""
    router = Router()
    router.post("/", **options)(hello)
    return router


@pytest.mark.parametrize("value", ["three", 1.5, -1, None, [1], True])
def test_retries_are_a_number(value: object) -> None:
    text = the_problem(routes=optional(retries=value))
    assert f"route POST / has the option retries={value!r}" in text


def test_an_option_that_a_plugin_understands_reaches_it() -> None:
    seen: list[object] = []
    caches = plugin(
        "caches", route_options={"seconds": int}, newel_route=lambda self, route: seen.append(route.options["seconds"])
    )
    App(PRODUCTION, routes=[optional(seconds=60)], plugins=[caches])
    assert seen == [60]


def test_an_option_of_a_plugin_is_checked_against_its_type() -> None:
    caches = plugin("caches", route_options={"seconds": int}, newel_route=lambda self: None)
    assert "seconds='long'" in the_problem(caches, routes=optional(seconds="long"))


def test_an_option_of_a_plugin_that_is_not_enabled_is_told_with_the_known_ones() -> None:
    text = the_problem(routes=optional(seconds=60))
    assert "neither the kernel nor an enabled plugin knows" in text
    assert "retries" in text


# --- handlers that cannot answer --------------------------------------------------------------------------------------
def returns_nothing() -> Any:
    """Return nothing in each way there is."""

    def only_prints():  # type: ignore[no-untyped-def]
        """Do nothing else."""

    def returns_early(a: int = 1):  # type: ignore[no-untyped-def]
        if a:
            return
        return

    def says_none() -> None: ...

    return [only_prints, returns_early, says_none]


@pytest.mark.parametrize("handler", returns_nothing())
def test_a_handler_that_returns_nothing_is_a_boot_error(handler: Callable[..., Any]) -> None:
    text = the_problem(routes=routing(index=functools.partial(handler)))
    assert "the handler of route GET /, returns nothing" in text


def returns_something() -> Any:
    """Return a value, or raise, in ways that look like nothing at a glance."""

    def raises():  # type: ignore[no-untyped-def]
        raise HTTPError(410)

    def sometimes(a: int = 1):  # type: ignore[no-untyped-def]
        if a:
            return "text"
        return None

    def yields():  # type: ignore[no-untyped-def]
        yield "piece"

    @functools.wraps(raises)
    def wrapped():  # type: ignore[no-untyped-def]
        return "wrapped"

    class Called:
        def __call__(self) -> str:
            return "called"

    return [raises, sometimes, yields, wrapped, Called()]


@pytest.mark.parametrize("handler", returns_something(), ids=["raises", "sometimes", "yields", "wraps", "object"])
def test_a_handler_that_may_answer_is_no_problem(handler: Callable[..., Any]) -> None:
    App(PRODUCTION, routes=[routing(index=handler)])


def asynchronous() -> Any:
    """Functions that nothing would await."""

    async def coroutine() -> str:
        return "never"

    async def generator() -> AsyncIterator[str]:
        yield "never"

    class Called:
        async def __call__(self) -> str:
            return "never"

    return [coroutine, generator, Called()]


@pytest.mark.parametrize("function", asynchronous())
def test_an_asynchronous_handler_is_a_boot_error(function: Callable[..., Any]) -> None:
    assert "is asynchronous, and this application runs on WSGI" in the_problem(routes=routing(index=function))


@pytest.mark.parametrize("function", asynchronous())
def test_an_asynchronous_hook_or_record_is_a_boot_error(function: Callable[..., Any]) -> None:
    assert "is asynchronous" in the_problem(adds(Guard(function)))


# --- records ----------------------------------------------------------------------------------------------------------
def test_a_record_finds_by_name_and_by_contract_what_it_asks_for() -> None:
    seen: list[object] = []

    def look(environ: dict[str, Any], request: Request, route: Route, own: Request) -> None:
        seen.append((environ["PATH_INFO"], request is own, route.name))

    client = served(hello, adds(Before(look), Guard(look)))
    client.get("/")
    assert seen == [("/", True, "hello")] * 2


def test_a_record_that_asks_for_what_nobody_provides_is_a_boot_error() -> None:
    class Ladder: ...

    def climb(ladder: Ladder) -> None: ...

    climb.__annotations__["ladder"] = Ladder
    text = the_problem(adds(Guard(climb)))
    assert "plugin 'adds', Guard" in text
    assert "Ladder was asked for" in text


def unreachable() -> str:
    """A handler that a guard keeps from running."""
    raise AssertionError


def test_a_guard_refuses_by_raising() -> None:
    def refuse() -> None:
        raise HTTPError(401)

    assert served(unreachable, adds(Guard(refuse))).get("/").status_code == 401


def test_a_guard_that_returns_a_value_refuses_and_says_what_it_should_do(caplog: pytest.LogCaptureFixture) -> None:
    client = served(unreachable, adds(Guard(lambda: False)))
    assert client.get("/").status_code == 500
    assert "AssertionError" not in caplog.text
    assert "plugin 'adds', Guard, returned a value" in caplog.text
    assert "refuse by raising" in caplog.text


def test_an_after_hook_that_returns_a_response_is_told_to_change_the_one_it_has(
    caplog: pytest.LogCaptureFixture,
) -> None:
    late = plugin("late", newel_after_request=lambda self, response: Response("mine"))
    assert served(hello, late).get("/").status_code == 500
    assert "plugin 'late', newel_after_request, returned a value" in caplog.text


def test_a_teardown_that_returns_a_value_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    late = plugin("late", newel_teardown_request=lambda self: "done")
    assert served(hello, late).get("/").text == "hello"
    assert "plugin 'late', newel_teardown_request, returned a value" in caplog.text


@pytest.mark.parametrize("kind", ["hook", "record"])
def test_a_before_that_returns_what_is_no_result_is_named(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    early = (
        plugin("early", newel_before_request=lambda self: 3 + 4j)
        if kind == "hook"
        else adds(Before(lambda: 3 + 4j), name="early")
    )
    assert served(hello, early).get("/").status_code == 500
    stage = "newel_before_request" if kind == "hook" else "Before"
    assert f"plugin 'early', {stage}, returned (3+4j), of which no response can be made" in caplog.text


def test_an_edge_that_a_before_hook_answers_wrongly_is_named_too(caplog: pytest.LogCaptureFixture) -> None:
    early = plugin("early", newel_before_request=lambda self: 3 + 4j)
    assert served(hello, early).get("/nowhere").status_code == 500
    assert "plugin 'early', newel_before_request" in caplog.text


def test_a_plugin_adds_to_the_routes_it_looks_for_and_to_no_other() -> None:
    def newel_route(self: Plugin, route: Route) -> Iterable[RouteRecord]:
        if route.name == "index":
            yield After(lambda response: response.headers.set("X-Index", "yes"))

    client = client_of(routing(index=hello, other=hello), plugin("marks", newel_route=newel_route))
    assert client.get("/").headers["X-Index"] == "yes"
    assert "X-Index" not in client.get("/other").headers


def test_after_records_run_in_the_reverse_and_before_the_after_hooks() -> None:
    log: list[str] = []

    def notes(text: str) -> After:
        return After(lambda: log.append(text))

    first = plugin(
        "first",
        newel_route=lambda self: [notes("first 1"), notes("first 2")],
        newel_after_request=lambda self: log.append("hook"),
    )
    served(hello, first, adds(notes("second"), name="second")).get("/")
    assert log == ["second", "first 2", "first 1", "hook"]


@pytest.mark.parametrize("yields", [0, 2])
def test_an_around_that_does_not_yield_once_is_an_error_that_names_its_plugin(
    yields: int, caplog: pytest.LogCaptureFixture
) -> None:
    def around() -> Iterator[None]:
        for _ in range(yields):
            yield

    assert served(hello, adds(Around(around), name="odd")).get("/").status_code == 500
    assert "an Around of plugin 'odd'" in caplog.text


def test_an_around_may_ask_for_the_request() -> None:
    def around(request: Request) -> Generator[None, str, str]:
        result = yield
        return f"{request.path} {result}"

    assert served(hello, adds(Around(around))).get("/").text == "/ hello"


def test_an_around_sees_an_error_and_may_leave_it() -> None:
    seen: list[str] = []

    def around() -> Iterator[None]:
        try:
            yield
        except HTTPError as error:
            seen.append(str(error))
            raise

    def handler() -> str:
        raise HTTPError(409)

    assert served(handler, adds(Around(around))).get("/").status_code == 409
    assert seen == ["409 Conflict"]


# --- guards of the kernel ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "methods, guarded",
    [(["GET"], 0), (["GET", "HEAD", "OPTIONS"], 0), (["POST"], 1), (["GET", "DELETE"], 1), (["PURGE"], 1)],
)
def test_the_cross_site_guard_stands_before_every_unsafe_route_and_no_other(methods: list[str], guarded: int) -> None:
    router = Router()
    router.route("/", methods=methods)(hello)
    (plan,) = App(PRODUCTION, routes=[router]).generation.plans
    assert len(plan.guards) == guarded
    assert [step.owner for step in plan.steps if step.stage == "guard"] == ["newel"] * guarded


def test_a_route_that_nobody_concerns_himself_with_has_empty_plans() -> None:
    config = {"app": {**PRODUCTION["app"], "without": ["security"]}}
    (plan,) = App(config, routes=[routing(index=hello)]).generation.plans
    assert (plan.before, plan.guards, plan.after, plan.teardown, plan.retries) == ((), (), (), (), 0)


def test_the_steps_of_a_plan_say_who_brought_what_in_the_order_of_running() -> None:
    router = Router()
    router.post("/")(hello)
    hooks = plugin("hooks", newel_before_request=lambda self: None, newel_teardown_request=lambda self: None)
    records: list[RouteRecord] = [
        After(lambda: None),
        Around(lambda: iter([None])),
        Guard(lambda: None),
        Before(lambda: None),
    ]
    config = {"app": {**PRODUCTION["app"], "without": ["security"]}}
    (plan,) = App(config, routes=[router], plugins=[hooks, adds(*records)]).generation.plans
    assert [(step.stage, step.owner) for step in plan.steps] == [
        ("newel_before_request", "hooks"),
        ("Before", "adds"),
        ("guard", "newel"),
        ("Guard", "adds"),
        ("Around", "adds"),
        ("handler", "app"),
        ("After", "adds"),
        ("newel_teardown_request", "hooks"),
    ]


def test_every_problem_of_every_route_is_told() -> None:
    router = Router()
    for number, handler in enumerate(returns_nothing()):
        router.get(f"/{number}", name=f"r{number}", wrong=1)(handler)
    assert len(boot_problems(routes=router)) == 6
