"""Boot: what is loaded, what is left alone, and that every problem is told at once."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from newel import App, BootError, Provider, Router
from newel.config import Configuration
from newel.generation import Generation
from newel.keyring import KeyRing
from newel.settings import AppConfig
from newel.testing import Client
from tests.core.applications import PRODUCTION, SECRET, boot_problems, hello, plugin, routing, the_problem


def write(folder: Path, name: str, source: str) -> Path:
    """Write a file of an application."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(source).lstrip())
    return file


NESTED = """
    from newel import Router

    router, api = Router(), Router("/api")
    router.include(api, prefix="/v1")

    @api.get("/x")
    def index() -> str:
        return "the board"
"""
VIEWS = """
    from newel import Router

    router = Router()

    @router.get("/")
    def index() -> str:
        return "the board"
"""


# --- what is loaded ---------------------------------------------------------------------------------------------------
def test_an_application_in_a_folder_finds_its_modules_beside_its_file(tmp_path: Path) -> None:
    write(tmp_path, "newel.toml", '[app]\nroutes = ["board_views"]\nplugins = ["board_hooks.headers"]\n')
    write(tmp_path, "board_views.py", VIEWS)
    write(tmp_path, "board_hooks/__init__.py", "")
    write(tmp_path, "board_hooks/headers.py", """
        from newel import hookimpl

        @hookimpl
        def newel_after_request(response):
            response.headers["X-Board"] = "notices"
    """)  # fmt: skip
    response = Client(App(tmp_path, profile="development")).get("/")
    assert (response.text, response.headers["X-Board"]) == ("the board", "notices")


def test_an_application_from_a_mapping_serves_modules_and_routers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "more_views.py", VIEWS.replace('"/"', '"/more"'))
    app = App({"app": {"routes": ["more_views"]}}, routes=[routing(index=hello)], profile="development")
    client = Client(app)
    assert (client.get("/more").text, client.get("/").text) == ("the board", "hello")


def test_a_router_and_the_module_that_holds_it_are_served_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "once_views.py", VIEWS)
    router = __import__("once_views").router
    assert len(App(routes=["once_views", router, router], profile="development").generation.plans) == 1


def test_a_router_that_another_one_of_the_module_includes_is_served_there_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "nested_views.py", NESTED)
    app = App(routes=["nested_views"], profile="development")
    assert [route.rule for route in app.generation.routes] == ["/v1/api/x"]


def test_a_listed_module_serves_what_it_creates_and_not_what_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "creates.py", VIEWS)
    write(tmp_path, "imports.py", "from creates import router\nfrom newel import Router\nown = Router()\n")
    assert App(routes=["imports"], profile="development").generation.plans == ()


def test_a_listed_module_that_only_imports_a_router_is_a_boot_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "creator.py", VIEWS)
    write(tmp_path, "importer.py", "from creator import router\n")
    text = the_problem(config={"app": {"routes": ["importer"]}})
    assert "[app] routes lists 'importer', which only imports router" in text
    assert "router.include(other)" in text


def test_a_listed_module_without_a_router_is_a_boot_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "empty_views.py", "")
    assert "[app] routes lists 'empty_views', which creates no Router" in the_problem(
        config={"app": {"routes": ["empty_views"]}}
    )


def test_a_module_of_routes_that_is_not_there_is_a_boot_error() -> None:
    text = the_problem(config={"app": {"routes": ["nowhere.views"]}})
    assert "[app] routes lists 'nowhere.views', and there is no module 'nowhere'" in text


def test_a_library_that_a_module_of_routes_needs_is_that_modules_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "needs_more.py", "import a_library_that_nobody_has")
    with pytest.raises(ModuleNotFoundError, match="a_library_that_nobody_has"):
        App(routes=["needs_more"], profile="development")


def test_only_what_is_named_is_imported() -> None:
    others = {"newel_static", "newel_mako", "newel_jinja2", "newel_sql"}
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in others}
    try:
        App({"use": {"database": "memory"}}, routes=[routing(index=hello)], profile="development")
        assert not others & set(sys.modules)
    finally:
        sys.modules.update(before)


def test_a_slot_may_name_a_class_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "own_store.py", """
        from newel import Plugin, hookimpl

        class Store(Plugin):
            name = "store"

            @hookimpl
            def newel_providers(self):
                return []
    """)  # fmt: skip
    app = App({"use": {"database": "own_store:Store"}}, profile="development")
    assert app.generation.reasons["store"] == ("[use] database",)


def test_a_slot_that_nothing_fills_is_a_boot_error() -> None:
    text = the_problem(config={"use": {"databse": "sql"}})
    assert "[use] says 'databse', and nothing that is installed fills such a slot" in text
    assert "did you mean 'database'?" in text


def test_a_module_may_be_given_as_a_plugin() -> None:
    module = ModuleType("given.hooks")
    exec("from newel import hookimpl\n@hookimpl\ndef newel_before_request(): return 'given'", vars(module))
    client = Client(App(routes=[routing(index=hello)], plugins=[module], profile="development"))
    assert client.get("/").text == "given"


