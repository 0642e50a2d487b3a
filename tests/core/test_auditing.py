from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from newel import App, Around, Plugin, Route, Router, auditing, hookimpl
from newel.errors import Place
from newel.generation import Generation
from newel.records import Finding
from tests.core.dollar import DollarPlugin

router = Router()


@router.get("/")
def index() -> str:
    return "index"


class ClockConfig(msgspec.Struct, frozen=True):
    zone: str = "UTC"
    ticks: int = 1


class ClockPlugin(Plugin):
    """Looks at every request, wraps one route, and knows something of itself."""

    name: ClassVar[str] = "clock"
    Config: ClassVar[type[Any] | None] = ClockConfig

    @hookimpl
    def newel_before_request(self, environ: Any) -> None:
        return None

    @hookimpl
    def newel_route(self, route: Route) -> Iterable[Around]:
        return [Around(self.timed)]

    @hookimpl
    def newel_audit(self, generation: Generation) -> Iterable[Finding]:
        yield Finding("weaker", f"{len(generation.routes)} routes tell the time")
        yield Finding("bound", "this clock is one of a kind", owner="clockmaker", place=Place("clock.py", 3))

    def timed(self) -> Iterator[None]:
        yield


def generation(*plugins: type[Plugin], **app: Any) -> Generation:
    given = {"app": {"hosts": ["localhost"], **app}}
    return App(given, routes=[router], plugins=plugins, profile="production").generation


def listed(made: Generation, kind: str) -> list[str]:
    return [finding.what for finding in auditing.audit(made) if finding.kind == kind]


# --- weaker than the default ----------------------------------------------------------------------------------------
def test_the_default_in_production_has_nothing_weaker() -> None:
    assert listed(generation(), "weaker") == []


def test_what_is_weaker_than_the_default_is_listed() -> None:
    made = generation(
        without=["security"],
        hosts=["*"],
        origins=["https://shop.example.org"],
        redirect_hosts=["pay.example.org"],
    )
    assert listed(made, "weaker") == [
        "the plugin 'security' is switched off",
        "every Host is answered",
        "pages of https://shop.example.org may send unsafe requests",
        "redirects may go to pay.example.org",
    ]


def test_development_is_weaker() -> None:
    made = App(routes=[router], profile="development").generation
    assert listed(made, "weaker") == ["this is the development profile: errors show source and plan"]


def test_a_place_of_a_template_that_is_not_escaped_is_weaker(tmp_path: Path) -> None:
    (tmp_path / "a.txt.dollar").write_text("$safe")
    assert listed(generation(DollarPlugin, templates=[str(tmp_path)]), "weaker") == ["a.txt: $safe"]


# --- bound to one provider ------------------------------------------------------------------------------------------
def test_settings_of_the_provider_of_a_slot_are_bound_to_it(tmp_path: Path) -> None:
    file = tmp_path / "newel.toml"
    file.write_text('[app]\nhosts = ["localhost"]\n[use]\ndatabase = "memory"\n[memory]\nlock_timeout = 2.0\n')
    (found,) = [each for each in auditing.audit(App(file).generation) if each.kind == "bound"]
    assert found.what.startswith("[memory] lock_timeout is a setting of memory alone")
    assert found.place is not None
    assert (found.place.file, found.place.line) == (str(file), 6)


def test_settings_of_a_plugin_that_fills_no_slot_are_bound_to_nothing() -> None:
    made = App({"app": {"hosts": ["localhost"]}, "security": {"hsts": 7 * 10**7}}, routes=[router]).generation
    assert listed(made, "bound") == []


# --- plugins --------------------------------------------------------------------------------------------------------
def test_what_plugins_add_is_listed() -> None:
    found = [finding for finding in auditing.audit(generation(ClockPlugin)) if finding.kind == "added"]
    assert [finding.what for finding in found if finding.owner == "clock"] == [
        "every request runs newel_before_request",
        f"/ has the Around {__name__}.ClockPlugin.timed()",
    ]


def test_a_plugin_tells_findings_of_its_own_under_its_name() -> None:
    found = [finding for finding in auditing.audit(generation(ClockPlugin)) if finding.kind != "added"]
    assert found == [
        Finding("weaker", "1 routes tell the time", "clock"),
        Finding("bound", "this clock is one of a kind", "clockmaker", Place("clock.py", 3)),
    ]


# --- the files of the application -----------------------------------------------------------------------------------
@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a view that imports a neighbour and a package, something installed, and what nobody imports yet."""
    monkeypatch.chdir(tmp_path)
    installed = tmp_path / ".venv" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "audited_library.py").write_text("")
    (tmp_path / "audited_helper.py").write_text("import audited_library\n")
    (tmp_path / "audited_other.py").write_text("")
    (tmp_path / "audited_package").mkdir()
    (tmp_path / "audited_package" / "__init__.py").write_text("")
    (tmp_path / "audited_package" / "late.py").write_text("")
    views = "import audited_helper, audited_package\nfrom newel import Router\nrouter = Router()\n"
    (tmp_path / "audited_views.py").write_text(views)
    (tmp_path / "newel.toml").write_text('[app]\nroutes = ["audited_views"]\nhosts = ["localhost"]\n')
    monkeypatch.syspath_prepend(installed)
    return tmp_path


def test_own_files_are_modules_and_packages_of_the_folder_and_not_what_is_installed_there(project: Path) -> None:
    found = auditing.own_files(App(project).generation)
    names = [file.relative_to(project).as_posix() for file in found]
    assert names == ["audited_helper.py", "audited_package/__init__.py", "audited_package/late.py", "audited_views.py"]


def test_own_files_of_an_application_without_a_folder_are_those_of_its_handlers() -> None:
    assert [str(file) for file in auditing.own_files(generation())] == [__file__]
