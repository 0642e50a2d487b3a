"""A generation: started once, closed once, and immutable in between."""

from __future__ import annotations

from typing import Any

import pytest

from newel import App, Plugin, Provider, Router, Scope
from newel.generation import Generation
from tests.core.applications import PRODUCTION, hello, plugin, routing


class Store:
    """A contract."""


def application(log: list[str], **hooks: Any) -> App:
    """An application whose store notes how it is opened and closed."""

    def opened() -> Store:
        log.append("open")
        return Store()

    record = Provider(
        contract=Store, open=opened, scope="app", close=lambda value, error: log.append(f"close {error!r}")
    )
    return App(PRODUCTION, plugins=[plugin("store", newel_providers=lambda self: [record], **hooks)])


def test_it_lists_routes_in_the_order_of_declaration() -> None:
    first, second = Router(), Router()
    first.get("/z", name="z")(hello)
    first.include(second)
    second.get("/a", name="a")(hello)
    first.get("/m", name="m")(hello)
    assert [route.name for route in App(PRODUCTION, routes=[first]).generation.routes] == ["z", "m", "a"]


def test_it_knows_its_edges_and_mounts_by_name() -> None:
    router = Router()
    router.mount("/old", lambda environ, start_response: [])
    edges = set(App(PRODUCTION, routes=[router]).generation.edges)
    assert {"not found", "method not allowed", "slash redirect", "options", "mount /old"} <= edges


@pytest.mark.parametrize("field", Generation.__struct_fields__)
def test_nothing_of_it_can_be_replaced(field: str) -> None:
    generation = App(PRODUCTION).generation
    with pytest.raises(AttributeError):
        setattr(generation, field, None)


def test_startup_runs_in_a_scope_that_is_committed() -> None:
    log: list[str] = []

    class Unit: ...

    unit = Provider(
        contract=Unit,
        open=Unit,
        finish=lambda value, response: log.append(f"finish {response}"),
        close=lambda value, error: log.append(f"close {error}"),
    )

    def newel_startup(self: Plugin, scope: Scope) -> None:
        assert isinstance(scope[Unit], Unit)

    App(PRODUCTION, plugins=[plugin("unit", newel_providers=lambda self: [unit], newel_startup=newel_startup)]).start()
    assert log == ["finish None", "close None"]


def test_a_startup_that_fails_is_undone_and_names_its_plugin() -> None:
    log: list[str] = []

    def newel_startup(self: Plugin, store: Store) -> None:
        log.append("startup")
        raise ConnectionError("no database")

    app = application(log, newel_startup=newel_startup)
    for _ in range(2):
        with pytest.raises(ConnectionError) as caught:
            app.start()
        assert caught.value.__notes__ == ["in plugin 'store', newel_startup"]
    assert log == ["open", "startup", "close None"] * 2


def test_what_is_open_is_closed_after_every_shutdown_hook() -> None:
    log: list[str] = []
    app = application(log, newel_shutdown=lambda self: log.append("shutdown"))
    with app.scope() as scope:
        assert isinstance(scope[Store], Store)
    app.close()
    assert log == ["open", "shutdown", "close None"]
    app.generation.application.close()  # which has nothing left to close
    assert log == ["open", "shutdown", "close None"]


def test_a_scope_outside_of_a_request_has_no_route_and_no_environ() -> None:
    scope = App(PRODUCTION, routes=[routing(index=hello)]).generation.scope()
    assert (scope.route, scope.environ, scope.args) == (None, {}, {})
