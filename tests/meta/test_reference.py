"""The reference says what the code does: every hook, key, command, name and code is there, and none that is not.

Tables are read as they stand in `docs/reference/*.md`: what is written between the first backticks of a row names it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import click
import pytest

import newel
import newel_data
from newel import App, NewelError, cli
from newel.contracts import templates, validator
from newel.converters import CONVERTERS
from newel.plugins import PLUGINS, PROVIDERS, find, installed
from newel.response import STATUS_LINES
from newel.secret import Secret
from newel.settings import AppConfig
from newel.templating import markup
from newel.values import fields_of, is_secret
from tests.meta.project import ROOT, shipped_files
from tests.meta.test_hooks import HOOKS

ROW = re.compile(r"^\| `(?P<name>[^`]+)`[^|]*\|(?P<rest>.*)\|$", re.MULTILINE)


def page(name: str) -> str:
    return (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of its level or above."""
    found = re.search(
        rf"^(#+) {re.escape(heading)}\n(?P<body>.*?)(?=^#{{1,2}} |^\1 |\Z)", text, re.DOTALL | re.MULTILINE
    )
    assert found, f"there is no heading {heading!r}"
    return found["body"]


def rows(text: str) -> dict[str, list[str]]:
    """Return the tables of a text: what the first cell names, and the other cells."""
    return {found["name"]: [cell.strip() for cell in found["rest"].split("|")] for found in ROW.finditer(text)}


def words(text: str) -> set[str]:
    """Return what stands in backticks, and the names that it begins with."""
    quoted = [quoted.replace("\\|", "|") for quoted in re.findall(r"`([^`\n]+)`", text)]
    return {*quoted, *(name for text in quoted for name in re.findall(r"\w+", text))}


# --- hooks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOOKS)
def test_heading_of_a_hook_names_its_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(HOOKS[name]).parameters)
    assert f"### `{name}({arguments})`\n" in page("hooks")


def test_reference_has_no_hook_that_there_is_not() -> None:
    assert set(HOOKS) == set(re.findall(r"^### `(newel_\w+)\(", page("hooks"), re.MULTILINE))


# --- configuration ----------------------------------------------------------------------------------------------------


def sections() -> dict[str, type[Any]]:
    """Return the class of every section that something shipped reads."""
    found: dict[str, type[Any]] = {"app": AppConfig}
    for group in (PLUGINS, PROVIDERS):
        for path in installed(group).values():
            plugin = find(path, reason="reference")
            if (cls := plugin.says("Config")) is not None:
                found[plugin.name] = cls
    return found


SECTIONS = sections()


def written(field: Any) -> str:
    """Return a default as the reference writes it: as in TOML."""
    if field.required:
        return "required"
    return "none" if field.default is None or is_secret(field.kind) else as_toml(field.default)


def as_toml(value: Any) -> str:
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case str() | PurePath() | Secret():
            return f'`"{value}"`'
        case list() | tuple():
            return f"`[{', '.join(as_toml(item).strip('`') for item in value)}]`"
        case _:
            return f"`{value}`"


@pytest.mark.parametrize("name", SECTIONS)
def test_section_has_every_key_with_its_default_and_meaning(name: str) -> None:
    table = rows(section(page("configuration"), f"`[{name}]`"))
    declared = {field.key: written(field) for field in fields_of(SECTIONS[name])}
    assert declared == {key: cells[0] for key, cells in table.items()}
    assert all(len(cells[1]) > 10 for cells in table.values())


def test_configuration_has_a_heading_for_each_section_and_no_other() -> None:
    assert {*SECTIONS, "use"} == set(re.findall(r"^## `\[(\w+)\]`$", page("configuration"), re.MULTILINE))


