"""The manager: every hook and argument is verified before pluggy sees it; hooks find what their signatures name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from newel import App, Guard, Plugin, Provider, Response, Scope, hookimpl, hookspec
from newel.contracts.keyed import Keyed
from newel.errors import Problem
from newel.manager import Manager
from newel.plugins import Found, Registered
from newel.testing import Client
from tests.core.applications import boot_problems, hello, plugin, routing, served, the_problem

if TYPE_CHECKING:
    from decimal import Decimal


# --- hooks ------------------------------------------------------------------------------------------------------------
def test_the_first_listed_is_called_first() -> None:
    called: list[str] = []

    def newel_startup(self: Plugin, scope: Scope) -> None:
        called.append(self.name)

    App(plugins=[plugin(name, newel_startup=newel_startup) for name in "abc"], profile="development").start()
    assert called == ["a", "b", "c"]


def test_shutdown_runs_in_the_reverse_and_one_failure_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []

    def shuts(name: str) -> type[Plugin]:
        def newel_shutdown(self: Plugin) -> None:
            called.append(name)
            raise OSError(name)

        return plugin(name, newel_shutdown=newel_shutdown)

    app = App(plugins=[shuts("a"), shuts("b")], profile="development")
    app.start()
    app.close()
    assert called == ["b", "a"]
    assert "newel_shutdown of plugin 'a' failed" in caplog.text


class Greeting(str):
    """A contract."""

    __slots__ = ()


def greeting(text: str = "good day") -> type[Plugin]:
    """A plugin that provides a greeting."""
    return plugin("greeting", newel_providers=lambda self: [Provider(contract=Greeting, open=lambda: Greeting(text))])


def test_a_request_hook_asks_for_contracts_by_type() -> None:
    def newel_after_request(self: Plugin, response: Response, greeting: Greeting) -> None:
        response.headers.set("X-Greeting", greeting)

    asks = plugin("asks", newel_after_request=newel_after_request)
    assert served(hello, greeting(), asks).get("/").headers["X-Greeting"] == "good day"


def test_a_hook_may_do_without_a_contract_that_nobody_provides() -> None:
    def newel_after_request(self: Plugin, response: Response, greeting: Greeting | None) -> None:
        response.headers.set("X-Greeting", str(greeting))

    asks = plugin("asks", newel_after_request=newel_after_request)
    assert served(hello, asks).get("/").headers["X-Greeting"] == "None"


def test_a_hook_that_asks_for_what_nobody_provides_is_a_boot_error() -> None:
    def newel_before_request(self: Plugin, greeting: Greeting) -> None: ...

    text = the_problem(plugin("asks", newel_before_request=newel_before_request))
    assert "plugin 'asks', newel_before_request" in text
    assert "Greeting was asked for, and no enabled plugin provides it" in text


def test_a_startup_hook_that_asks_for_what_nobody_provides_is_found_at_boot() -> None:
    def newel_startup(self: Plugin, greeting: Greeting) -> None: ...

    assert "plugin 'asks', newel_startup" in the_problem(plugin("asks", newel_startup=newel_startup))


def test_a_startup_hook_may_do_without_a_contract_that_nobody_provides() -> None:
    seen: list[object] = []

    def newel_startup(self: Plugin, greeting: Greeting | None) -> None:
        seen.append(greeting)

    App(plugins=[plugin("asks", newel_startup=newel_startup)], profile="development").start()
    assert seen == [None]


def test_an_annotation_that_is_not_there_when_the_program_runs_is_a_boot_error_in_a_hook_too() -> None:
    def newel_before_request(self: Plugin, price: Decimal) -> None: ...

    text = the_problem(plugin("asks", newel_before_request=newel_before_request))
    assert "'Decimal' in (price: Decimal) is not there when the program runs" in text


@dataclass
class Settings:
    """A section."""

    word: str = "hello"


here = SimpleNamespace(Settings=Settings)


def test_every_hook_may_ask_for_its_plugins_own_configuration() -> None:
    seen: list[str] = []

    def newel_providers(self: Plugin, settings: Settings) -> list[Provider]:
        seen.append(f"boot {settings.word}")
        return []

    def newel_startup(self: Plugin, settings: Settings) -> None:
        seen.append(f"startup {settings.word}")

    def newel_before_request(self: Plugin, settings: Settings) -> None:
        seen.append(f"request {settings.word}")

    def newel_shutdown(self: Plugin, settings: Settings) -> None:
        seen.append(f"shutdown {settings.word}")

    hooks = [newel_providers, newel_startup, newel_before_request, newel_shutdown]
    own = plugin("own", Config=Settings, **{hook.__name__: hook for hook in hooks})
    app = App({"own": {"word": "mine"}}, routes=[routing(index=hello)], plugins=[own], profile="development")
    Client(app).get("/")
    app.close()
    assert seen == ["boot mine", "startup mine", "request mine", "shutdown mine"]


def test_each_of_two_plugins_with_one_class_of_configuration_gets_its_own() -> None:
    seen: list[str] = []

    def newel_before_request(self: Plugin, settings: Settings) -> None:
        seen.append(f"hook {self.name} {settings.word}")

    def newel_providers(self: Plugin) -> list[Provider]:
        def opened(settings: Settings) -> str:
            return settings.word

        return [Provider(contract=Greeting, key=self.name, scope="app", open=opened)]

    def newel_route(self: Plugin) -> list[Guard]:
        def guard(settings: Settings) -> None:
            seen.append(f"guard {settings.word}")

        return [Guard(guard)]

    hooks = [newel_before_request, newel_providers, newel_route]
    both = [plugin(name, Config=Settings, **{hook.__name__: hook for hook in hooks}) for name in "ab"]
    config = {"a": {"word": "one"}, "b": {"word": "two"}}
    app = App(config, routes=[routing(index=hello)], plugins=both, profile="development")
    Client(app).get("/")
    assert seen == ["hook a one", "hook b two", "guard one", "guard two"]
    with app.scope() as scope:
        assert dict(scope[Keyed[Greeting]]) == {"a": "one", "b": "two"}


def test_a_boot_hook_may_spell_its_configuration_with_the_module() -> None:
    def newel_providers(self: Plugin, settings: Any) -> list[Provider]:
        return []

    newel_providers.__annotations__["settings"] = "here.Settings"
    App(plugins=[plugin("own", Config=Settings, newel_providers=newel_providers)], profile="development")


@pytest.mark.parametrize("annotation", [Greeting, Scope, "Nowhere"])
def test_a_boot_hook_may_ask_for_nothing_else(annotation: Any) -> None:
    def newel_providers(self: Plugin, thing: Any) -> list[Provider]:
        return []

    newel_providers.__annotations__["thing"] = annotation
    text = the_problem(plugin("early", Config=Settings, newel_providers=newel_providers))
    assert "plugin 'early', hook newel_providers: parameter 'thing'" in text
    assert "does not exist yet while the application boots" in text


@pytest.mark.parametrize("option", ["tryfirst", "trylast", "wrapper", "hookwrapper"])
@pytest.mark.parametrize(
    "hook", ["newel_before_request", "newel_after_request", "newel_handle_error", "newel_teardown_request"]
)
def test_a_request_hook_may_be_no_wrapper_and_say_no_order(hook: str, option: str) -> None:
    def generator(self: Plugin) -> Iterator[None]:
        yield

    options: dict[str, Any] = {option: True}
    text = the_problem(plugin("pushy", **{hook: hookimpl(**options)(generator)}))
    assert f"plugin 'pushy' marks its {hook} as wrapper, tryfirst or trylast" in text
    assert "`before` or `after`" in text
    assert "Around" in text


def roots(*plugins: type[Plugin]) -> list[str]:
    """The template folders that plugins bring, in their order."""
    app = App(plugins=plugins, profile="development")
    return [str(path) for owner, path in app.generation.template_roots if owner != "essentials"]


def test_boot_hooks_keep_tryfirst_and_trylast() -> None:
    last = plugin("last", newel_template_roots=hookimpl(trylast=True)(lambda self: ["last"]))
    middle = plugin("middle", newel_template_roots=lambda self: ["middle"])
    first = plugin("first", newel_template_roots=hookimpl(tryfirst=True)(lambda self: ["first"]))
    assert roots(last, middle, first) == ["first", "middle", "last"]


def test_wrappers_of_boot_hooks_wrap_every_result() -> None:
    def wrapper(self: Plugin) -> Any:
        results = yield
        return [[f"wrapped/{root}" for root in result] for result in results]

    def old_wrapper(self: Plugin) -> Any:
        outcome = yield
        outcome.force_result([[f"old/{root}" for root in result] for result in outcome.get_result()])

    plain = [plugin(name, newel_template_roots=lambda self: [self.name]) for name in "ab"]
    outer = plugin("outer", newel_template_roots=hookimpl(wrapper=True)(wrapper))
    old = plugin("old", newel_template_roots=hookimpl(hookwrapper=True)(old_wrapper))
    assert roots(*plain, outer, old) == ["wrapped/old/a", "wrapped/old/b"]


def test_a_wrapper_may_ask_for_its_plugins_configuration() -> None:
    def newel_template_roots(self: Plugin, settings: Settings) -> Any:
        results = yield
        return [[f"{settings.word}/{root}" for root in result] for result in results]

    plain = plugin("plain", newel_template_roots=lambda self: ["a"])
    outer = plugin("outer", Config=Settings, newel_template_roots=hookimpl(wrapper=True)(newel_template_roots))
    assert roots(plain, outer) == ["hello/a"]


def test_wrappers_work_around_startup_and_shutdown() -> None:
    called: list[str] = []

    def around(name: str) -> Any:
        def wrapper(self: Plugin) -> Iterator[None]:
            called.append(f"{name} begins")
            yield
            called.append(f"{name} ends")

        return hookimpl(wrapper=True)(wrapper)

    def does(what: str) -> Any:
        return lambda self: called.append(what)

    plain = plugin("plain", newel_startup=does("startup"), newel_shutdown=does("shutdown"))
    outer = plugin("outer", newel_startup=around("startup"), newel_shutdown=around("shutdown"))
    app = App(plugins=[plain, outer], profile="development")
    app.start()
    app.close()
    assert called == [
        "startup begins", "startup", "startup ends", "shutdown begins", "shutdown", "shutdown ends",
    ]  # fmt: skip


def test_a_plugin_may_implement_a_hook_twice() -> None:
    two = plugin(
        "two",
        newel_template_roots=lambda self: ["a"],
        more=hookimpl(specname="newel_template_roots")(lambda self: ["b"]),
    )
    assert sorted(roots(two)) == ["a", "b"]


def test_a_hook_may_be_a_static_or_a_class_method() -> None:
    class Both(Plugin):
        name = "both"

        @staticmethod
        @hookimpl
        def newel_template_roots() -> list[str]:
            return ["static"]

        @classmethod
        @hookimpl
        def newel_before_request(cls) -> str:
            return cls.name

    assert served(hello, Both).get("/").text == "both"
    assert roots(Both) == ["static"]


# --- hooks that plugins bring -----------------------------------------------------------------------------------------
class Colors:
    """Hookspecs of a plugin's own."""

    @hookspec
    def newel_colors(self, wanted: str) -> list[str]:  # type: ignore[empty-body]
        """Return colors."""


