from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from newel import App, Around, Plugin, Provider, Route, Router, hookimpl, inspection
from newel.generation import Generation
from newel.inspection import PlanLine
from tests.core.dollar import DollarPlugin, EuroPlugin

router = Router()


class Clock:
    """What handlers ask for."""


class ClockPlugin(Plugin):
    """Supplies a clock, looks at every request, and wraps one route."""

    name: ClassVar[str] = "clock"
    after: ClassVar[tuple[str, ...]] = ("security",)

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        yield Provider(contract=Clock, open=Clock, finish=self.finish, save=self.save, close=self.close)

    @hookimpl
    def newel_before_request(self, environ: Any) -> None:
        return None

    @hookimpl
    def newel_route(self, route: Route) -> Iterable[Around]:
        return [Around(self.timed)] if Clock in route.contracts else []

    def timed(self, clock: Clock) -> Iterator[None]:
        yield

    def finish(self, clock: Clock, response: Any) -> None: ...

    def save(self, clock: Clock, response: Any) -> None: ...

    def close(self, clock: Clock, error: BaseException | None) -> None: ...


@router.get("/")
def index() -> str:
    return "index"


@router.post("/at/<int:hour>", name="set")
def set_clock(clock: Clock, hour: int, minute: int = 0) -> str:
    return f"{hour}:{minute}"


def mounted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return []


router.mount("/old", mounted)


def generation(*plugins: type[Plugin], **app: Any) -> Generation:
    given = {"app": {"hosts": ["localhost"], **app}}
    return App(given, routes=[router], plugins=[ClockPlugin, *plugins], profile="production").generation


# --- routes ---------------------------------------------------------------------------------------------------------
def test_routes_stand_in_the_order_of_declaration_and_mounts_last() -> None:
    shown = [(line.methods, line.rule, line.name) for line in inspection.routes(generation())]
    assert shown == [(("GET",), "/", "index"), (("POST",), "/at/<int:hour>", "set"), (("*",), "/old/…", "")]


def test_a_route_says_where_it_was_declared() -> None:
    (line, *_) = inspection.routes(generation())
    assert (line.place.file, line.handler) == (__file__, f"{__name__}.index()")


# --- plugins --------------------------------------------------------------------------------------------------------
def test_plugins_stand_in_their_order() -> None:
    names = [line.name for line in inspection.plugins(generation())]
    assert names == ["essentials", "security", "clock"]


def test_a_plugin_says_why_it_is_there_what_it_provides_and_hooks_into() -> None:
    clock = inspection.plugins(generation())[-1]
    assert clock.reasons == ("argument plugins", "clock stands after security")
    assert clock.provides == ("Clock",)
    assert clock.hooks == ("newel_before_request", "newel_providers", "newel_route")
    assert clock.source.file == __file__


def test_an_installed_plugin_has_the_version_of_its_distribution_and_one_of_ones_own_none() -> None:
    essentials, *_, clock = inspection.plugins(generation())
    assert essentials.version[0].isdigit()
    assert clock.version == ""


# --- configuration --------------------------------------------------------------------------------------------------
def test_configuration_shows_values_and_defaults_with_their_places() -> None:
    found = {(line.section, line.key): line for line in inspection.configuration(generation())}
    assert found["app", "hosts"].place.file == __file__
    assert found["app", "timezone"].place.text == "the default"


def test_secrets_are_masked() -> None:
    secret = "f3a1c7d25be94806a1d0f7c6e2b98d4475e0c3ab"
    found = inspection.configuration(generation(secret=secret))
    assert [line.value for line in found if line.key == "secret"] == ['"********"']
    assert secret not in repr(found)


# --- plans ----------------------------------------------------------------------------------------------------------
def stages(lines: Iterable[PlanLine]) -> list[tuple[str, str]]:
    return [(line.stage, line.owner) for line in lines]


