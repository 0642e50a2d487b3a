"""Providers become supplies: who provides what, for how long, and what contradicts that."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from newel import App, Plugin, Provider, Request, Router, Scope, Urls
from newel.contracts.keyed import Keyed
from newel.contracts.renderer import Renderer
from newel.keyring import KeyRing
from tests.core.applications import (
    PRODUCTION,
    boot_problems,
    client_of,
    hello,
    plugin,
    routing,
    served,
    the_problem,
)


class First:
    """A contract."""


class Second:
    """Another contract."""

    def __init__(self, text: str = "second") -> None:
        self.text = text


def provides(*records: Provider, name: str = "provides") -> type[Plugin]:
    """A plugin that returns provider records."""
    return plugin(name, newel_providers=lambda self: records)


def provider(contract: Any, opened: Callable[..., Any], **fields: Any) -> Provider:
    """A record whose `open` may be written in one line."""
    return Provider(contract=contract, open=opened, **fields)


def first_of(second: Second) -> First:
    """Open the first with the second."""
    return First()


def second_of(first: First) -> Second:
    """Open the second with the first."""
    return Second()


# --- conflicts --------------------------------------------------------------------------------------------------------
def test_two_providers_of_one_contract_are_a_boot_error_that_shows_both() -> None:
    text = the_problem(provides(provider(First, First), name="a"), provides(provider(First, First), name="b"))
    assert "First is provided twice: by plugin 'a' and by plugin 'b'" in text
    assert text.count("    at ") == 2


def test_providers_of_one_keyed_contract_differ_by_key() -> None:
    keyed = [provider(First, First, key=key, scope="app") for key in ("a", "b")]
    with App(PRODUCTION, plugins=[provides(*keyed)]).scope() as scope:
        assert list(scope[Keyed[First]]) == ["a", "b"]


def test_keyed_providers_stand_in_plugin_order() -> None:
    def keyed(key: str) -> type[Plugin]:
        return provides(provider(First, lambda: key, key=key, scope="app"), name=key)

    with App(PRODUCTION, plugins=[keyed("z"), keyed("a"), keyed("m")]).scope() as scope:
        found: Keyed[Any] = scope[Keyed[First]]
        assert list(found.values()) == ["z", "a", "m"]
        assert found.first == "z"


def test_one_key_twice_is_a_boot_error() -> None:
    keyed = [provides(provider(First, First, key="x", scope="app"), name=name) for name in "ab"]
    assert "First 'x' is provided twice" in the_problem(*keyed)


def test_a_keyed_provider_lives_as_long_as_the_application() -> None:
    text = the_problem(provides(provider(First, First, key="x")))
    assert "provides First 'x' for each request" in text
    assert 'scope="app"' in text


def test_a_plugin_may_provide_what_the_kernel_would() -> None:
    class OwnUrls:
        def url_for(self, name: str) -> str:
            return f"own {name}"

    def handler(urls: Urls) -> str:
        return urls.url_for("handler")

    assert served(handler, provides(provider(Urls, OwnUrls))).get("/").text == "own handler"


# --- how long a value lives -------------------------------------------------------------------------------------------
def numbered(contract: Any, log: list[str], **fields: Any) -> Provider:
    """A provider that counts how often it opens."""

    def opened() -> Any:
        log.append("open")
        return contract()

    return provider(contract, opened, **fields)


def test_an_application_scoped_value_is_opened_once_and_at_first_use() -> None:
    log: list[str] = []

    def handler(first: First, scope: Scope) -> str:
        return str(scope[First] is first)

    client = served(handler, provides(numbered(First, log, scope="app")))
    assert log == []
    assert [client.get("/").text for _ in range(3)] == ["True"] * 3
    assert log == ["open"]


def test_a_request_scoped_value_is_opened_once_for_each_request_that_asks() -> None:
    log: list[str] = []

    def uses(first: First, again: First, scope: Scope) -> str:
        return str(first is again and scope[First] is first)

    client = client_of(routing(index=uses, other=hello), provides(numbered(First, log)))
    client.get("/other")
    assert log == []
    assert [client.get("/").text for _ in range(2)] == ["True"] * 2
    assert log == ["open"] * 2


def test_a_scope_outside_any_request_has_request_scoped_values_of_its_own() -> None:
    app = App(PRODUCTION, plugins=[provides(provider(First, First), provider(Second, Second, scope="app"))])
    with app.scope() as one, app.scope() as two:
        assert one[First] is not two[First]
        assert one[Second] is two[Second]


def test_a_request_scoped_provider_may_ask_for_both_kinds_and_for_the_request() -> None:
    def open_first(second: Second, request: Request) -> First:
        found = First()
        vars(found)["text"] = f"{second.text} {request.path}"
        return found

    def handler(first: First) -> str:
        return str(vars(first)["text"])

    records = [provider(First, open_first), provider(Second, Second, scope="app")]
    assert served(handler, provides(*records)).get("/").text == "second /"


def test_an_application_scoped_provider_that_asks_for_a_request_scoped_one_is_a_boot_error() -> None:
    text = the_problem(provides(provider(First, first_of, scope="app"), provider(Second, Second)))
    assert "the provider of First lives as long as the application and asks for Second" in text


@pytest.mark.parametrize("contract", [Request, Scope, Urls])
def test_an_application_scoped_provider_cannot_ask_for_what_belongs_to_a_request(contract: Any) -> None:
    def opened(thing: Any) -> First:
        return First()

    opened.__annotations__["thing"] = contract
    assert f"asks for {contract.__name__}" in the_problem(provides(provider(First, opened, scope="app")))


def test_an_application_scoped_provider_may_ask_for_another() -> None:
    records = [provider(First, first_of, scope="app"), provider(Second, Second, scope="app")]
    with App(PRODUCTION, plugins=[provides(*records)]).scope() as scope:
        assert isinstance(scope[First], First)


def test_a_misspelt_scope_is_a_boot_error() -> None:
    text = the_problem(provides(provider(First, First, scope="aplication")))
    assert "provides First with scope='aplication'" in text
    assert "allowed: app, request" in text


# --- what is asked for ------------------------------------------------------------------------------------------------
def test_a_provider_that_asks_for_what_nobody_provides_is_a_boot_error() -> None:
    text = the_problem(provides(provider(First, first_of)))
    assert "plugin 'provides', provider of First" in text
    assert "Second was asked for" in text


def test_a_provider_may_do_without_what_nobody_provides() -> None:
    def opened(second: Second | None) -> First:
        assert second is None
        return First()

    with App(PRODUCTION, plugins=[provides(provider(First, opened))]).scope() as scope:
        assert isinstance(scope[First], First)


def test_a_parameter_with_a_default_keeps_it_where_nobody_provides_it() -> None:
    def opened(second: Second = Second("default")) -> First:  # noqa: B008
        assert second.text == "default"
        return First()

    with App(PRODUCTION, plugins=[provides(provider(First, opened))]).scope() as scope:
        assert isinstance(scope[First], First)


@pytest.mark.parametrize("opened", [dict, list, object])
def test_open_may_be_a_class_of_pythons_own(opened: Any) -> None:
    with App(PRODUCTION, plugins=[provides(provider(First, opened))]).scope() as scope:
        assert type(scope[First]) is opened


def test_open_may_be_a_method_a_partial_and_an_object_that_is_called() -> None:
    class Opener:
        def open(self, second: Second) -> First:
            return First()

        def __call__(self, second: Second) -> First:
            return First()

    ways: list[Callable[..., Any]] = [Opener().open, Opener(), functools.partial(first_of), First]
    for way in ways:
        records = [provider(First, way), provider(Second, Second)]
        with App(PRODUCTION, plugins=[provides(*records)]).scope() as scope:
            assert isinstance(scope[First], First)


def test_open_with_variadic_parameters_is_a_boot_error() -> None:
    def opened(*everything: Any) -> First:
        return First()

    assert "does not say what it needs" in the_problem(provides(provider(First, opened)))


def test_a_provider_may_ask_for_the_key_ring() -> None:
    def opened(ring: KeyRing) -> First:
        return First()

    app = App(PRODUCTION, plugins=[provides(provider(First, opened))])
    with app.scope() as scope:
        assert isinstance(scope[First], First)


# --- cycles -----------------------------------------------------------------------------------------------------------
def test_providers_that_ask_for_one_another_are_a_boot_error_that_names_them() -> None:
    text = the_problem(provides(provider(First, first_of), provider(Second, second_of)))
    assert "providers ask for one another: First → Second → First" in text
    assert text.count("    at ") == 2


def test_a_provider_that_asks_for_itself_is_a_boot_error() -> None:
    def opened(first: First) -> First:
        return first

    assert "First → First" in the_problem(provides(provider(First, opened)))


def test_a_provider_that_asks_for_all_of_its_own_kind_is_a_boot_error() -> None:
    def opened(every: Keyed[First]) -> First:
        return First()

    text = the_problem(provides(provider(First, opened, key="x", scope="app")))
    assert "providers ask for one another: Keyed[First] → First 'x' → Keyed[First]" in text


def test_a_diamond_is_no_cycle() -> None:
    class Top:
        def __init__(self, first: First, second: Second) -> None: ...

    Top.__init__.__annotations__.update(first=First, second=Second)
    records = [provider(Top, Top), provider(First, first_of), provider(Second, Second)]
    with App(PRODUCTION, plugins=[provides(*records)]).scope() as scope:
        assert isinstance(scope[Top], Top)


# --- how it ends ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stage", ["finish", "save", "close"])
def test_an_end_that_cannot_be_called_is_a_boot_error(stage: str) -> None:
    ends: dict[str, Any] = {stage: lambda value: None}
    text = the_problem(provides(provider(First, First, **ends)))
    assert f"provider of First: its {stage} cannot be called as {stage}(value, " in text


def test_an_end_that_c_code_does_not_describe_is_left_to_itself() -> None:
    App(PRODUCTION, plugins=[provides(provider(First, First, close=max))])


@pytest.mark.parametrize("stage", ["finish", "save"])
def test_what_lives_as_long_as_the_application_is_never_finished_so_that_is_a_boot_error(stage: str) -> None:
    ends: dict[str, Any] = {stage: lambda value, response: None}
    text = the_problem(provides(provider(First, First, scope="app", **ends)))
    assert "gives it a finish or save, which belong to a request" in text


def test_what_the_application_holds_is_closed_with_it_in_the_reverse_order() -> None:
    log: list[str] = []

    def closing(name: str) -> Any:
        return lambda value, error: log.append(f"{name} {error}")

    records = [
        provider(First, first_of, scope="app", close=closing("first")),
        provider(Second, Second, scope="app", close=closing("second")),
    ]
    app = App(PRODUCTION, plugins=[provides(*records)])
    with app.scope() as scope:
        assert isinstance(scope[First], First)
    assert log == []
    app.close()
    assert log == ["first None", "second None"]


# --- handlers ---------------------------------------------------------------------------------------------------------
def test_a_handler_that_asks_for_what_nobody_provides_is_a_boot_error_with_what_is_provided() -> None:
    def handler(first: First) -> str:
        return ""

    text = the_problem(routes=routing(index=handler))
    assert "handler(), parameter 'first': First was asked for, and no enabled plugin provides it" in text
    assert "allowed: " in text


def test_an_empty_slot_says_which_one_is_to_be_filled() -> None:
    class Store:
        __newel_slot__ = "database"

    def handler(store: Any) -> str:
        return ""

    handler.__annotations__["store"] = Store
    assert "choose a provider under [use], for instance database = …" in the_problem(routes=routing(index=handler))


def test_keyed_contracts_of_the_kernel_may_be_asked_for_where_nobody_provides_one() -> None:
    def handler(renderers: Keyed[Renderer], scope: Scope) -> Iterable[str]:
        return sorted(map(str, renderers))

    router = Router()
    router.get("/")(handler)
    assert client_of(router).get("/").json == ["application/json"]


def test_all_problems_of_providers_are_told_at_once() -> None:
    records = [provider(First, first_of), provider(Second, Second, scope="nowhere", close=lambda: None)]
    assert len(boot_problems(provides(*records, provider(First, First)))) == 3