def collecting(into: list[Any], **members: Any) -> type[Plugin]:
    """A plugin that brings a hook, and collects what others say to it."""

    def newel_collect(self: Plugin, hooks: Any) -> None:
        into.extend(hooks.newel_colors(wanted="bright"))

    return plugin("palette", hookspecs=(Colors,), newel_collect=newel_collect, **members)


def test_a_plugin_may_bring_hooks_that_others_implement() -> None:
    seen: list[Any] = []
    red, blue = (plugin(color, newel_colors=lambda self, wanted: [wanted, self.name]) for color in ("red", "blue"))
    App(plugins=[red, collecting(seen), blue], profile="development")
    assert seen == [["bright", "red"], ["bright", "blue"]]


def test_hookspecs_that_two_plugins_bring_are_taken_once() -> None:
    seen: list[Any] = []
    red = plugin("red", hookspecs=(Colors,), newel_colors=lambda self: ["red"])
    App(plugins=[red, collecting(seen)], profile="development")
    assert seen == [["red"]]


def test_one_hook_from_two_hookspecs_is_a_boot_error() -> None:
    class OtherColors:
        @hookspec
        def newel_colors(self) -> list[str]:  # type: ignore[empty-body]
            """Return other colors."""

    other = plugin("other", hookspecs=(OtherColors,), newel_providers=lambda self: [])
    text = the_problem(collecting([]), other)
    assert "plugin 'other' brings the hookspecs of 'OtherColors', refused" in text
    assert "newel_colors" in text


