"""Plugins: found by name, brought in by others, ordered for reasons that can be told."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel import App, Plugin
from newel.errors import Problem
from newel.plugins import Found, LoadFailure, constraints, find, installed, ordered, slots
from tests.core.applications import PRODUCTION, plugin, the_problem


def found(name: str, **said: Any) -> Found:
    """A plugin that only says where it stands."""
    return Found(name=name, origin=type(name, (Plugin,), {"name": name, **said}), reason="a test", spelled=name)


def order(*plugins: Found) -> list[str]:
    """The names in their order; no problem may be among them."""
    problems: list[Problem] = []
    result = ordered(plugins, problems)
    assert problems == []
    return [one.name for one in result]


def names(app: App) -> list[str]:
    """The plugins of an application, in their order, without those that are always on."""
    always = {"essentials", "security", "development"}
    return [one.name for one in app.generation.manager.plugins if one.name not in always]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that modules are imported from."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def write(folder: Path, name: str, source: str) -> None:
    """Write a module, or a module of a package, into a folder."""
    file = folder.joinpath(*name.split(".")).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.parent != folder:
        (file.parent / "__init__.py").touch()
    file.write_text(dedent(source))


# --- finding ----------------------------------------------------------------------------------------------------------
def test_a_plugin_is_found_by_the_name_of_an_entry_point() -> None:
    assert find("static", reason="").origin.__name__ == "StaticPlugin"


def test_a_name_in_a_slot_is_found_among_the_providers_of_the_slot() -> None:
    assert find("memory", slot="database", reason="").name == "memory"
    with pytest.raises(LoadFailure):
        find("memory", reason="")  # nothing that is listed under [app] plugins


def test_a_dotted_name_is_a_module_of_ones_own(folder: Path) -> None:
    write(folder, "board.hooks", "")
    one = find("board.hooks", reason="")
    assert (one.name, type(one.origin)) == ("hooks", ModuleType)


def test_a_module_may_say_its_name(folder: Path) -> None:
    write(folder, "board.hooks", "name = 'board'")
    assert find("board.hooks", reason="").name == "board"


def test_a_name_with_a_colon_is_a_class_in_a_module(folder: Path) -> None:
    write(folder, "board", "from newel import Plugin\nclass Board(Plugin): ...")
    one = find("board:Board", reason="")
    assert (one.name, one.origin.__name__) == ("board", "Board")


def failure(spelled: str, **arguments: Any) -> str:
    """What is said of a plugin that cannot be loaded."""
    with pytest.raises(LoadFailure) as caught:
        find(spelled, reason="", **arguments)
    return str(caught.value)


def test_an_unknown_name_is_told_with_the_nearest_of_those_that_are_installed() -> None:
    text = failure("statik")
    assert "plugin 'statik' was looked up among the installed plugins, and there is none of that name" in text
    assert "did you mean 'static'?" in text


def test_a_module_without_a_dot_is_not_looked_up_and_that_is_said(folder: Path) -> None:
    write(folder, "hooks", "raise AssertionError")
    text = failure("hooks")
    assert "there is a module 'hooks', and a name without a dot is looked up among the installed plugins alone" in text
    assert "(package.hooks)" in text


def test_an_unknown_name_in_a_slot_is_compared_with_the_names_of_that_slot_alone() -> None:
    text = failure("jinja", slot="templates")
    assert "'jinja' for the slot 'templates'" in text
    assert "allowed: jinja2, mako" in text


def test_a_module_that_is_not_there_is_told(folder: Path) -> None:
    assert "plugin 'nowhere.hooks': there is no module 'nowhere'." in failure("nowhere.hooks")


def test_a_library_that_a_plugin_needs_is_told_with_what_to_install(folder: Path) -> None:
    write(folder, "needy", "import a_library_that_nobody_has")
    text = failure("needy:Plugin")
    assert "needs the library 'a_library_that_nobody_has', which is not installed" in text
    assert "pip install 'a_library_that_nobody_has'" in text


def test_a_name_after_the_colon_that_is_not_there_is_told_with_the_nearest(folder: Path) -> None:
    write(folder, "board", "from newel import Plugin\nclass Board(Plugin): ...")
    assert "did you mean 'Board'?" in failure("board:Bord")


@pytest.mark.parametrize("value", ["3", "object()", "dict", "lambda: None"])
def test_what_is_neither_a_module_nor_a_plugin_class_is_told(value: str, folder: Path) -> None:
    write(folder, "board", f"thing = {value}")
    assert "neither a module nor a subclass of newel.Plugin" in failure("board:thing")


def test_an_error_in_a_plugins_module_is_its_own_and_names_the_plugin(folder: Path) -> None:
    write(folder, "broken", "1 / 0")
    with pytest.raises(ZeroDivisionError) as caught:
        find("broken:Plugin", reason="")
    assert caught.value.__notes__ == ["while plugin 'broken:Plugin' was imported"]


def test_what_is_installed_is_listed_by_group_and_by_slot() -> None:
    assert installed("newel.plugins")["static"] == "newel_static:StaticPlugin"
    assert slots()["templates"] == ("jinja2", "mako")


# --- order ------------------------------------------------------------------------------------------------------------
def test_plugins_stand_as_listed() -> None:
    assert order(found("c"), found("a"), found("b")) == ["c", "a", "b"]


def test_after_moves_a_plugin_behind_another() -> None:
    assert order(found("a", after=("c",)), found("b"), found("c")) == ["b", "c", "a"]


def test_before_moves_another_behind_a_plugin() -> None:
    assert order(found("a"), found("b"), found("c", before=("a",))) == ["b", "c", "a"]


def test_what_is_required_stands_before_who_requires_it() -> None:
    assert order(found("a", requires=("b",)), found("b")) == ["b", "a"]


def test_a_plugin_that_is_not_there_moves_nothing() -> None:
    assert order(found("a", after=("z",), before=("y",)), found("b")) == ["a", "b"]


def test_a_plugin_may_name_itself_without_a_cycle() -> None:
    assert order(found("a", before=("a",), after=("a",))) == ["a"]


def test_a_cycle_names_its_members_and_only_these() -> None:
    problems: list[Problem] = []
    plugins = [found("x", after=("a",)), found("a", after=("b",)), found("b", after=("c",)), found("c", after=("a",))]
    ordered(plugins, problems)
    (problem,) = problems
    assert "a cycle: " in problem.what
    assert {"a", "b", "c"} == set(problem.what.rpartition("cycle: ")[2].rstrip(".").split(" → "))
    assert len(problem.places) == 3


def test_every_constraint_says_who_wanted_it() -> None:
    plugins = [found("a", after=("b",)), found("b", before=("c",)), found("c")]
    assert constraints(plugins) == {"a": {"b": "a stands after b"}, "b": {}, "c": {"b": "b stands before c"}}


NAMES = "abcdef"


@given(
    st.permutations(NAMES),
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(["before", "after"]))),
)
def test_the_order_keeps_every_constraint_or_names_a_cycle(
    listed: list[str], wanted: list[tuple[str, str, str]]
) -> None:
    said: dict[str, dict[str, tuple[str, ...]]] = {name: {"before": (), "after": ()} for name in NAMES}
    for name, other, where in wanted:
        said[name][where] = (*said[name][where], other)
    plugins = [found(name, **said[name]) for name in listed]
    problems: list[Problem] = []
    result = [one.name for one in ordered(plugins, problems)]
    assert sorted(result) == sorted(NAMES)
    pairs = [(name, other) if where == "before" else (other, name) for name, other, where in wanted if name != other]
    kept = all(result.index(first) < result.index(second) for first, second in pairs)
    assert kept == (problems == [])
    if not pairs:
        assert result == list(listed)


# --- order in an application ------------------------------------------------------------------------------------------
def test_essentials_come_first_then_what_is_used_then_what_is_listed() -> None:
    listed = plugin("listed", newel_providers=lambda self: [])
    app = App({"use": {"database": "memory"}}, plugins=[listed], profile="development")
    in_order = [one.name for one in app.generation.manager.plugins]
    assert in_order == ["essentials", "security", "development", "data", "memory", "listed"]


def test_the_order_and_what_decided_each_place_can_be_told() -> None:
    second = plugin("second", newel_providers=lambda self: [], after=("third",))
    third = plugin("third", newel_providers=lambda self: [])
    generation = App(plugins=[second, third], profile="development").generation
    assert generation.reasons["second"] == ("argument plugins", "second stands after third")
    assert generation.reasons["essentials"][0].startswith("always on")


def test_what_is_required_is_brought_in_and_says_by_whom(folder: Path) -> None:
    write(folder, "base", "from newel import Plugin, hookimpl\nclass Base(Plugin):\n    name = 'base'\n"
          "    @hookimpl\n    def newel_providers(self): return []\n")  # fmt: skip
    asking = plugin("asking", newel_providers=lambda self: [], requires=("base:Base",))
    app = App(plugins=[asking], profile="development")
    assert names(app) == ["base", "asking"]
    assert app.generation.reasons["base"][0] == "required by asking"


def test_what_is_required_may_be_given_later() -> None:
    asking = plugin("asking", newel_providers=lambda self: [], requires=("asked",))
    asked = plugin("asked", newel_providers=lambda self: [])
    assert names(App(plugins=[asking, asked], profile="development")) == ["asked", "asking"]


def test_what_is_required_is_brought_in_once_and_in_the_order_of_asking() -> None:
    required = ("newel_static:StaticPlugin", "newel_memory:MemoryPlugin")
    asking = plugin("asking", newel_providers=lambda self: [], requires=required)
    other = plugin("other", newel_providers=lambda self: [], requires=("static",))
    assert names(App(plugins=[asking, other], profile="development")) == ["static", "data", "memory", "asking", "other"]


def test_a_plugin_that_is_named_in_two_ways_is_one_and_keeps_its_place(folder: Path) -> None:
    asking = plugin("asking", newel_providers=lambda self: [], requires=("newel_static:StaticPlugin",))
    app = App(plugins=[asking, "static"], profile="development")
    assert names(app) == ["static", "asking"]


def test_a_cycle_of_requirements_is_a_boot_error(folder: Path) -> None:
    write(
        folder, "one", "from newel import hookimpl\nrequires = ('pack.two',)\n@hookimpl\ndef newel_providers(): ...\n"
    )
    write(folder, "pack.two", "from newel import hookimpl\nimport one\nname = 'two'\nrequires = ('one',)\n"
          "@hookimpl\ndef newel_providers(): ...\n")  # fmt: skip
    import_one = __import__("one")
    assert "cycle: " in the_problem(import_one)


def test_two_plugins_of_one_name_are_a_boot_error_that_shows_both() -> None:
    first, second = (plugin("same", newel_providers=lambda self: []) for _ in range(2))
    text = the_problem(first, second)
    assert "two plugins are named 'same'" in text
    assert text.count("    at ") == 2


def test_one_plugin_listed_twice_is_one() -> None:
    one = plugin("one", newel_providers=lambda self: [])
    assert names(App(plugins=[one, one], profile="development")) == ["one"]


@pytest.mark.parametrize("thing", [3, object, object(), Plugin(), lambda: None])
def test_what_is_no_plugin_is_a_boot_error(thing: object) -> None:
    assert "which is no plugin" in the_problem(thing)


def test_an_essential_plugin_is_off_only_by_name() -> None:
    app = App({"app": {**PRODUCTION["app"], "without": ["security"]}})
    assert [one.name for one in app.generation.manager.plugins] == ["essentials"]


def test_without_a_plugin_that_is_not_always_on_is_a_boot_error() -> None:
    text = the_problem(config={"app": {"without": ["secruity"]}})
    assert "did you mean 'security'?" in text
