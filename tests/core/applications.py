"""Applications of a few lines, as tests want them: plugins made of functions, one route or several, what boot says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from newel import App, BootError, Plugin, Router, hookimpl
from newel.testing import Client

SECRET = "7d1f0c6ea2b98d4475e0c3ab91f7b2d80c7fd2a64be94806"
PRODUCTION: Mapping[str, Any] = {"app": {"hosts": ["localhost"], "secret": SECRET}}
"""The least that production asks for."""


def plugin(short_name: str, /, **members: Any) -> type[Plugin]:
    """Return a plugin made of functions whose names are hooks, and of the other names of `Plugin`."""
    named = {
        name: hookimpl(value) if name.startswith("newel_") and not hasattr(value, "newel_impl") else value
        for name, value in members.items()
    }
    return type(short_name.title(), (Plugin,), {"name": short_name, **named})


def routing(**routes: Callable[..., Any]) -> Router:
    """Return a router with a GET route for each function: `index` stands at `/`, any other at its own name."""
    router = Router()
    for name, handler in routes.items():
        router.get("/" if name == "index" else f"/{name}", name=name)(handler)
    return router


def served(handler: Callable[..., Any], *plugins: Any, method: str = "GET", rule: str = "/", **options: Any) -> Client:
    """Return a client of an application with one route."""
    router = Router()
    router.route(rule, methods=[method], **options)(handler)
    return client_of(router, *plugins)


def client_of(router: Router, *plugins: Any, config: Mapping[str, Any] | None = None) -> Client:
    """Return a client of an application in production, which tells strangers nothing."""
    app = App({**PRODUCTION, **(config or {})}, routes=[router], plugins=plugins)
    return Client(app)


def hello() -> str:
    """Answer."""
    return "hello"


def boot_problems(*plugins: Any, routes: Router | None = None, config: Mapping[str, Any] | None = None) -> list[str]:
    """Return the text of every problem of a boot that must fail."""
    with pytest.raises(BootError) as caught:
        App(config, routes=[routes or routing(index=hello)], plugins=plugins, profile="development")
    return [str(problem) for problem in caught.value.problems]


def the_problem(*plugins: Any, routes: Router | None = None, config: Mapping[str, Any] | None = None) -> str:
    """Return the text of the one problem of a boot that must fail."""
    (problem,) = boot_problems(*plugins, routes=routes, config=config)
    return problem


def problem_of(handler: Callable[..., Any], rule: str = "/", method: str = "GET") -> str:
    """Return what boot says of a handler, which must be one thing."""
    router = Router()
    router.route(rule, methods=[method])(handler)
    return the_problem(routes=router)


def errors(response: TestResponse) -> dict[str, str]:
    """Return the fields that a response says are wrong, with the code of each."""
    answer: Any = response.json
    return {error["field"]: error["code"] for error in answer["errors"]}
