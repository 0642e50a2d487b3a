"""A scope: what is opened in it, in which order that ends, and that one failure hides no other."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel import App, HTTPError, Plugin, Provider, Scope
from newel.errors import ProblemError, SetupError
from newel.scope import ApplicationScope, Supply
from newel.testing import Client
from tests.core.applications import PRODUCTION, hello, plugin, routing, served


class First:
    """A contract."""


class Second:
    """A contract."""


class Third:
    """A contract."""


Log = list[str]


def noted(contract: type[Any], log: Log, opened: Callable[..., Any] | None = None, **ends: Any) -> Provider:
    """A provider whose life is noted. An end that is False is left out."""
    name = contract.__name__.lower()

    def plain() -> Any:
        log.append(f"open {name}")
        return contract()

    def end(stage: str) -> Callable[[Any, Any], None]:
        return lambda value, other: log.append(f"{stage} {name}")

    stages: dict[str, Any] = {stage: ends.get(stage, end(stage)) or None for stage in ("finish", "save", "close")}
    return Provider(contract=contract, open=opened or plain, **stages)


def app(*providers: Provider) -> App:
    """An application that provides these."""
    return App(PRODUCTION, plugins=[plugin("provides", newel_providers=lambda self: providers)])


def use(scope: Scope, *contracts: type[Any], log: Log | None = None, error: BaseException | None = None) -> None:
    """Open some contracts in a scope, and leave it; only what happens then stays in the log."""
    with scope:
        for contract in contracts:
            assert scope[contract] is not None
        if log is not None:
            log.clear()
        if error is not None:
            raise error


def raises(error: BaseException) -> Callable[..., None]:
    """An end that fails."""

    def end(value: Any, other: Any) -> None:
        raise error

    return end


# --- looking ----------------------------------------------------------------------------------------------------------
def test_a_value_is_opened_when_it_is_asked_for_and_then_kept() -> None:
    log: Log = []
    with app(noted(First, log)).scope() as scope:
        assert not scope.is_open(First)
        assert log == []
        assert scope[First] is scope[First]
        assert scope.is_open(First)
        assert log == ["open first"]


def test_a_scope_tells_what_it_could_open() -> None:
    with app(noted(First, [])).scope() as scope:
        assert First in scope
        assert Second not in scope


def test_what_nobody_provides_is_told_with_what_is_provided() -> None:
    with app(noted(First, [])).scope() as scope, pytest.raises(ProblemError) as caught:
        scope[Second]
    assert "Second was asked for, and no enabled plugin provides it" in str(caught.value)
    assert "First" in str(caught.value)


def test_an_open_that_fails_leaves_nothing_behind_and_may_be_tried_again() -> None:
    attempts: Log = []

    def opened() -> First:
        attempts.append("")
        if len(attempts) == 1:
            raise ConnectionError
        return First()

    log: Log = []
    with app(noted(First, log, opened)).scope() as scope:
        with pytest.raises(ConnectionError):
            scope[First]
        assert not scope.is_open(First)
        assert isinstance(scope[First], First)
    assert log == ["finish first", "save first", "close first"]


# --- a command's scope ------------------------------------------------------------------------------------------------
def test_a_clean_exit_finishes_saves_and_closes_each_round_in_the_reverse_of_opening() -> None:
    log: Log = []
    with app(noted(First, log), noted(Second, log)).scope() as scope:
        for contract in (First, Second):
            assert scope[contract] is not None
    assert log == [
        "open first", "open second", "finish second", "finish first",
        "save second", "save first", "close second", "close first",
    ]  # fmt: skip


def test_an_error_closes_what_does_not_save_then_saves_then_closes_the_rest() -> None:
    log: Log = []
    scope = app(noted(First, log), noted(Second, log, save=False), noted(Third, log, save=False)).scope()
    with pytest.raises(KeyError):
        use(scope, First, Second, Third, log=log, error=KeyError())
    assert log == ["close third", "close second", "save first", "close first"]


@pytest.mark.parametrize("error", [KeyError(), HTTPError(404), KeyboardInterrupt(), SystemExit()])
def test_close_is_told_the_error_that_ended_the_scope(error: BaseException) -> None:
    seen: list[Any] = []
    records = [
        noted(First, [], close=lambda value, error: seen.append(error)),
        noted(Second, [], close=lambda value, error: seen.append(error), save=False),
    ]
    with pytest.raises(type(error)):
        use(app(*records).scope(), First, Second, error=error)
    assert seen == [error, error]


@pytest.mark.parametrize("error", [OSError(), KeyboardInterrupt()])
def test_a_failing_finish_rolls_back_saves_and_is_raised(error: BaseException) -> None:
    log: Log = []
    records = [noted(First, log), noted(Second, log, save=False), noted(Third, log, finish=raises(error), save=False)]
    with pytest.raises(type(error)):
        use(app(*records).scope(), First, Second, Third, log=log)
    assert log == ["close third", "close second", "save first", "close first"]


def test_a_failing_save_is_raised_after_every_other_was_tried(caplog: pytest.LogCaptureFixture) -> None:
    log: Log = []
    records = [noted(First, log), noted(Second, log, save=raises(OSError("disk full"))), noted(Third, log)]
    with pytest.raises(OSError, match="disk full"):
        use(app(*records).scope(), First, Second, Third, log=log)
    assert log[:5] == ["finish third", "finish second", "finish first", "save third", "save first"]
    assert sorted(log[5:]) == ["close first", "close second", "close third"]
    assert "saving Second failed; what was committed stands" in caplog.text


def test_a_failing_close_is_logged_and_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    log: Log = []
    records = [noted(First, log), noted(Second, log, close=raises(OSError("stuck")))]
    with app(*records).scope() as scope:
        for contract in (First, Second):
            assert scope[contract] is not None
    assert log[-1] == "close first"
    assert "closing Second failed" in caplog.text


ENDS = st.lists(
    st.tuples(st.sampled_from([First, Second, Third]), st.sets(st.sampled_from(["finish", "save", "close"]))),
    unique_by=lambda pair: pair[0],
)


def _made(contract: type[Any]) -> Callable[[Scope], Any]:
    return lambda scope: contract()


@given(ENDS, st.booleans())
def test_whatever_fails_every_close_is_tried_once_and_every_save_too(
    opened: list[tuple[type[Any], set[str]]], fails: bool
) -> None:
    tried: list[tuple[str, type[Any]]] = []

    def end(stage: str, contract: type[Any], broken: bool) -> Callable[[Any, Any], None]:
        def run(value: Any, other: Any) -> None:
            tried.append((stage, contract))
            if broken:
                raise OSError

        return run

    supplies: dict[Any, Supply] = {}
    for contract, broken in opened:
        stages: dict[str, Any] = {stage: end(stage, contract, stage in broken) for stage in ("finish", "save", "close")}
        supplies[contract] = Supply(_made(contract), Provider(contract=contract, open=contract, **stages))
    scope = Scope(supplies, {}, None, {})
    contracts = [contract for contract, _ in opened]
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.suppress(OSError, KeyError):
            use(scope, *contracts, error=KeyError() if fails else None)
    finally:
        logging.disable(logging.NOTSET)
    contracts.reverse()
    assert [contract for stage, contract in tried if stage == "close"] == contracts
    assert [contract for stage, contract in tried if stage == "save"] == contracts
    assert not (fails and any(stage == "finish" for stage, _ in tried))
    assert scope.opened == []


# --- a request's scope ------------------------------------------------------------------------------------------------
def requesting(handler: Callable[..., Any], *providers: Provider, **hooks: Any) -> Client:
    """A client of an application with one route, these providers, and hooks."""
    return served(handler, plugin("provides", newel_providers=lambda self: providers, **hooks))


def test_after_a_rollback_an_error_page_gets_values_that_are_opened_anew() -> None:
    seen: list[Any] = []

    def second_of(first: First) -> Second:
        found = Second()
        vars(found)["first"] = first
        return found

    def handler(second: Second) -> str:
        seen.append(vars(second)["first"])
        raise HTTPError(409)

    def newel_handle_error(self: Plugin, second: Second) -> str:
        seen.append(vars(second)["first"])
        return "sorry"

    log: Log = []
    first = noted(First, log, finish=False, save=False)
    second = Provider(contract=Second, open=second_of)  # with nothing to end of its own
    assert requesting(handler, first, second, newel_handle_error=newel_handle_error).get("/").text == "sorry"
    assert seen[0] is not seen[1]
    assert log == ["open first", "close first", "open first", "close first"]


def test_what_saves_stays_open_for_the_error_page() -> None:
    log: Log = []
    seen: list[Any] = []

    def handler(first: First) -> str:
        seen.append(first)
        raise HTTPError(409)

    def newel_handle_error(self: Plugin, first: First) -> str:
        seen.append(first)
        return "sorry"

    requesting(handler, noted(First, log), newel_handle_error=newel_handle_error).get("/")
    assert seen[0] is seen[1]
    assert log == ["open first", "save first", "close first"]


def test_an_error_that_is_returned_commits_nothing() -> None:
    log: Log = []

    def handler(first: First, second: Second) -> HTTPError:
        return HTTPError(409)

    assert requesting(handler, noted(First, log), noted(Second, log, save=False)).get("/").status_code == 409
    assert not [line for line in log if line.startswith("finish")]
    assert log.count("close first") == log.count("close second") == 1


def test_what_teardown_asks_for_is_closed_as_well() -> None:
    log: Log = []

    def newel_teardown_request(self: Plugin, first: First) -> None:
        log.append("teardown")

    requesting(hello, noted(First, log), newel_teardown_request=newel_teardown_request).get("/")
    assert log == ["open first", "teardown", "close first"]


def test_what_an_after_hook_opens_is_closed_and_not_finished() -> None:
    log: Log = []

    def newel_after_request(self: Plugin, first: First) -> None:
        log.append("after")

    requesting(hello, noted(First, log), newel_after_request=newel_after_request).get("/")
    assert log == ["open first", "after", "close first"]


# --- the application's scope ------------------------------------------------------------------------------------------
def test_the_application_opens_once_whichever_thread_comes_first() -> None:
    opened: list[int] = []
    at_once = threading.Barrier(8)

    def open_first(scope: Any) -> First:
        opened.append(threading.get_ident())
        return First()

    application = ApplicationScope({First: Supply(open_first)})
    found: list[First] = []

    def ask() -> None:
        at_once.wait()
        found.append(application[First])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    assert len(set(map(id, found))) == 1


def test_an_overridden_value_stays_when_the_application_is_closed_and_used_again() -> None:
    fake = First()
    record = Provider(contract=First, open=First, scope="app")
    application = app(record)
    application.override(First, fake)
    for _ in range(2):
        with application.scope() as scope:
            assert scope[First] is fake
        application.close()


def test_an_overridden_value_is_given_to_handlers_hooks_and_providers() -> None:
    seen: list[Any] = []

    def open_second(first: First) -> Second:
        seen.append(first)
        return Second()

    def handler(first: First, second: Second) -> str:
        seen.append(first)
        return "x"

    def newel_before_request(self: Plugin, first: First) -> None:
        seen.append(first)

    for scoped in ("app", "request"):
        seen.clear()
        records: list[Any] = [
            Provider(contract=First, open=First, scope=scoped),
            Provider(contract=Second, open=open_second, scope=scoped),
        ]
        application = App(
            PRODUCTION,
            routes=[routing(index=handler)],
            plugins=[plugin("own", newel_providers=_returning(records), newel_before_request=newel_before_request)],
        )
        fake = First()
        application.override(First, fake)
        Client(application).get("/")
        assert seen == [fake, fake, fake]


def _returning(records: list[Provider]) -> Callable[[Plugin], list[Provider]]:
    return lambda self: records


def test_an_override_after_the_start_says_when_it_should_be() -> None:
    application = app(noted(First, []))
    application.start()
    with pytest.raises(SetupError, match="override before the first request") as caught:
        application.override(First, First())
    assert __file__ in str(caught.value)
    application.close()
