from __future__ import annotations

import json
from pathlib import Path

import pytest

from newel.cli import main
from tests.core.command_line import HELLO, hello, newel, written

PROJECT = """\
[app]
routes = ["views"]
plugins = ["board.tools"]

[tools]
password = "hunter2"
"""

VIEWS = """\
from newel import Router

router = Router()


@router.get("/")
def index() -> str:
    return "index"
"""

TOOLS = """\
import logging
from dataclasses import dataclass

import click

from newel import App, Secret, hookimpl


@dataclass
class Config:
    password: Secret
    warns: bool = False


@click.command()
@click.argument("name")
@click.pass_obj
def greet(app: App, name: str) -> None:
    '''Greet somebody.'''
    click.echo(f"Hello, {name}: {len(app.generation.routes)} routes, {app.generation.configuration.profile}")


@hookimpl
def newel_commands():
    return [greet]


@hookimpl
def newel_shell_names():
    return {"answer": 42}


@hookimpl
def newel_startup(scope):
    if scope[Config].warns:
        logging.getLogger("newel.tools").warning("the tools are blunt")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return written(tmp_path, newel=PROJECT, views=VIEWS, board__tools=TOOLS)


# --- help -----------------------------------------------------------------------------------------------------------
def commands() -> list[tuple[str, ...]]:
    groups = {"templates": ["list", "check"]}
    names = [(name,) for name in main.commands if name not in groups]
    return names + [(group, name) for group, inner in groups.items() for name in inner]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_of_every_command_says_when_and_shows_an_example(command: tuple[str, ...]) -> None:
    result = newel(*command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"\n    newel {' '.join(command)}" in result.output, "the example stands on a line of its own"


def test_help_lists_our_commands_where_there_is_no_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = newel("--help")
    assert result.exit_code == 0
    assert "Commands of the application:\n  There is none here (no newel.toml)" in result.output


def test_help_lists_the_commands_of_the_applications_plugins(project: Path) -> None:
    assert "Commands of the application:\n  greet  Greet somebody." in newel("--app", project, "--help").output


def test_help_is_given_where_the_application_cannot_start(project: Path) -> None:
    written(project, newel="[ap]\n")
    result = newel("--app", project, "--help")
    assert result.exit_code == 0
    assert "It cannot start (BootError): `newel check` says why." in result.output


# --- which application ----------------------------------------------------------------------------------------------
def test_the_application_of_the_current_folder_is_the_default(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert newel("check").exit_code == 0


@pytest.mark.parametrize("before", [True, False])
def test_options_stand_before_the_command_or_after_it(tmp_path: Path, before: bool) -> None:
    options = ["--app", str(hello(tmp_path)), "--profile", "development"]
    result = newel(*options, "routes") if before else newel("routes", *options)
    assert "hello.hello()" in result.output


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    result = newel("check", tmp_path / "nowhere")
    assert (result.exit_code, "there is no " in result.output) == (2, True)


def test_a_choice_that_is_no_pair_is_a_usage_error(tmp_path: Path) -> None:
    result = newel("check", hello(tmp_path), "--use", "database")
    assert result.exit_code == 2
    assert "'database' is not written as SLOT=NAME" in result.output


# --- check ----------------------------------------------------------------------------------------------------------
def test_check_says_that_all_is_well(project: Path) -> None:
    result = newel("check", project)
    assert (result.exit_code, result.output) == (0, "all is well: 1 route, 4 plugins, in the development profile\n")


def test_check_tells_all_problems_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, newel='[app]\nroutes = ["views"]\nhsts = 1\n', views=VIEWS.replace("-> str", "-> None"))
    monkeypatch.chdir(tmp_path)
    result = newel("check")
    assert result.exit_code == 1
    assert result.output.startswith("the application cannot start: ")
    assert "    at newel.toml:3    [app] hsts" in result.output
    assert "Traceback" not in result.output


def test_check_in_production_asks_for_hosts(project: Path) -> None:
    result = newel("check", project, "--profile", "production")
    assert result.exit_code == 1
    assert "[app] hosts is empty" in result.output


@pytest.mark.parametrize("profile", ["development", "production"])
@pytest.mark.parametrize("command", [["check"], ["templates", "check"]], ids=" ".join)
def test_a_template_that_does_not_compile_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], profile: str
) -> None:
    monkeypatch.chdir(tmp_path)
    toml = '[app]\nroutes = ["views"]\nplugins = ["tests.core.dollar:DollarPlugin"]\nhosts = ["example.org"]\n'
    written(tmp_path, newel=toml, views=VIEWS)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.txt.dollar").write_text("$")
    result = newel("--profile", profile, *command)
    assert result.exit_code == 1
    assert "templates/a.txt.dollar:1" in result.output
    assert "a dollar stands alone" in result.output


def test_check_connects_only_when_asked_and_takes_warnings_for_problems(project: Path) -> None:
    written(project, newel=PROJECT + "warns = true\n")
    assert newel("check", project).exit_code == 0
    result = newel("check", project, "--connect")
    assert (result.exit_code, result.output) == (1, "the tools are blunt\n")


# --- looking --------------------------------------------------------------------------------------------------------
def test_routes_are_printed_in_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hello(tmp_path).parent)
    assert newel("routes", "--app", "hello.py").output == (
        "GET   /              hello   hello.hello()   hello.py:6\n"
        "POST  /notices/<id>  change  hello.change()  hello.py:11\n"
    )


def test_plugins_are_printed_with_their_reasons(project: Path) -> None:
    result = newel("plugins", "--app", project)
    assert [line.split()[:2] for line in result.output.splitlines()] == [
        ["1.", "essentials"],
        ["2.", "security"],
        ["3.", "development"],
        ["4.", "tools"],
    ]


def test_plugins_are_printed_with_what_they_do_on_demand(project: Path) -> None:
    output = newel("plugins", "--why", "--app", project).output
    assert output.splitlines()[-4:] == [
        "4. tools",
        "     because  [app] plugins",
        "     hooks    newel_commands, newel_shell_names, newel_startup",
        f"     written  {project}/board/tools.py",
    ]


def test_config_prints_values_with_their_places_and_no_secret(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("NEWEL_APP__MAX_BODY", "5")
    output = newel("config").output
    assert '  routes = ["views"]' in output
    assert "  # secret is not set\n" in output
    assert "# environment NEWEL_APP__MAX_BODY\n" in output
    assert '  password = "********"  # newel.toml:6\n' in output
    assert "hunter2" not in output


def test_explain_prints_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hello(tmp_path).parent)
    output = newel("explain", "post", "/notices/7?x=1", "--app", "hello.py").output
    assert output.startswith("POST /notices/7\n/notices/<id> → hello.change()\n    id = 7\n\n")
    assert [line.split()[0] for line in output.splitlines()[4:]] == [
        "guard",
        "parameter",
        "handler",
        "newel_after_request",
    ]


def test_explain_wants_a_path(tmp_path: Path) -> None:
    assert newel("explain", "GET", "notices", "--app", hello(tmp_path)).exit_code == 2


def test_audit_fails_on_demand_where_something_is_weaker(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWEL_APP__HOSTS", '["example.org"]')
    arguments = ["audit", "--app", str(project)]
    assert newel(*arguments).exit_code == 0
    assert newel(*arguments, "--fail").exit_code == 1
    assert newel(*arguments, "--fail", "--profile", "production").exit_code == 0


@pytest.mark.parametrize("command", ["routes", "plugins", "config", "audit", "explain", "templates list"])
def test_what_is_data_is_printed_as_json_on_demand(project: Path, command: str) -> None:
    more = ["GET", "/"] if command == "explain" else []
    result = newel(*command.split(), *more, "--json", "--app", project)
    assert result.exit_code == 0
    assert isinstance(json.loads(result.output), list | dict)


# --- plugins' commands ----------------------------------------------------------------------------------------------
def test_a_plugins_command_gets_the_application(project: Path) -> None:
    result = newel("--app", project, "greet", "Ada")
    assert (result.exit_code, result.output) == (0, "Hello, Ada: 1 routes, development\n")


def test_a_plugins_command_is_of_the_profile_that_is_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWEL_APP__HOSTS", '["example.org"]')
    assert "production" in newel("--app", project, "--profile", "production", "greet", "Ada").output


@pytest.mark.parametrize("name", ["run", "greet"])
def test_a_name_that_is_taken_is_told_with_both_places(project: Path, name: str) -> None:
    more = f"\n\n@click.command('{name}')\ndef other() -> None:\n    pass\n"
    written(project, board__tools=TOOLS.replace("return [greet]", "return [greet, other]") + more)
    result = newel("--app", project, "greet", "Ada")
    assert result.exit_code == 1
    assert f"plugin 'tools' brings the command '{name}', and there is one of that name." in result.output
    assert result.output.count("    at ") == 2


def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(project: Path) -> None:
    ours, theirs = newel("--app", project, "rotes"), newel("--app", project, "gret")
    assert (ours.exit_code, theirs.exit_code) == (2, 2)
    assert "There is no command 'rotes'. Did you mean 'routes'?" in ours.output
    assert "There is no command 'gret'. Did you mean 'greet'?" in theirs.output


def test_an_unknown_command_without_an_application_says_how_to_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "newel --app FOLDER db" in newel("db", "sync").output


# --- errors ---------------------------------------------------------------------------------------------------------
def test_an_error_of_the_users_module_begins_with_the_users_frame(tmp_path: Path) -> None:
    written(tmp_path, hello=HELLO + "\n1 / 0\n")
    result = newel("check", tmp_path / "hello.py")
    assert result.exit_code == 1
    assert result.output.splitlines()[1].startswith(f'  File "{tmp_path}/hello.py", line 18')
    assert result.output.endswith("ZeroDivisionError: division by zero\n")


def test_an_error_of_a_module_that_configuration_lists_begins_there(project: Path) -> None:
    written(project, views="import nothing_of_that_name\n")
    result = newel("check", project)
    assert result.exit_code == 1
    assert "/newel/boot.py" not in result.output
    assert result.output.endswith("No module named 'nothing_of_that_name'\n")


# --- making ---------------------------------------------------------------------------------------------------------
def test_new_writes_a_folder_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = newel("new", "board")
    assert result.exit_code == 0
    assert "wrote board/newel.toml\n" in result.output
    assert "Now:\n  cd board\n" in result.output


def test_new_leaves_a_folder_alone_that_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "board").mkdir()
    (tmp_path / "board" / "mine.txt").write_text("mine")
    result = newel("new", "board")
    assert result.exit_code == 1
    assert f"{tmp_path / 'board'} is there already, and not empty." in result.output
    assert [file.name for file in (tmp_path / "board").iterdir()] == ["mine.txt"]


def test_new_refuses_a_name_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert newel("new", "my-board").exit_code == 2
    assert list(tmp_path.iterdir()) == []


# --- shell ----------------------------------------------------------------------------------------------------------
def test_the_shell_runs_a_command_with_names_at_hand(project: Path) -> None:
    result = newel("shell", "--app", project, "-c", "print(answer, app.generation.routes[0].rule, scope[Urls])")
    assert result.exit_code == 0
    assert result.output.startswith("42 / <newel.urls.Urls")


@pytest.mark.parametrize("code, status", [("exit()", 0), ("exit(3)", 3), ("1 / 0", 1)])
def test_the_shell_ends_with_the_status_of_its_code(project: Path, code: str, status: int) -> None:
    assert newel("shell", "--app", project, "-c", code).exit_code == status


# --- errors that no code is at fault for ----------------------------------------------------------------------------
DOWN = """
from newel import NewelError, hookimpl


class Down(NewelError):
    circumstance = True


@hookimpl
def newel_startup():
    try:
        raise OSError("connection refused")
    except OSError as error:
        raise Down("the depot cannot be reached") from error
"""


def test_a_circumstance_is_told_with_its_cause_and_without_a_traceback(tmp_path: Path) -> None:
    written(tmp_path, newel='[app]\nplugins = ["board.down"]\n', board__down=DOWN)
    result = newel("check", "--connect", tmp_path)
    assert result.exit_code == 1
    assert result.output == "the depot cannot be reached\n    because: connection refused\n"
