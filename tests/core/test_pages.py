"""What plugins give to templates: functions whose contracts the request supplies; the page gives the other values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newel import App, Plugin, Provider, Scope, Urls
from newel.pages import TemplateName, TemplateNames
from tests.core.applications import PRODUCTION, hello, plugin, routing, the_problem


class Ladder:
    """A contract."""

    text = "ladder"


class Wall:
    """A contract."""

    text = "wall"


def bound(function: Callable[..., Any], opened: list[str] | None = None) -> Callable[..., Any]:
    """A function as a page of some request gets it."""

    def opens(contract: type[Any]) -> Callable[[], Any]:
        def open_it() -> Any:
            if opened is not None:
                opened.append(contract.__name__)
            return contract()

        return open_it

    records = [Provider(contract=contract, open=opens(contract)) for contract in (Ladder, Wall)]
    brings = plugin(
        "brings", newel_providers=lambda self: records, newel_template_names=lambda self: {"function": function}
    )
    app = App(PRODUCTION, routes=[routing(index=hello)], plugins=[brings])
    scope = app.scope()
    return scope[TemplateNames].of(scope)["function"]


def test_a_function_without_contracts_is_given_as_it_is() -> None:
    def icon(name: str) -> str:
        return name

    assert bound(icon) is icon


def test_leading_contracts_are_supplied_and_the_page_gives_the_rest() -> None:
    def icon(ladder: Ladder, wall: Wall, /, name: str, size: int = 1) -> str:
        return f"{ladder.text} {wall.text} {name} {size}"

    assert bound(icon)("x", size=2) == "ladder wall x 2"


def test_contracts_behind_other_parameters_are_supplied_by_name() -> None:
    def icon(name: str, ladder: Ladder, *names: str, wall: Wall, **more: str) -> str:
        return f"{name} {ladder.text} {wall.text} {more}"

    assert bound(icon)("x", extra="y") == "x ladder wall {'extra': 'y'}"


def test_a_contract_that_may_be_none_is_supplied_where_it_is_provided() -> None:
    def icon(ladder: Ladder | None) -> str:
        return ladder.text if ladder else "none"

    assert bound(icon)() == "ladder"


def test_nothing_is_opened_before_a_page_calls() -> None:
    def icon(ladder: Ladder) -> str:
        return ladder.text

    opened: list[str] = []
    function = bound(icon, opened)
    assert opened == []
    assert (function(), function()) == ("ladder", "ladder")
    assert opened == ["Ladder"]


def test_methods_of_a_plugin_may_be_given() -> None:
    def icon(self: Plugin, urls: Urls, name: str) -> str:
        return f"{self.name} {urls.url_for('index')} {name}"

    def newel_template_names(self: Plugin) -> dict[str, Any]:
        return {"icon": icon.__get__(self)}

    app = App(
        PRODUCTION, routes=[routing(index=hello)], plugins=[plugin("icons", newel_template_names=newel_template_names)]
    )
    with app.scope() as scope:
        assert scope[TemplateNames].of(scope)["icon"]("x") == "icons / x"


def test_an_asynchronous_function_is_a_boot_error() -> None:
    async def icon() -> str:
        return "never"

    assert "is asynchronous" in the_problem(plugin("icons", newel_template_names=lambda self: {"icon": icon}))


def test_what_is_bound_to_one_scope_does_not_leak_into_another() -> None:
    def icon(scope: Scope) -> int:
        return id(scope)

    names = TemplateNames({"icon": TemplateName(icon, (Scope,))})
    app = App(PRODUCTION)
    with app.scope() as one, app.scope() as two:
        assert [names.of(scope)["icon"]() for scope in (one, two)] == [id(one), id(two)]