# --- sections ---------------------------------------------------------------------------------------------------------
def test_the_section_of_what_is_installed_and_not_chosen_is_left_alone() -> None:
    App({"static": {"folder": "somewhere"}, "mako": {}}, profile="development")


def test_any_other_unknown_section_is_a_boot_error() -> None:
    assert "did you mean 'static'?" in the_problem(config={"statick": {}})


def test_a_plugin_without_a_config_has_no_keys() -> None:
    bare = plugin("bare", newel_providers=lambda self: [])
    assert "[bare] color is set, and [bare] has no such key" in the_problem(bare, config={"bare": {"color": "red"}})


# --- all at once ------------------------------------------------------------------------------------------------------
def broken_routes() -> Router:
    """Two routes of which each is wrong by itself."""
    router = Router()
    router.get("/<itn:id>", name="one")(str)
    router.get("/same", name="two")(hello)
    router.get("/same", name="three")(hello)
    return router


def test_problems_of_configuration_and_of_routes_are_told_together() -> None:
    text = "\n".join(
        boot_problems(routes=broken_routes(), config={"security": {"hsst": 0}, "app": {"plugins": ["nope"]}})
    )
    for expected in ("[security] hsst is set", "plugin 'nope' was looked up", "'itn'", "/same is declared twice"):
        assert expected in text


def test_problems_of_hooks_and_of_routes_are_told_together() -> None:
    wrong = plugin("wrong", newel_befor_request=lambda self: None)
    text = "\n".join(boot_problems(wrong, routes=broken_routes()))
    for expected in ("newel_befor_request", "'itn'", "/same is declared twice"):
        assert expected in text


def test_problems_of_what_production_asks_for_are_told_with_those_of_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "deep/__init__.py", "")
    write(tmp_path, "deep/hooks.py", "from newel import hookimpl\n@hookimpl\ndef newel_befor_request(): ...\n")
    config = {"app": {"plugins": ["deep.hooks"], "routes": ["nowhere"]}, "hooks": {}}
    with pytest.raises(BootError) as caught:
        App(config)
    text = str(caught.value)
    assert "hosts" in text
    assert "there is no module 'nowhere'" in text
    assert "[hooks]" not in text  # a section of a plugin that is named is no unknown one, whatever else is wrong


def test_a_problem_is_told_once() -> None:
    problems = boot_problems(routes=broken_routes())
    assert len(problems) == len(set(problems))


def test_a_route_module_that_fails_hides_no_problem_of_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path, "fails.py", "1 / 0")
    text = "\n".join(boot_problems(config={"app": {"routes": ["fails"], "hots": []}}))
    assert "did you mean 'hosts'?" in text


# --- what an application is -------------------------------------------------------------------------------------------
def test_production_is_the_default_profile() -> None:
    with pytest.raises(BootError, match="hosts"):
        App()
    assert not App(PRODUCTION).generation.development


def test_two_applications_share_nothing_and_may_serve_one_router() -> None:
    router = Router()

    @router.get("/")
    def zone(settings: AppConfig) -> str:
        return settings.timezone

    apps = [
        App({"app": {**PRODUCTION["app"], "timezone": name}}, routes=[router])
        for name in ("Europe/Zurich", "Asia/Tokyo")
    ]
    assert [Client(app).get("/").text for app in apps] == ["Europe/Zurich", "Asia/Tokyo"]
    first, second = (app.generation for app in apps)
    for attribute in ("configuration", "manager", "plans", "edges", "hosts", "urls", "supplies", "application"):
        assert getattr(first, attribute) is not getattr(second, attribute)


def test_a_generation_cannot_be_changed() -> None:
    generation = App(PRODUCTION).generation
    with pytest.raises(AttributeError):
        generation.settings = AppConfig()  # type: ignore[misc]


def test_the_generation_its_configuration_and_settings_may_be_asked_for() -> None:
    router = Router()

    @router.get("/")
    def index(configuration: Configuration, settings: AppConfig) -> str:
        return f"{configuration.profile} {settings.timezone}"

    app = App(PRODUCTION, routes=[router])
    assert Client(app).get("/").text == "production UTC"
    with app.scope() as scope:
        assert scope[Generation] is app.generation


def test_a_secret_is_asked_for_in_production_by_who_signs_and_by_nobody_else() -> None:
    config: dict[str, Any] = {"app": {"hosts": ["localhost"]}}
    App(config, routes=[routing(index=hello)])

    class Signer:
        def __init__(self, ring: KeyRing) -> None: ...

    signs = plugin("signs", newel_providers=lambda self: [Provider(contract=Signer, open=Signer)])
    with pytest.raises(BootError, match="plugin 'signs'"):
        App(config, plugins=[signs])

    def handler(ring: KeyRing) -> str:
        return "signed"

    with pytest.raises(BootError, match="route /"):
        App(config, routes=[routing(index=handler)])
    App({"app": {"hosts": ["localhost"], "secret": SECRET}}, routes=[routing(index=handler)], plugins=[signs])
