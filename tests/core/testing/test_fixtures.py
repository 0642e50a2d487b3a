"""The fixtures for pytest: a client and a scope of the application that a test's own fixture makes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newel import App, Provider, Scope
from newel.testing import Client, fixtures
from tests.core.applications import PRODUCTION, hello, plugin, routing

client = fixtures.client
scope = fixtures.scope


class Unit:
    """A contract."""


@pytest.fixture
def log() -> list[str]:
    """What happened to units, and to the application."""
    return []


@pytest.fixture
def after(log: list[str]) -> Iterator[list[str]]:
    """What must have happened when the other fixtures are done: it is asked for first."""
    expected: list[str] = []
    yield expected
    assert log == expected


@pytest.fixture
def app(after: list[str], log: list[str]) -> App:
    """An application whose unit notes how it ends."""
    record = Provider(
        contract=Unit, open=Unit, finish=lambda value, response: log.append("finish"),
        close=lambda value, error: log.append("close"),
    )  # fmt: skip
    units = plugin("units", newel_providers=lambda self: [record], newel_shutdown=lambda self: log.append("shutdown"))
    return App(PRODUCTION, routes=[routing(index=hello)], plugins=[units])


def test_the_client_sends_requests_to_the_application_which_is_closed_afterwards(
    client: Client, after: list[str]
) -> None:
    after += ["shutdown"]
    assert client.get("/").text == "hello"


def test_the_scope_is_committed_and_the_application_closed_afterwards(scope: Scope, after: list[str]) -> None:
    after += ["finish", "close", "shutdown"]
    assert isinstance(scope[Unit], Unit)


def test_both_may_be_used_together(client: Client, scope: Scope, after: list[str]) -> None:
    after += ["finish", "close", "shutdown"]
    assert client.get("/").text == "hello"
    assert isinstance(scope[Unit], Unit)
