"""The mistakes that everybody makes: each is told at boot, with both places, the nearest name and what to do."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from newel import App, BootError
from newel.testing import Client


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """A module written to a file: mistakes are shown with their line."""

    def write(source: str) -> ModuleType:
        file = tmp_path / "views.py"
        file.write_text(dedent(source).lstrip())
        spec = importlib.util.spec_from_file_location("views", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return write


def told(error: BaseException, folder: Path) -> str:
    """The whole text of an error, with the folder of the test taken out."""
    return str(error).replace(f"{folder}/", "")


def boot_error(tmp_path: Path, *routers: Any, config: Any = None, **arguments: Any) -> str:
    """The whole text of what boot says."""
    with pytest.raises(BootError) as caught:
        App(config, routes=routers, profile="development", **arguments)
    return told(caught.value, tmp_path)


def test_the_same_url_and_method_twice(written: Any, tmp_path: Path) -> None:
    views = written("""
        from newel import Router

        router = Router()

        @router.get("/notices/<id>")
        def show(id: int) -> str:
            return str(id)

        @router.get("/notices/<key>")
        def view(key: int) -> str:
            return str(key)
    """)
    assert boot_error(tmp_path, views.router) == dedent("""\
        the application cannot start: 1 problem

        1. route GET /notices/<id> is declared twice (as /notices/<key>); one of the two would never be reached.
            at views.py:5    @router.get("/notices/<id>")
            at views.py:9    @router.get("/notices/<key>")
            to do: change the path or the methods of one of them, or remove it.""")


def test_an_unknown_converter(written: Any, tmp_path: Path) -> None:
    views = written("""
        from newel import Router

        router = Router()

        @router.get("/notices/<itn:id>")
        def show(id: int) -> str:
            return str(id)
    """)
    text = boot_error(tmp_path, views.router)
    assert "the rule '/notices/<itn:id>', '<itn:id>' asks for the converter 'itn'" in text
    assert 'at views.py:5    @router.get("/notices/<itn:id>")' in text
    assert "allowed: any, default, float, int, path, string, uuid\n    did you mean 'int'?\n    to do: " in text


def test_a_misspelt_route_name_in_a_handler(written: Any, tmp_path: Path) -> None:
    views = written("""
        from newel import Redirect, Router, Urls

        router = Router()

        @router.get("/notices")
        def index(urls: Urls) -> str:
            return urls.url_for("shwo", id=3)

        @router.get("/notices/<id>")
        def show(id: int) -> Redirect:
            return Redirect("indx")
    """)
    assert boot_error(tmp_path, views.router) == dedent("""\
        the application cannot start: 2 problems

        1. a URL was asked for by the name 'shwo', and no route is called that
            at views.py:7    return urls.url_for("shwo", id=3)
            allowed: index, show
            did you mean 'show'?
            to do: correct the name (`newel routes` lists all of them), or hand in the handler itself

        2. a URL was asked for by the name 'indx', and no route is called that
            at views.py:11    return Redirect("indx")
            allowed: index, show
            did you mean 'index'?
            to do: correct the name (`newel routes` lists all of them), or hand in the handler itself""")


def test_a_misspelt_route_name_that_only_shows_at_the_call(
    written: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    views = written("""
        from newel import Redirect, Router

        router = Router()

        @router.get("/notices")
        def index(to: str = "indx") -> Redirect:
            return Redirect(to)
    """)
    response = Client(App(routes=[views.router], profile="development")).get("/notices")
    assert response.status_code == 500
    assert "did you mean 'index'?" in caplog.text


def test_a_misspelt_option_of_a_route(written: Any, tmp_path: Path) -> None:
    views = written("""
        from newel import Router

        router = Router()

        @router.post("/notices", retires=2)
        def post() -> str:
            return "posted"
    """)
    assert boot_error(tmp_path, views.router) == dedent("""\
        the application cannot start: 1 problem

        1. route POST /notices has the option 'retires', which neither the kernel nor an enabled plugin knows.
            at views.py:5    @router.post("/notices", retires=2)
            allowed: csp, host, methods, name, retries
            did you mean 'retries'?
            to do: correct the name, or enable the plugin that brings the option.""")


def test_a_misspelt_option_of_a_constructor() -> None:
    with pytest.raises(BootError) as caught:
        App(profil="development")  # type: ignore[call-arg]
    assert str(caught.value).splitlines()[2].startswith("1. App(...) was given 'profil', which it does not take.")
    assert str(caught.value).splitlines()[3:] == [
        f'    at {__file__}:{_line("App(profil=")}    App(profil="development")  # type: ignore[call-arg]',
        "    allowed: config, folder, plugins, profile, routes, use",
        "    did you mean 'profile'?",
        "    to do: correct the name.",
    ]


def _line(text: str) -> int:
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_a_misspelt_configuration_key_section_and_slot(tmp_path: Path) -> None:
    written = '[app]\nhost = ["a.example"]\n\n[use]\ndatabse = "sql"\n\n[secutiry]\nhsts = 0\n'
    (tmp_path / "newel.toml").write_text(written)
    text = boot_error(tmp_path, config=tmp_path)
    assert "the application cannot start: 3 problems" in text
    assert "1. [app] host is set, and [app] has no such key.\n    at newel.toml:2" in text
    assert "did you mean 'hosts'?" in text
    assert "2. [use] says 'databse', and nothing that is installed fills such a slot.\n    at newel.toml:5" in text
    assert "did you mean 'database'?" in text
    assert "section [secutiry], and nothing that is installed has that name.\n    at newel.toml:7" in text
    assert "did you mean 'security'?" in text


def test_a_misspelt_hook_and_a_misspelt_argument_of_one(written: Any, tmp_path: Path) -> None:
    hooks = written("""
        from newel import hookimpl

        @hookimpl
        def newel_after_reqest(response):
            ...

        @hookimpl
        def newel_before_request(reqest):
            ...
    """)
    text = boot_error(tmp_path, plugins=[hooks])
    assert "the application cannot start: 2 problems" in text
    assert "implements 'newel_after_reqest', and no loaded plugin or kernel has such a hook." in text
    assert "at views.py:4    def newel_after_reqest(response):" in text
    assert "did you mean 'newel_after_request'?" in text
    assert "hook newel_before_request: 'reqest' is no argument of this hook and has no annotation." in text
    assert "at views.py:8    def newel_before_request(reqest):" in text
    assert "did you mean 'request'?" in text


def test_a_hook_without_its_mark(written: Any, tmp_path: Path) -> None:
    hooks = written("""
        def newel_after_request(response):
            ...
    """)
    text = boot_error(tmp_path, plugins=[hooks])
    assert "newel_after_request() is named as hooks are, and is not marked as one, so nothing calls it." in text
    assert "at views.py:1    def newel_after_request(response):" in text


def test_setup_after_the_start(written: Any, tmp_path: Path) -> None:
    views = written("""
        from newel import Router

        router = Router()

        def late():
            @router.get("/late")
            def handler() -> str:
                return "late"
    """)
    App(routes=[views.router], profile="development")
    with pytest.raises(Exception, match="after the application had started") as caught:
        views.late()
    text = told(caught.value, tmp_path)
    assert 'at views.py:6    @router.get("/late")' in text
    assert f"at {__file__}:" in text
    assert "to do: move it to a module that is imported before the application starts" in text


@pytest.mark.parametrize("annotation", ["", " -> None"])
def test_a_handler_that_returns_nothing(annotation: str, written: Any, tmp_path: Path) -> None:
    views = written(f"""
        from newel import Router

        router = Router()

        @router.get("/notices")
        def index(){annotation}:
            print("a notice")
    """)
    assert boot_error(tmp_path, views.router) == dedent(f"""\
        the application cannot start: 1 problem

        1. views.index(), the handler of route GET /notices, returns nothing.
            at views.py:5    @router.get("/notices")
            at views.py:6    def index(){annotation}:
            to do: return a result; a handler that has nothing to say returns Response(status=204).""")


def test_an_optional_library_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] in {"newel_mako", "mako"}]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [_WithoutMako(), *sys.meta_path])
    (tmp_path / "newel.toml").write_text('[use]\ntemplates = "mako"\n')
    assert boot_error(tmp_path, config=tmp_path) == dedent("""\
        the application cannot start: 1 problem

        1. plugin 'mako' needs the library 'mako', which is not installed.
            at newel.toml:2    [use] templates
            to do: pip install 'newel[mako]'""")


class _WithoutMako:
    """An environment in which Mako is not installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] == "mako":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_all_mistakes_are_told_at_once(written: Any, tmp_path: Path) -> None:
    views = written("""
        from __future__ import annotations

        from typing import TYPE_CHECKING

        from newel import Router

        if TYPE_CHECKING:
            from decimal import Decimal

        router = Router()

        @router.get("/one/<itn:id>")
        def one(id: int) -> str:
            return ""

        @router.get("/two/<id>", retires=1)
        def two(di: int) -> None:
            ...

        @router.get("/three")
        def three(price: Decimal) -> str:
            return ""
    """)
    text = boot_error(tmp_path, views.router, config={"app": {"plugins": []}})
    assert "asks for the converter 'itn'" in text
    assert "has the option 'retires'" in text
    assert "returns nothing" in text
    assert "the path has <id>" in text
    assert "'Decimal' in (price: Decimal) is not there when the program runs" in text
    assert 'extend-ignore = ["TC001", "TC002", "TC003"]' in text
