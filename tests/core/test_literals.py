"""Names of routes and templates in the source are looked up while booting, and nothing else is taken for one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import newel
from newel import App, Page, Redirect, Router, Urls
from newel.results import Redirect as Elsewhere
from tests.core.applications import PRODUCTION, boot_problems, routing, the_problem
from tests.core.dollar import DollarPlugin


def url_for(name: str) -> str:
    """A function of the application that happens to be called so."""
    return name


class Payments:
    """Something of the application with methods that happen to be called so."""

    def external(self, name: str) -> str:
        """Return a text."""
        return name

    url_for = external


payments = Payments()


# --- what is found ----------------------------------------------------------------------------------------------------
def wrong() -> list[Callable[..., Any]]:
    """Handlers that name a route that is not there."""

    def by_redirect() -> Redirect:
        return Redirect("nowhere")

    def by_the_modules_name() -> Any:
        return newel.Redirect("nowhere", id=3)

    def by_another_name() -> Elsewhere:
        return Elsewhere("nowhere")

    def by_url_for(urls: Urls) -> str:
        return urls.url_for("nowhere")

    def by_external(links: Urls | None) -> str:
        return links.external("nowhere") if links else ""

    def on_several_lines(urls: Urls) -> str:
        return urls.url_for(
            "nowhere",
            id=3,
        )

    return [by_redirect, by_the_modules_name, by_another_name, by_url_for, by_external, on_several_lines]


@pytest.mark.parametrize("handler", wrong())
def test_a_name_that_no_route_has_is_a_boot_error(handler: Callable[..., Any]) -> None:
    text = the_problem(routes=routing(index=handler))
    assert "a URL was asked for by the name 'nowhere', and no route is called that" in text
    assert f"at {__file__}:" in text
    assert "allowed: index" in text


def test_methods_partials_and_objects_are_looked_into() -> None:
    class Views:
        def show(self) -> Redirect:
            return Redirect("nowhere")

        def __call__(self) -> Redirect:
            return Redirect("nowhere")

    for handler in (Views().show, Views(), functools.partial(wrong()[0])):
        assert "'nowhere'" in the_problem(routes=routing(index=handler))


def test_every_name_of_every_handler_is_told_with_its_own_line() -> None:
    def handler(urls: Urls) -> Redirect:
        urls.url_for("one")
        return Redirect("two")

    problems = boot_problems(routes=routing(index=handler, other=wrong()[0]))
    assert [text.split("'")[1] for text in problems] == ["nowhere", "one", "two"]


def where_to() -> Redirect:
    """A function that a handler calls."""
    return by_the_next()


def by_the_next() -> Redirect:
    """A function that a function of a handler calls."""
    return Redirect("nowhere")


def test_the_functions_of_the_module_that_a_handler_calls_are_looked_into() -> None:
    def handler() -> Redirect:
        return where_to()

    assert "'nowhere'" in the_problem(routes=routing(index=handler))


# --- handlers and values ----------------------------------------------------------------------------------------------
def show(id: int) -> str:
    """A handler with a variable in its path."""
    return str(id)


def unserved() -> str:
    """A handler that nobody declares a route for."""
    return ""


def test_a_handler_that_no_route_has_is_a_boot_error() -> None:
    def handler(urls: Urls) -> str:
        return urls.url_for(unserved)

    text = the_problem(routes=routing(index=handler))
    assert "a URL was asked for by unserved, which is the handler of no route" in text
    assert f"at {__file__}:{handler.__code__.co_firstlineno + 1}    return urls.url_for(unserved)" in text


@pytest.mark.parametrize("by", ["handler", "name"])
def test_a_value_that_is_missing_is_a_boot_error(by: str) -> None:
    def by_handler() -> Redirect:
        return Redirect(show, idd=3)

    def by_name(urls: Urls) -> str:
        return urls.url_for("show", idd=3)

    router = routing(index=by_handler if by == "handler" else by_name)
    router.get("/notices/<id>")(show)
    text = the_problem(routes=router)
    assert "the URL of '/notices/<id>' was asked for without 'id'" in text
    assert "did you mean 'id'?" in text
    assert f"at {__file__}:" in text


def test_values_that_are_not_written_down_and_names_of_the_function_are_left_alone() -> None:
    def handler(urls: Urls, unserved: str = "/elsewhere") -> Redirect:
        values = {"id": 3}
        urls.url_for(show, **values)
        urls.external("show", id=3, page=2)
        return Redirect(unserved)

    router = routing(index=handler)
    router.get("/notices/<id>")(show)
    App(PRODUCTION, routes=[router])


def test_the_same_mistake_in_two_files_is_told_of_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    views = "from newel import Redirect, Router\nrouter = Router('/{0}', name='{0}')\n"
    views += "@router.get('/')\ndef index() -> Redirect:\n    return Redirect('nowhere')\n"
    for name in ("first", "second"):
        (tmp_path / f"{name}_copy.py").write_text(views.format(name))
    first, second = boot_problems(config={"app": {"routes": ["first_copy", "second_copy"]}})
    assert "first_copy.py:5" in first
    assert "second_copy.py:5" in second


# --- pages ------------------------------------------------------------------------------------------------------------
def page() -> Page:
    """A handler that names a template."""
    return Page("notices/indx.html", first=Page("notices/index.html"))


@pytest.fixture
def templates(tmp_path: Path) -> dict[str, Any]:
    """The configuration of an application with two templates."""
    (tmp_path / "notices").mkdir()
    for name in ("index", "show"):
        (tmp_path / "notices" / f"{name}.html.dollar").write_text("a page")
    return {"app": {"hosts": ["localhost"], "templates": [str(tmp_path)]}}


def test_a_template_that_is_not_there_is_a_boot_error(templates: dict[str, Any]) -> None:
    text = the_problem(DollarPlugin, config=templates, routes=routing(index=page))
    line = page.__code__.co_firstlineno + 2
    assert "a page is made of the template 'notices/indx.html', and there is none of that name" in text
    assert f"at {__file__}:{line}    return Page(" in text
    assert "did you mean 'notices/index.html'?" in text


def test_templates_that_are_there_and_names_that_are_computed_are_left_alone(templates: dict[str, Any]) -> None:
    def handler(name: str) -> Page:
        return Page(f"notices/{name}") if name else Page("notices/show.html", title="other.html")

    App(templates, routes=[routing(index=handler)], plugins=[DollarPlugin])


# --- what is left alone -----------------------------------------------------------------------------------------------
def right() -> list[Callable[..., Any]]:
    """Handlers that name a route that is there, or no route at all."""

    def named(urls: Urls) -> Redirect:
        urls.url_for("index")
        return Redirect("index")

    def by_path() -> Redirect:
        return Redirect("/anywhere")

    def by_function_of_ones_own() -> str:
        return url_for("nowhere")

    def by_method_of_something_else() -> str:
        return payments.external("nowhere") + payments.url_for("nowhere")

    def by_parameter_of_another_type(urls: str = "") -> str:
        return payments.url_for("nowhere") + urls

    def by_value(urls: Urls, name: str = "index") -> str:
        return urls.url_for(name)

    def by_handler(urls: Urls) -> str:
        return urls.url_for(by_handler)

    def without_arguments(urls: Urls) -> str:
        return str(urls.url_for)

    return [
        named, by_path, by_function_of_ones_own, by_method_of_something_else, by_parameter_of_another_type, by_value,
        by_handler, without_arguments,
    ]  # fmt: skip


@pytest.mark.parametrize("handler", right())
def test_what_is_right_or_no_name_of_a_route_is_left_alone(handler: Callable[..., Any]) -> None:
    App(PRODUCTION, routes=[routing(index=handler)])


def test_a_function_that_is_not_of_the_module_is_left_alone() -> None:
    def helper() -> Redirect:
        return Redirect("nowhere")

    def handler() -> Any:
        return helper()

    App(PRODUCTION, routes=[routing(index=handler)])


def test_a_handler_without_a_source_is_left_alone() -> None:
    names: dict[str, Any] = {"Redirect": Redirect}
    exec("def handler():\n    return Redirect('nowhere')\n", names)
    App(PRODUCTION, routes=[routing(index=names["handler"])])


def test_names_of_another_routers_routes_are_known() -> None:
    def handler() -> Redirect:
        return Redirect("admin.show", id=3)

    admin = Router("/admin", name="admin")

    @admin.get("/<id>")
    def show(id: int) -> str:
        return str(id)

    App(PRODUCTION, routes=[routing(index=handler), admin])