def test_slots_are_those_that_something_shipped_fills() -> None:
    listed = {slot: set(words(cells[0])) for slot, cells in rows(section(page("configuration"), "`[use]`")).items()}
    shipped: dict[str, set[str]] = {}
    for key in installed(PROVIDERS):
        slot, _, name = key.partition(":")
        shipped.setdefault(slot, set()).add(name)
    assert shipped == listed


# --- commands ---------------------------------------------------------------------------------------------------------


def commands(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


@functools.cache
def all_commands() -> Mapping[str, click.Command]:
    """Return every command by its whole name: those of the command line, and those that shipped plugins bring."""
    app = App(plugins=sorted(installed(PLUGINS)), use={"database": "memory"}, profile="development")
    brought = [command for result in app.generation.manager.hook.newel_commands() for command in result]
    found = dict(commands(cli.main, "newel"))
    for command in brought:
        found |= dict(commands(command, f"newel {command.name}"))
    return found


def test_every_command_has_a_heading() -> None:
    assert set(all_commands()) == set(re.findall(r"^## `(newel [\w -]+)`$", page("commands"), re.MULTILINE))


@pytest.mark.parametrize("name", all_commands())
def test_every_option_of_a_command_is_told(name: str) -> None:
    told = words(section(page("commands"), f"`{name}`")) | words(section(page("commands"), "Every command"))
    for parameter in all_commands()[name].params:
        option = (
            max(parameter.opts, key=len)
            if isinstance(parameter, click.Option)
            else parameter.make_metavar(click.Context(all_commands()[name]))
        )
        assert option.strip("[]") in told or any(text.startswith(option.strip("[]")) for text in told), option


# --- names ------------------------------------------------------------------------------------------------------------


@functools.cache
def reference_words() -> frozenset[str]:
    pages = sorted((ROOT / "docs" / "reference").glob("*.md"))
    return frozenset(word for path in pages for word in words(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", sorted({*newel.__all__, *newel_data.__all__}))
def test_public_name_is_in_the_reference(name: str) -> None:
    assert name in reference_words()


def test_every_converter_is_told() -> None:
    assert set(CONVERTERS) == set(rows(section(page("routes"), "Converters")))


@pytest.mark.parametrize("heading, names", [
    ("Filters", {*markup.HTML_FILTERS, markup.SAFE}),
    ("Functions", set(markup.FUNCTIONS)),
])  # fmt: skip
def test_what_every_template_can_use_is_told(heading: str, names: set[str]) -> None:
    assert names <= words(section(page("templates"), heading))


def test_reserved_names_of_templates_are_told() -> None:
    assert templates.RESERVED_NAMES <= words(section(page("templates"), "Reserved names"))


def test_every_code_of_a_field_error_is_told() -> None:
    assert set(validator.CODES) == set(rows(section(page("errors"), "Codes of field errors")))


def numbers(text: str) -> set[int]:
    """Return the numbers of statements that a text names: `E7, E37`, `E18-E21`."""
    found: set[int] = set()
    for first, last in re.findall(r"\bE([0-9]{1,2})(?:-E([0-9]{1,2}))?\b", text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def test_every_statement_of_security_that_the_code_names_is_told() -> None:
    named = {number for path in shipped_files() for number in numbers(path.read_text(encoding="utf-8"))}
    told = numbers(section(page("security"), "Statements"))
    assert named <= told


# --- errors -----------------------------------------------------------------------------------------------------------


def with_status() -> dict[str, int]:
    """Return the errors of the public packages that have a status of their own, by name."""
    return {
        name: status
        for module in ("newel", "newel.keyring", "newel.contracts.validator", "newel_data")
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and isinstance(status := getattr(value, "http_status", None), int)
    }


@pytest.mark.parametrize("name, status", with_status().items())
def test_status_of_an_error_is_told(name: str, status: int) -> None:
    assert str(status) == rows(page("errors"))[name][0]
    assert status in STATUS_LINES


def test_the_base_of_all_errors_is_told() -> None:
    assert NewelError.__name__ in words(page("errors"))