def test_hookspecs_without_any_hook_are_a_boot_error() -> None:
    empty = plugin("empty", hookspecs=(object(),), newel_providers=lambda self: [])
    assert "plugin 'empty' brings the hookspecs of" in the_problem(empty)


def test_a_hook_of_a_plugin_that_is_not_loaded_is_a_boot_error() -> None:
    red = plugin("red", newel_colors=lambda self: ["red"])
    assert "implements 'newel_colors', and no loaded plugin or kernel has such a hook" in the_problem(red)


# --- mistakes ---------------------------------------------------------------------------------------------------------
def test_a_plugin_that_implements_no_hook_is_a_boot_error() -> None:
    assert "plugin 'idle' implements no hook, so that enabling it does nothing" in the_problem(plugin("idle"))


def test_every_wrong_hook_and_argument_is_told_at_once() -> None:
    wrong = plugin("wrong", newel_befor_request=lambda self: None, newel_after_request=lambda self, respons: None)
    other = plugin("other", newel_handle_error=lambda self, eror: None)
    text = "\n".join(boot_problems(wrong, other))
    for near in ("newel_before_request", "response", "error"):
        assert f"did you mean {near!r}?" in text


@pytest.mark.parametrize("value", [3, "text", object(), [3], [None]])
@pytest.mark.parametrize("hook", ["newel_providers", "newel_routes", "newel_route"])
def test_a_boot_hook_that_returns_something_else_is_a_boot_error(hook: str, value: object) -> None:
    text = the_problem(plugin("odd", **{hook: lambda self: value}))
    assert f"plugin 'odd', {hook}, returned" in text
    assert "what it may return is a list of" in text


