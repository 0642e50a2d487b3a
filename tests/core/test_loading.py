from __future__ import annotations

import os
from pathlib import Path

import pytest

from newel.errors import BootError
from newel.loading import choose, load, watched
from newel.wsgi import App
from tests.core.command_line import HELLO, hello, written

ROUTER = "from newel import Router\nrouter = Router()\n@router.get('/')\ndef index() -> str:\n    return 'index'\n"


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "NEWEL_PROFILE": "development"})


def rules(app: App) -> list[str]:
    return [route.rule for route in app.generation.routes]


def problem_of(path: Path) -> str:
    with pytest.raises(BootError) as caught:
        load(path)
    (problem,) = caught.value.problems
    return str(problem)


# --- what is loaded -------------------------------------------------------------------------------------------------
def test_a_file_with_one_app_is_that_app(tmp_path: Path) -> None:
    assert rules(load(hello(tmp_path))) == ["/", "/notices/<id>"]


def test_an_app_under_two_names_is_one_app(tmp_path: Path) -> None:
    written(tmp_path, hello=HELLO + "application = app\n")
    assert rules(load(tmp_path / "hello.py")) == ["/", "/notices/<id>"]


def test_a_file_with_routers_only_is_served(tmp_path: Path) -> None:
    written(tmp_path, views=ROUTER)
    assert rules(load(tmp_path / "views.py")) == ["/"]


def test_a_file_imports_what_stands_beside_it(tmp_path: Path) -> None:
    written(tmp_path, words="WORD = 'x'\n", views=f"import words\n{ROUTER}")
    assert rules(load(tmp_path / "views.py")) == ["/"]


def test_a_folder_is_its_newel_toml(tmp_path: Path) -> None:
    written(tmp_path, newel='[app]\nroutes = ["views"]\n', views=ROUTER)
    assert rules(load(tmp_path)) == ["/"]


def test_a_toml_file_of_another_name_is_loaded_by_it(tmp_path: Path) -> None:
    written(tmp_path, views=ROUTER)
    file = tmp_path / "site.toml"
    file.write_text('[app]\nroutes = ["views"]\n')
    assert rules(load(file)) == ["/"]


@pytest.mark.parametrize("made", ["app = App(routes=[router])\n", ""])
def test_relative_paths_of_one_file_are_relative_to_it(tmp_path: Path, made: str) -> None:
    written(tmp_path, views=f"from newel import App\n{ROUTER}{made}")
    assert load(tmp_path / "views.py").generation.configuration.folder == tmp_path


def test_an_app_that_a_function_makes_has_no_folder(tmp_path: Path) -> None:
    written(
        tmp_path, views=f"from newel import App\n{ROUTER}def make():\n    return App(routes=[router])\napp = make()\n"
    )
    assert load(tmp_path / "views.py").generation.configuration.folder is None


# --- what is not ----------------------------------------------------------------------------------------------------
def test_a_folder_without_newel_toml_says_what_to_do(tmp_path: Path) -> None:
    assert problem_of(tmp_path) == (
        f"an application was looked for in {tmp_path}, and there is no newel.toml in it.\n"
        "    to do: name or enter the folder of an application, or begin one: newel new NAME"
    )


def test_a_folder_without_newel_toml_names_the_files_in_it(tmp_path: Path) -> None:
    hello(tmp_path)
    assert "to do: name one of its files (hello.py), " in problem_of(tmp_path)


def test_several_applications_are_named(tmp_path: Path) -> None:
    written(tmp_path, hello=HELLO + "admin = App(routes=[router])\n")
    assert "hello.py makes several applications: app, admin." in problem_of(tmp_path / "hello.py")


def test_a_file_without_app_and_router_is_told(tmp_path: Path) -> None:
    written(tmp_path, empty="from newel import Router\n")
    assert "empty.py makes neither an App nor a Router." in problem_of(tmp_path / "empty.py")


def test_a_router_that_is_only_imported_is_not_served(tmp_path: Path) -> None:
    written(tmp_path, views=ROUTER, empty="from views import router\n")
    assert "neither an App nor a Router" in problem_of(tmp_path / "empty.py")


def test_a_file_whose_name_is_no_modules_is_told(tmp_path: Path) -> None:
    file = tmp_path / "my-app.py"
    file.write_text(ROUTER)
    assert "'my-app' is no name of a module." in problem_of(file)


def test_a_file_that_another_module_hides_is_told(tmp_path: Path) -> None:
    written(tmp_path, json=ROUTER)
    assert "json.py was to be imported, and another module is called 'json'." in problem_of(tmp_path / "json.py")


# --- choices --------------------------------------------------------------------------------------------------------
def test_choices_go_into_the_environment() -> None:
    choose(["database=memory", "templates=jinja2, mako"], "staging")
    assert os.environ["NEWEL_USE__DATABASE"] == "memory"
    assert os.environ["NEWEL_USE__TEMPLATES"] == "['jinja2', 'mako']"
    assert os.environ["NEWEL_PROFILE"] == "staging"


def test_a_profile_of_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWEL_PROFILE", "production")
    choose([], None)
    assert os.environ["NEWEL_PROFILE"] == "production"


def test_without_any_word_the_profile_is_development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWEL_PROFILE")
    choose([], None)
    assert os.environ["NEWEL_PROFILE"] == "development"


@pytest.mark.parametrize("choice", ["database", "database=", "=memory"])
def test_a_choice_that_is_no_pair_is_refused(choice: str) -> None:
    with pytest.raises(ValueError, match=choice):
        choose([choice], None)


# --- what is watched ------------------------------------------------------------------------------------------------
def test_configuration_and_its_overlays_are_watched(tmp_path: Path) -> None:
    for name in ("newel.toml", "newel.production.toml", "other.toml"):
        (tmp_path / name).write_text("")
    expected = [str(tmp_path / "newel.production.toml"), str(tmp_path / "newel.toml")]
    assert watched(tmp_path, None) == expected
    assert watched(tmp_path / "newel.toml", None) == expected
