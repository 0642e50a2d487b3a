from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.config import Configuration, read, unknown_sections, variable
from newel.errors import BootError, Place, Problem
from newel.secret import Secret
from tests.core import toml_writing


@dataclass
class Sql:
    url: str
    pool_size: int = 5
    echo: bool = False
    mode: Literal["fast", "safe"] = "safe"
    folder: Path = Path()
    password: Secret | None = None


class Inner(msgspec.Struct):
    a: int = 0


class Nested(msgspec.Struct):
    inner: Inner


def written(folder: Path, text: str, name: str = "newel.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def given_as(config: Any = None, **environ: str) -> Configuration:
    return read(config, environ=environ, place=Place("app.py", 3))


def problems_of(configuration: Configuration, cls: type[Any] | None = Sql, section: str = "sql") -> list[Problem]:
    problems: list[Problem] = []
    assert configuration.check(section, cls, problems) is None
    return problems


# --- layers -----------------------------------------------------------------------------------------------------------


def test_nothing_at_all_is_a_configuration() -> None:
    configuration = given_as()
    assert ((), None, "production") == (configuration.sections(), configuration.folder, configuration.profile)


def test_each_layer_lies_over_the_one_before(tmp_path: Path) -> None:
    written(tmp_path, '[sql]\nurl = "file"\n')
    configuration = given_as(tmp_path)
    assert "file" == configuration.section("sql")["url"].value
    written(tmp_path, '\n\n[sql]\nurl = "overlay"\n', "newel.production.toml")
    assert "overlay" == given_as(tmp_path).section("sql")["url"].value
    environ = {"NEWEL_SQL__URL": "variable"}
    assert "variable" == given_as(tmp_path, **environ).section("sql")["url"].value
    whole = read(tmp_path, environ=environ, arguments={"sql": {"url": "argument"}}, place=Place("app.py", 3))
    setting = whole.section("sql")["url"]
    assert "argument" == setting.value
    assert [
        Place("app.py", 3, text="[sql] url"),
        Place("environment", text="NEWEL_SQL__URL"),
        Place(str(tmp_path / "newel.production.toml"), 4, text="[sql] url"),
        Place(str(tmp_path / "newel.toml"), 2, text="[sql] url"),
    ] == [setting.place, *setting.overrides]


def test_the_place_of_arguments_is_the_callers_line() -> None:
    place = read(environ={}, arguments={"sql": {"url": "x"}}).section("sql")["url"].place
    assert __file__ == place.file
    assert "arguments=" in Path(__file__).read_text().splitlines()[place.line - 1]


def test_a_configuration_knows_its_folder_and_files(tmp_path: Path) -> None:
    file = written(tmp_path, "")
    overlay = written(tmp_path, "", "newel.production.toml")
    configuration = given_as(file)
    assert (tmp_path, (file, overlay)) == (configuration.folder, configuration.files)


def test_without_a_file_the_folder_is_the_one_that_is_given(tmp_path: Path) -> None:
    assert tmp_path == read({}, environ={}, folder=tmp_path).folder


def test_the_process_environment_is_read_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWEL_SQL__URL", "x")
    assert "x" == read().section("sql")["url"].value


def test_problems_of_all_files_are_reported_together(tmp_path: Path) -> None:
    written(tmp_path, "[app\n")
    written(tmp_path, "x =\n", "newel.production.toml")
    with pytest.raises(BootError) as caught:
        given_as(tmp_path)
    assert ["newel.toml", "newel.production.toml"] == [
        Path(problem.places[0].file).name for problem in caught.value.problems
    ]


@pytest.mark.parametrize("method", ["section", "sections"])
def test_a_configuration_cannot_be_changed(method: str) -> None:
    configuration = given_as({"sql": {"url": "x"}})
    with pytest.raises((AttributeError, TypeError)):
        configuration.section("sql")["url"] = None  # type: ignore[index]
    assert ("sql",) == configuration.sections()


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_the_profile_is_the_argument_else_the_variable_else_production(tmp_path: Path) -> None:
    environ = {"NEWEL_PROFILE": "development"}
    assert "production" == read(environ={}).profile
    assert "development" == read(environ=environ).profile
    assert "production" == read(environ=environ, profile="production").profile


def test_only_development_is_development(tmp_path: Path) -> None:
    written(tmp_path, "")
    written(tmp_path, "", "newel.staging.toml")
    profiles = ("development", "production", "staging")
    assert [True, False, False] == [read(tmp_path, environ={}, profile=name).development for name in profiles]


def test_a_profile_without_an_overlay_is_a_slip(tmp_path: Path) -> None:
    written(tmp_path, "")
    written(tmp_path, "", "newel.staging.toml")
    with pytest.raises(BootError, match="did you mean 'staging'") as caught:
        read(tmp_path, environ={"NEWEL_PROFILE": "stagign"})
    (problem,) = caught.value.problems
    assert {"development", "production", "staging"} == set(problem.allowed)
    assert (Place("environment", text="NEWEL_PROFILE"),) == problem.places


def test_a_profile_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    written(tmp_path, "", "stolen.toml")
    with pytest.raises(BootError, match="profile"):
        read(written(tmp_path / "inner", ""), environ={}, profile="x/../../stolen")


# --- checking ---------------------------------------------------------------------------------------------------------


def test_a_section_becomes_an_instance_of_its_class(tmp_path: Path) -> None:
    written(tmp_path, '[sql]\nurl = "x"\nfolder = "data"\npassword = "tiger"\n')
    problems: list[Problem] = []
    made = given_as(tmp_path, NEWEL_SQL__POOL_SIZE="9", NEWEL_SQL__ECHO="true").check("sql", Sql, problems)
    assert (Sql("x", 9, True, "safe", tmp_path / "data", Secret("tiger")), []) == (made, problems)


def test_a_section_that_no_layer_has_is_all_defaults() -> None:
    assert Inner() == given_as().check("inner", Inner, [])


def test_all_mistakes_of_a_section_are_told_at_once() -> None:
    configuration = given_as({"sql": {"pool_size": "many", "eco": True, "mode": "sfae"}})
    assert ["eco", "url", "pool_size", "mode"] == [
        next(key for key in ("eco", "url", "pool_size", "mode") if key in problem.what)
        for problem in problems_of(configuration)
    ]


def test_an_unknown_key_has_its_place_and_the_nearest_valid_one(tmp_path: Path) -> None:
    file = written(tmp_path, '[sql]\nurl = "x"\npasword = "tiger"\n')
    (problem,) = problems_of(given_as(file))
    assert ("pasword", (Place(str(file), 3, text="[sql] pasword"),)) == (problem.found, problem.places)
    assert "did you mean 'password'?" in str(problem)
    assert "tiger" not in str(problem)


def test_an_unknown_key_of_the_environment_names_the_variable() -> None:
    (problem,) = problems_of(given_as({"sql": {"url": "x"}}, NEWEL_SQL__POOLSIZE="9"))
    assert "the environment variable NEWEL_SQL__POOLSIZE is set, and [sql] has no key 'poolsize'." == problem.what
    assert "did you mean 'pool_size'?" in str(problem)


def test_a_variable_deeper_than_a_key_is_told_to_be_a_literal() -> None:
    (problem,) = problems_of(given_as({"nested": {"inner": {}}}, NEWEL_NESTED__INNER__A="1"), Nested, "nested")
    assert "as a TOML literal" in problem.remedy
    problems: list[Problem] = []
    assert Nested(Inner(1)) == given_as(NEWEL_NESTED__INNER="{a = 1}").check("nested", Nested, problems)


def test_a_value_of_another_type_has_its_place() -> None:
    (problem,) = problems_of(given_as({"sql": {"url": 5}}))
    assert "[sql] url cannot be read: expected a text, got a whole number, found 5." == problem.what
    assert "write a text." == problem.remedy
    assert (Place("app.py", 3, text="[sql] url"),) == problem.places


def test_a_bad_value_of_the_environment_names_the_variable() -> None:
    (problem,) = problems_of(given_as({"sql": {"url": "x"}}, NEWEL_SQL__ECHO="yes"))
    assert problem.what.startswith("the environment variable NEWEL_SQL__ECHO cannot be read: expected true or false")
    assert "true or false" in problem.remedy


def test_a_value_of_few_choices_has_the_nearest_one() -> None:
    (problem,) = problems_of(given_as({"sql": {"url": "x", "mode": "sfae"}}))
    assert "did you mean 'safe'?" in str(problem)


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    (problem,) = problems_of(given_as({"sql": {"url": "x", "password": 987654}}))
    assert "987654" not in str(problem)


def test_a_missing_key_is_told_with_both_ways_to_set_it(tmp_path: Path) -> None:
    file = written(tmp_path, "\n[sql]\necho = true\n")
    (problem,) = problems_of(given_as(file))
    assert "[sql] url is required, and is not set." == problem.what
    assert (Place(str(file), 2, text="[sql]"),) == problem.places
    assert "NEWEL_SQL__URL" in problem.remedy


def test_a_missing_key_of_a_section_nobody_wrote_points_to_the_class() -> None:
    (problem,) = problems_of(given_as())
    assert __file__ == problem.places[0].file


def test_keys_inside_a_value_are_checked_too() -> None:
    (problem,) = problems_of(given_as({"nested": {"inner": {"b": 1}}}), Nested, "nested")
    assert ("b", ("a",)) == (problem.found, problem.allowed)


def test_no_class_has_no_keys() -> None:
    (problem,) = problems_of(given_as({"sql": {"url": "x"}}), None)
    assert "[sql] url is set, and [sql] has no such key." == problem.what
    assert [] == problems_of(given_as(), None)


def test_a_class_that_refuses_its_values_is_a_problem() -> None:
    @dataclass
    class Range:
        low: int
        high: int

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low is more than high")

    (problem,) = problems_of(given_as({"range": {"low": 2, "high": 1}}), Range, "range")
    assert "[range] was refused by Range: low is more than high" == problem.what
    assert ["app.py", __file__] == [place.file for place in problem.places]


def test_a_class_whose_annotations_name_nothing_is_a_problem() -> None:
    @dataclass
    class Broken:
        url: Missing  # type: ignore[name-defined]  # noqa: F821  -- the mistake under test

    (problem,) = problems_of(given_as({"broken": {"url": "x"}}), Broken, "broken")
    assert "'Missing' is not defined" in problem.what
    assert "TYPE_CHECKING" in problem.remedy


def test_variables_reach_keys_and_sections_that_they_cannot_spell() -> None:
    class Limits(msgspec.Struct, rename="camel"):
        per_minute: int = 1

    assert Limits(5) == given_as(NEWEL_RATE_LIMITS__PERMINUTE="5").check("rate-limits", Limits, [])
    assert Limits(5) == given_as({"rate-limits": {}}, NEWEL_RATE_LIMITS__PERMINUTE="5").check("rate-limits", Limits, [])
    assert "NEWEL_RATE_LIMITS__PERMINUTE" == variable("rate-limits", "perMinute")


def test_one_value_can_be_asked_for_by_itself() -> None:
    configuration = given_as({"use": {"database": "sql"}}, NEWEL_X__N="zero")
    problems: list[Problem] = []
    assert "sql" == configuration.value("use", "database", str, problems)
    assert msgspec.UNSET is configuration.value("use", "templates", str, problems)
    assert [] == problems
    assert msgspec.UNSET is configuration.value("x", "n", int, problems)
    assert 1 == len(problems)


# --- sections that nobody has -----------------------------------------------------------------------------------------


def test_a_section_of_what_is_installed_is_left_alone() -> None:
    assert [] == unknown_sections(given_as({"sql": {"any": "thing"}, "app": {}}), ["app", "sql", "mongo"])


def test_any_other_section_is_a_problem_with_the_nearest_name(tmp_path: Path) -> None:
    file = written(tmp_path, "[app]\n\n[mogno]\nurl = 1\n")
    (problem,) = unknown_sections(given_as(file), ["app", "mongo"])
    assert (Place(str(file), 3, text="[mogno]"),) == problem.places
    assert "did you mean 'mongo'?" in str(problem)


def test_a_variable_of_a_section_that_nobody_has_is_named() -> None:
    (problem,) = unknown_sections(given_as(NEWEL_SLQ__URL="x"), ["app", "sql"])
    assert "the environment sets NEWEL_SLQ__URL, and nothing that is installed has a section 'slq'." == problem.what
    assert "did you mean 'sql'?" in str(problem)


def test_a_variable_of_a_section_with_a_hyphen_is_known() -> None:
    assert [] == unknown_sections(given_as(NEWEL_RATE_LIMITS__X="1"), ["rate-limits"])


def test_a_key_outside_any_section_is_a_problem() -> None:
    (problem,) = unknown_sections(given_as({"routes": ["a"], "app": {}}), ["app"])
    assert "the configuration says 'routes' outside any section." == problem.what
    assert (Place("app.py", 3, text="routes = ..."),) == problem.places


# --- the whole way ----------------------------------------------------------------------------------------------------

LAYERS = ("file", "overlay", "environment", "arguments")

Tables = dict[str, dict[str, Any]]


def class_of(table: Mapping[str, Any]) -> type[Any]:
    return msgspec.defstruct("Section", [(key, Any if isinstance(v, dict) else type(v)) for key, v in table.items()])


def read_from(layers: Mapping[str, Tables], folder: Path) -> Configuration:
    written(folder, toml_writing.document(layers["file"]))
    written(folder, toml_writing.document(layers["overlay"]), "newel.production.toml")
    environ = {
        variable(section, key): value if isinstance(value, str) else toml_writing.literal(value)
        for section, table in layers["environment"].items()
        for key, value in table.items()
    }
    return read(folder, environ=environ, arguments=layers["arguments"], place=Place("app.py", 3))


def origin(place: Place) -> str:
    files = {"newel.toml": "file", "newel.production.toml": "overlay", "app.py": "arguments"}
    return files.get(Path(place.file).name, place.file)


@given(st.fixed_dictionaries(dict.fromkeys(LAYERS, toml_writing.tables)))
def test_whatever_is_written_reads_back_the_same_with_the_right_origin(layers: dict[str, Tables]) -> None:
    expected: dict[str, dict[str, list[tuple[str, Any]]]] = {}
    for name in LAYERS:
        for section, table in layers[name].items():
            for key, value in table.items():
                expected.setdefault(section, {}).setdefault(key, []).insert(0, (name, value))
    with tempfile.TemporaryDirectory() as folder:
        configuration = read_from(layers, Path(folder))
    for section, table in expected.items():
        latest = {key: origins[0][1] for key, origins in table.items()}
        problems: list[Problem] = []
        made = configuration.check(section, class_of(latest), problems)
        assert ([], latest) == (problems, {key: getattr(made, key) for key in latest})
        for key, origins in table.items():
            setting = configuration.section(section)[key]
            assert [name for name, _ in origins] == [origin(place) for place in (setting.place, *setting.overrides)]
            assert all(place.text in {f"[{section}] {key}", variable(section, key)} for place in setting.overrides)