def test_a_record_that_stands_alone_is_told_to_be_a_list() -> None:
    alone = plugin("alone", newel_providers=lambda self: Provider(contract=Greeting, open=Greeting))
    assert "returned Provider(" in the_problem(alone)


def test_problems_that_hooks_raise_are_told_with_all_others() -> None:
    from newel import BootError

    def newel_providers(self: Plugin) -> list[Provider]:
        raise BootError([Problem(what="the paint is dry.", remedy="buy more.")])

    def newel_route(self: Plugin) -> None:
        raise BootError([Problem(what="no ladder.", remedy="borrow one.")])

    painter = plugin("painter", newel_providers=newel_providers, newel_route=newel_route)
    text = "\n".join(boot_problems(painter))
    assert "the paint is dry." in text
    assert "no ladder." in text


def test_problems_that_a_constructor_raises_are_boot_errors() -> None:
    from newel import BootError

    class Picky(Plugin):
        name = "picky"

        def __init__(self, config: Any) -> None:
            raise BootError([Problem(what="never enough.", remedy="give up.")])

        @hookimpl
        def newel_providers(self) -> list[Provider]:
            return []

    assert "never enough." in the_problem(Picky)


@pytest.mark.parametrize("hook", ["newel_providers", "newel_route", "newel_startup"])
def test_an_error_in_a_boot_hook_names_plugin_and_hook(hook: str) -> None:
    def fails(self: Plugin) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        App(routes=[routing(index=hello)], plugins=[plugin("culprit", **{hook: fails})], profile="development").start()
    assert caught.value.__notes__ == [f"in plugin 'culprit', {hook}"]


def test_an_error_in_a_constructor_names_the_plugin() -> None:
    def initialise(self: Plugin, config: Any) -> None:
        raise ZeroDivisionError

    culprit = plugin("culprit", newel_providers=lambda self: [], __init__=initialise)
    with pytest.raises(ZeroDivisionError) as caught:
        App(plugins=[culprit], profile="development")
    assert caught.value.__notes__ == ["in plugin 'culprit', __init__"]


# --- the manager ------------------------------------------------------------------------------------------------------
def test_each_boot_has_a_manager_and_plugins_of_its_own() -> None:
    one = plugin("one", newel_providers=lambda self: [])
    first, second = (App(plugins=[one], profile="development").generation.manager for _ in range(2))
    assert first is not second
    assert not {id(found.plugin) for found in first.plugins} & {id(found.plugin) for found in second.plugins}


def test_a_manager_with_a_problem_registers_nothing() -> None:
    manager, problems = Manager(), list[Problem]()
    good, bad = plugin("good", newel_providers=lambda self: []), plugin("bad", newel_provider=lambda self: [])
    registered = [Registered(found_of(one), None) for one in (good, bad)]
    manager.install(registered, problems)
    assert len(problems) == 1
    assert manager.get_plugins() == set()


def found_of(origin: type[Plugin]) -> Found:
    """A plugin as boot finds it."""
    return Found(name=origin.name, origin=origin, reason="a test", spelled=origin.name)
