"""The commit: records become plans and supplies, and what contradicts itself becomes a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from newel import App, Page, Plugin, Redirect, Router, Urls
from newel.commit import read_routes
from newel.contracts.templates import TemplateSettings
from newel.errors import Problem, ProblemError
from newel.supplies import Owned
from tests.core.applications import PRODUCTION, boot_problems, client_of, hello, plugin, routing, the_problem


def says(text: str) -> Callable[[], str]:
    """A handler that answers with a text."""

    def handler() -> str:
        return text

    return handler


def brings(*routers: Router) -> type[Plugin]:
    """A plugin with routes."""
    return plugin("brings", newel_routes=lambda self: list(routers))


# --- conflicts --------------------------------------------------------------------------------------------------------
def test_the_application_overrides_a_plugins_route() -> None:
    client = client_of(routing(index=says("own")), brings(routing(index=says("plugin's"))))
    assert client.get("/").text == "own"


def test_the_overridden_route_is_not_served_by_another_name_either() -> None:
    app = App(PRODUCTION, routes=[routing(index=says("own"))], plugins=[brings(routing(index=says("plugin's")))])
    assert len(app.generation.plans) == 1


def test_a_plugins_other_routes_stand_beside_the_applications() -> None:
    client = client_of(routing(index=says("own")), brings(routing(more=says("plugin's"))))
    assert client.get("/more").text == "plugin's"


def test_a_route_of_two_plugins_is_a_conflict_that_shows_both() -> None:
    first, second = (plugin(name, newel_routes=lambda self: [routing(more=says("x"))]) for name in "ab")
    text = the_problem(first, second)
    assert "route GET /more is declared twice" in text
    assert text.count("    at ") == 2


def test_routes_that_differ_in_the_names_of_their_variables_are_the_same_url() -> None:
    router = Router()
    router.get("/<a>/x", name="one")(lambda a: "1")
    router.get("/<b>/x", name="two")(lambda b: "2")
    assert "declared twice (as /<b>/x)" in the_problem(routes=router)


def test_one_path_with_two_methods_is_no_conflict() -> None:
    router = Router()
    router.get("/", name="one")(says("1"))
    router.post("/", name="two")(says("2"))
    client = client_of(router)
    assert (client.get("/").text, client.post("/").text) == ("1", "2")


def test_one_path_on_two_hosts_is_no_conflict() -> None:
    router = Router()
    router.get("/", name="one", host="a.localhost")(says("a"))
    router.get("/", name="two")(says("any"))
    config = {"app": {**PRODUCTION["app"], "hosts": [".localhost"]}}
    client = client_of(router, config=config)
    assert client.get("/", base_url="http://a.localhost").text == "a"
    assert client.get("/", base_url="http://b.localhost").text == "any"


def test_a_path_variable_and_a_variable_of_the_host_reach_the_handler() -> None:
    router = Router()

    @router.get("/<int:number>", host="<team>.localhost")
    def index(team: str, number: int) -> str:
        return f"{team} {number}"

    client = client_of(router, config={"app": {**PRODUCTION["app"], "hosts": [".localhost"]}})
    assert client.get("/3", base_url="http://red.localhost").text == "red 3"


def test_a_contradiction_of_annotation_and_converter_is_a_boot_error() -> None:
    router = Router()

    @router.get("/<int:key>")
    def index(key: str) -> str:
        return key

    assert "key" in the_problem(routes=router)


def test_mounts_of_one_prefix_are_a_boot_error() -> None:
    router = Router()
    for _ in range(2):
        router.mount("/old", lambda environ, start_response: [])
    assert "/old" in the_problem(routes=router)


def test_routes_are_read_without_a_plugin() -> None:
    problems: list[Problem] = []
    declared, mounts = read_routes([Owned("app", routing(index=hello))], problems)
    assert ([found.rule.text for found in declared], mounts, problems) == (["/"], [], [])


# --- templates --------------------------------------------------------------------------------------------------------
def test_a_page_without_an_engine_is_a_boot_error() -> None:
    def index() -> Page:
        return Page("index.html")

    text = the_problem(routes=routing(index=index))
    assert "route / returns a Page, and no template engine is enabled" in text
    assert 'templates = "jinja2"' in text


@pytest.mark.parametrize("returns", [Page | Redirect, Redirect | Page | None])
def test_a_page_among_other_results_asks_for_an_engine_too(returns: Any) -> None:
    def index() -> Any:
        return Page("index.html")

    index.__annotations__["return"] = returns
    assert "no template engine is enabled" in the_problem(routes=routing(index=index))


def test_two_functions_of_one_name_for_templates_are_a_boot_error_that_shows_both() -> None:
    first, second = (plugin(name, newel_template_names=lambda self: {"icon": says("x")}) for name in "ab")
    text = the_problem(first, second)
    assert "templates get the function 'icon' twice: by plugin 'a' and by plugin 'b'" in text
    assert text.count("    at ") == 2


def test_templates_are_searched_in_the_applications_folders_then_in_plugins_as_listed(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("own", "first", "second")]
    plugins = [plugin(f.name, newel_template_roots=lambda self: [tmp_path / self.name]) for f in folders[1:]]
    app = App({"app": {**PRODUCTION["app"], "templates": [str(folders[0])]}}, plugins=plugins)
    assert [path for owner, path in app.generation.template_roots if owner != "essentials"] == folders
    with app.scope() as scope:
        assert [root for root in scope[TemplateSettings].roots if root in folders] == folders


@pytest.mark.parametrize("listed", ["boardpack.views", "including"])
def test_templates_stand_beside_the_file_and_in_each_package_with_routes(tmp_path: Path, listed: str) -> None:
    package = tmp_path / "boardpack"
    for folder in (tmp_path, package):
        (folder / "templates").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "views.py").write_text("from newel import Router\nrouter = Router()\n")
    (tmp_path / "including.py").write_text(
        "from boardpack import views\nfrom newel import Router\nrouter = Router()\nrouter.include(views.router)\n"
    )
    (tmp_path / "newel.toml").write_text(f'[app]\nroutes = ["{listed}"]\n')
    app = App(tmp_path, profile="development")
    roots = app.generation.template_roots
    assert [path for owner, path in roots if owner != "essentials"] == [tmp_path / "templates", package / "templates"]


# --- the application's own values -------------------------------------------------------------------------------------
def test_urls_know_where_the_application_is_mounted_and_which_host_was_asked() -> None:
    router = Router()

    @router.get("/here")
    def here(urls: Urls) -> str:
        return f"{urls.url_for('here')} {urls.external('here')}"

    client = client_of(router)
    answer = client.get("/here", base_url="https://localhost/board").text
    assert answer == "/board/here https://localhost/board/here"


def test_an_external_url_outside_of_a_request_is_refused_and_a_path_is_not() -> None:
    app = App(PRODUCTION, routes=[routing(index=hello)])
    with app.scope() as scope:
        assert scope[Urls].url_for("index") == "/"
        with pytest.raises(ProblemError, match="an absolute URL"):
            scope[Urls].external("index")


def test_all_problems_of_routes_are_told_at_once() -> None:
    router = Router()
    router.get("/<a>", name="one")(says("a"))
    router.get("/<itn:b>", name="two")(says("b"))
    router.post("/", name="three", retires=3)(says("c"))
    problems = boot_problems(routes=router)
    assert len(problems) == 3


def test_a_module_given_as_plugin_may_bring_routes() -> None:
    module = ModuleType("more.routes")
    source = "from newel import hookimpl, Router\nr = Router()\nr.get('/more')(lambda: 'more')\n"
    exec(f"{source}@hookimpl\ndef newel_routes(): return [r]", vars(module))
    assert client_of(routing(index=hello), module).get("/more").text == "more"


def test_what_routes_say_reaches_plugins_before_the_first_request() -> None:
    seen: list[Mapping[str, Any]] = []

    def newel_route(self: Plugin, route: Any) -> list[Any]:
        seen.append({name: getattr(route, name) for name in ("rule", "methods", "name", "safe", "options")})
        return []

    router = Router(prefix="/board", name="board")
    router.post("/notices", cached=True)(hello)
    App(PRODUCTION, routes=[router], plugins=[plugin("looks", newel_route=newel_route, route_options={"cached": bool})])
    assert seen == [
        {
            "rule": "/board/notices",
            "methods": frozenset({"POST"}),
            "name": "board.hello",
            "safe": False,
            "options": {"cached": True},
        }
    ]