def test_a_plan_stands_line_by_line_in_the_order_of_running() -> None:
    found = inspection.explain(generation(), "POST", "/at/12")
    assert found.title == f"/at/<int:hour> → {__name__}.set_clock()"
    assert found.arguments == {"hour": 12}
    assert stages(found.lines) == [
        ("newel_before_request", "clock"),
        ("guard", "newel"),
        ("Around", "clock"),
        ("parameter", "clock"),
        ("parameter", "newel"),
        ("parameter", "newel"),
        ("handler", "app"),
        ("finish", "clock"),
        ("save", "clock"),
        ("close", "clock"),
        ("newel_after_request", "security"),
    ]


def test_a_parameter_says_where_its_value_comes_from() -> None:
    lines = inspection.explain(generation(), "POST", "/at/12").lines
    assert [line.what for line in lines if line.stage == "parameter"] == [
        "clock: Clock, request-scoped",
        "hour: int, from the path",
        "minute: int, from the query",
    ]


def test_what_no_route_answers_has_a_plan_too() -> None:
    titles = [
        inspection.explain(generation(), *asked).title
        for asked in [("GET", "/nowhere"), ("DELETE", "/"), ("OPTIONS", "/"), ("GET", "/old/x")]
    ]
    assert titles == [
        "no route: not found",
        "no route: method not allowed",
        "no route: options",
        "no route: mount /old",
    ]


def test_a_plugin_that_does_not_concern_a_route_is_not_in_its_plan() -> None:
    lines = inspection.explain(generation(), "GET", "/").lines
    assert "Around" not in {line.stage for line in lines}


# --- templates ------------------------------------------------------------------------------------------------------
def templates(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        stem, _, extension = name.partition("__")
        (folder / f"{stem}.txt.{extension}").write_text(text)
    return folder


def test_templates_say_which_engine_and_file_win(tmp_path: Path) -> None:
    near = templates(tmp_path / "near", index__euro="$name", only__dollar="")
    far = templates(tmp_path / "far", index__dollar="$name", index__euro="$name")
    roots = [str(near), str(far)]
    found = inspection.templates(generation(DollarPlugin, EuroPlugin, templates=roots))
    assert [(line.name, line.engine, line.owner, line.file) for line in found] == [
        ("index.txt", "euro", "app", str(near / "index.txt.euro")),
        ("only.txt", "dollar", "app", str(near / "only.txt.dollar")),
    ]
    assert found[0].hides == (str(far / "index.txt.euro"),)
    assert found[0].others == (str(far / "index.txt.dollar"),)


def test_templates_of_every_engine_are_compiled(tmp_path: Path) -> None:
    folder = templates(tmp_path / "templates", a__dollar="$", b__euro="$", c__euro="")
    faults = inspection.template_faults(generation(DollarPlugin, EuroPlugin, templates=[str(folder)]))
    assert [(fault.name, fault.line, fault.message) for fault in faults] == [
        ("a.txt", 1, "a dollar stands alone"),
        ("b.txt", 1, "a dollar stands alone"),
    ]


def test_twins_that_read_different_values_are_told(tmp_path: Path) -> None:
    folder = templates(tmp_path / "templates", a__dollar="$title $price", a__euro="$title")
    (fault,) = inspection.template_differences(generation(DollarPlugin, EuroPlugin, templates=[str(folder)]))
    assert fault.file.endswith("a.txt.euro")
    assert "'price'" in fault.message


def test_names_that_an_engine_lacks_are_told(tmp_path: Path) -> None:
    folder = templates(tmp_path / "templates", a__dollar="", a__euro="", b__dollar="")
    assert inspection.missing_twins(generation(DollarPlugin, EuroPlugin, templates=[str(folder)])) == {
        "euro": ("b.txt",)
    }


# --- the generation itself ------------------------------------------------------------------------------------------
def test_a_scope_gives_the_generation_it_belongs_to() -> None:
    app = App(routes=[router], plugins=[ClockPlugin], profile="development")
    with app.scope() as scope:
        assert scope[Generation] is app.generation
    app.close()
