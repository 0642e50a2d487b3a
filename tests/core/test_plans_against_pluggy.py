"""Plans call the implementations of request hooks themselves; here they are held against pluggy's own calls.

For any set of plugins, in any order, with any `before` and `after`: what runs, and in which order, is what pluggy would
run (`newel_before_request`), or its reverse (the other request hooks).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from newel import App, Guard, HTTPError, Plugin, Response, Route
from newel.compiler import NAMED
from newel.scope import Scope
from tests.core.applications import PRODUCTION, hello, plugin, routing
from tests.core.environs import environ

HOOKS = ("newel_before_request", "newel_after_request", "newel_handle_error", "newel_teardown_request")
ROUTE = "newel_route"

Described = tuple[str, frozenset[str], str | None, str | None]
"""A plugin: its name, the hooks that it implements, whom it stands before, whom it stands after."""


@st.composite
def described(draw: st.DrawFn) -> list[Described]:
    """Up to six plugins, in the order in which an application lists them. Constraints lead one way: no cycles."""
    names = draw(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1))
    plugins = []
    for name in names:
        hooks = draw(st.frozensets(st.sampled_from([*HOOKS, ROUTE]), min_size=1))
        smaller, larger = [other for other in names if other < name], [other for other in names if other > name]
        before = draw(st.sampled_from([None, *larger]))
        after = draw(st.sampled_from([None, *smaller]))
        plugins.append((name, hooks, before, after))
    return plugins


def built(plugins: list[Described], calls: list[tuple[str, str]]) -> App:
    """An application of plugins that note each call as hook and plugin."""

    def noting(hook: str) -> Any:
        def note(self: Plugin) -> None:
            calls.append((hook, self.name))

        return note

    def newel_route(self: Plugin, route: Route) -> Iterable[Guard]:
        calls.append((ROUTE, self.name))
        return []

    made = [
        plugin(
            name,
            **{hook: newel_route if hook == ROUTE else noting(hook) for hook in hooks},
            before=(before,) if before else (),
            after=(after,) if after else (),
        )
        for name, hooks, before, after in plugins
    ]

    def broken() -> str:
        raise HTTPError(418)

    return App(PRODUCTION, routes=[routing(index=hello, broken=broken)], plugins=made)


def request(app: App, path: str) -> None:
    """Send one request from its beginning to the close of its response."""
    body: Any = app(environ(path), lambda status, headers: None)
    list(body)
    if hasattr(body, "close"):
        body.close()


def of_pluggy(app: App, hook: str) -> list[str]:
    """The plugins in the order in which pluggy itself calls them."""
    manager = app.generation.manager
    getattr(manager.hook, hook)(**arguments(app))
    return [names_of(one.plugin) for one in reversed(getattr(manager.hook, hook).get_hookimpls())]


def names_of(registered: Any) -> str:
    """The name of a plugin as pluggy holds it."""
    return str(registered.name)


def arguments(app: App) -> dict[str, Any]:
    """All that a request hook may ask for by name, in a request that went wrong."""
    scope = Scope(app.generation.supplies, environ("/"), app.generation.routes[0], {})
    scope.response, scope.error = Response("sorry", 418), HTTPError(418)
    return {name: resolve(scope) for name, resolve in NAMED.items()}


@settings(max_examples=40)
@given(described())
def test_plans_run_what_pluggy_would_run_in_its_order(plugins: list[Described]) -> None:
    calls: list[tuple[str, str]] = []
    app = built(plugins, calls)
    calls.clear()
    request(app, "/")
    request(app, "/broken")
    own = {name for name, *_ in plugins}
    in_plans = {hook: [name for called, name in calls if called == hook] for hook in HOOKS}
    for hook in HOOKS:
        calls.clear()
        by_pluggy = [name for name in of_pluggy(app, hook) if name in own]
        if hook != "newel_handle_error":  # of which pluggy takes the answer of the essentials, the first in its order
            assert [name for _, name in calls] == by_pluggy
        expected = by_pluggy if hook == "newel_before_request" else by_pluggy[::-1]
        assert in_plans[hook] == expected * (1 if hook == "newel_handle_error" else 2)


@settings(max_examples=40)
@given(described())
def test_boot_hooks_run_in_the_order_of_pluggy_once_a_route(plugins: list[Described]) -> None:
    calls: list[tuple[str, str]] = []
    app = built(plugins, calls)
    asked = [name for hook, name in calls if hook == ROUTE]
    by_pluggy = [names_of(one.plugin) for one in reversed(app.generation.manager.hook.newel_route.get_hookimpls())]
    assert asked == [name for name in by_pluggy if name != "security"] * 2


@settings(max_examples=40)
@given(described())
def test_the_order_of_hooks_is_the_order_of_plugins(plugins: list[Described]) -> None:
    app = built(plugins, [])
    in_order = [one.name for one in app.generation.manager.plugins]
    positions = {name: at for at, name in enumerate(in_order)}
    for name, _, before, after in plugins:
        assert before is None or positions[name] < positions[before]
        assert after is None or positions[after] < positions[name]
    for hook in HOOKS:
        called = [one.name for one, _ in app.generation.manager.calls(hook)]
        assert called == sorted(called, key=positions.__getitem__)


def test_a_hook_finds_the_same_contracts_by_pluggy_as_in_a_plan() -> None:
    seen: list[object] = []

    def newel_before_request(self: Plugin, environ: Any, scope: Scope, own: Scope, route: Route | None) -> None:
        seen.append((environ["PATH_INFO"], scope is own, route and route.name))

    app = App(
        PRODUCTION, routes=[routing(index=hello)], plugins=[plugin("asks", newel_before_request=newel_before_request)]
    )
    request(app, "/")
    app.generation.manager.hook.newel_before_request(**arguments(app))
    assert seen == [("/", True, "index")] * 2
