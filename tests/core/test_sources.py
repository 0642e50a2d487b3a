from __future__ import annotations

import os
from pathlib import Path

import pytest

from newel.errors import BootError, Place, Problem
from newel.sources import Layer, Setting, locate, merged, of_environment, of_file, of_mapping, overlays, respelled

HERE = Place("app.py", 3)


def problem(error: pytest.ExceptionInfo[BootError]) -> Problem:
    (only,) = error.value.problems
    return only


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_folder_means_its_newel_toml(tmp_path: Path) -> None:
    (tmp_path / "newel.toml").touch()
    assert tmp_path / "newel.toml" == locate(tmp_path, HERE) == locate(str(tmp_path / "newel.toml"), HERE)


def test_a_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "board.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "board.toml" == locate("board.toml", HERE)


def test_a_link_to_a_file_stays_beside_its_overlays(tmp_path: Path) -> None:
    (tmp_path / "real.toml").touch()
    (tmp_path / "newel.toml").symlink_to(tmp_path / "real.toml")
    assert tmp_path / "newel.toml" == locate(tmp_path, HERE)


def test_a_missing_file_names_what_stands_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "newel.toml").touch()
    with pytest.raises(BootError) as caught:
        locate(tmp_path / "nevel.toml", HERE)
    assert ("nevel.toml", ("newel.toml",), (HERE,)) == (
        problem(caught).found,
        problem(caught).allowed,
        problem(caught).places,
    )
    assert "did you mean 'newel.toml'?" in str(caught.value)


def test_a_folder_without_a_file_and_no_folder_at_all_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BootError, match=r"there is no file 'newel\.toml' in"):
        locate(tmp_path, HERE)
    with pytest.raises(BootError, match="there is no folder"):
        locate(tmp_path / "nowhere" / "newel.toml", HERE)


def test_overlays_are_found_by_profile(tmp_path: Path) -> None:
    for name in ("newel.toml", "newel.production.toml", "newel.staging.toml", "newel.a.b.toml", "other.staging.toml"):
        (tmp_path / name).touch()
    found = overlays(tmp_path / "newel.toml")
    assert {profile: tmp_path / f"newel.{profile}.toml" for profile in ("production", "staging")} == found
    assert {"staging": tmp_path / "other.staging.toml"} == overlays(tmp_path / "other.toml")


def test_every_key_of_a_file_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "newel.toml"
    file.write_text('[app]\n\nhosts = ["a"]\n[security.csp]\nscript-src = "x"\n')
    layer = of_file(file)
    assert Setting(["a"], Place(str(file), 3, text="[app] hosts")) == layer.sections["app"]["hosts"]
    assert Setting({"script-src": "x"}, Place(str(file), 4, text="[security] csp")) == layer.sections["security"]["csp"]
    assert Place(str(file), 1, text="[app]") == layer.headers["app"]


def test_a_key_outside_any_section_is_kept_apart_and_its_value_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "newel.toml"
    file.write_text('secret = "hunter2"\n[app]\n')
    layer = of_file(file)
    assert {"secret": Place(str(file), 1, text="secret = ...")} == layer.loose
    assert ["app"] == list(layer.sections)


def test_a_malformed_file_is_a_problem_at_its_line_that_shows_no_value(tmp_path: Path) -> None:
    file = tmp_path / "newel.toml"
    file.write_text("[app]\nsecret = hunter2\n")
    with pytest.raises(BootError, match=r"newel\.toml was to be read as TOML, and is not: invalid value") as caught:
        of_file(file)
    assert (Place(str(file), 2, text="secret = ..."),) == problem(caught).places
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_utf8_is_a_problem_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "newel.toml"
    file.write_bytes(b"[app]\nname = '\xe4'\n")
    with pytest.raises(BootError, match="byte 0xe4 is not UTF-8") as caught:
        of_file(file)
    assert 2 == problem(caught).places[0].line


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(BootError, match="could not be read: Is a directory"):  # nobody reads a folder, not even root
        of_file(tmp_path)


# --- mappings ---------------------------------------------------------------------------------------------------------


def test_a_mapping_is_all_at_the_callers_line() -> None:
    layer = of_mapping({"app": {"hosts": ["a"]}, "odd": 1}, HERE)
    assert Setting(["a"], Place("app.py", 3, text="[app] hosts")) == layer.sections["app"]["hosts"]
    assert {"odd": Place("app.py", 3, text="odd = ...")} == layer.loose


def test_a_place_with_a_text_of_its_own_keeps_it() -> None:
    place = Place("command line", text="--use database=mongo")
    assert place == of_mapping({"use": {"database": "mongo"}}, place).sections["use"]["database"].place


# --- the environment --------------------------------------------------------------------------------------------------


def test_a_variable_sets_a_key_of_a_section_and_is_its_place() -> None:
    layer = of_environment({"NEWEL_SQL__URL": "sqlite://"}, [])
    setting = layer.sections["sql"]["url"]
    assert Setting("sqlite://", Place("environment", text="NEWEL_SQL__URL"), is_text=True) == setting
    assert "NEWEL_SQL__URL" == setting.variable


def test_other_variables_are_left_alone() -> None:
    assert {} == of_environment({"NEWEL_PROFILE": "x", "NEWEL_SQL_URL": "x", "SQL__URL": "x", "PATH": "x"}, []).sections


def test_a_variable_takes_the_spelling_of_the_layers_below() -> None:
    below = of_mapping({"rate-limits": {"perMinute": 1}}, HERE)
    layer = of_environment({"NEWEL_RATE_LIMITS__PERMINUTE": "2", "NEWEL_RATE_LIMITS__OTHER": "3"}, [below])
    assert {"rate-limits": {"perMinute", "other"}} == {name: set(table) for name, table in layer.sections.items()}


def test_variables_are_read_in_the_order_of_their_names() -> None:
    forwards = {"NEWEL_B__X": "1", "NEWEL_A__X": "2"}
    backwards = dict(reversed(forwards.items()))
    assert ["a", "b"] == list(of_environment(forwards, []).sections) == list(of_environment(backwards, []).sections)


def test_a_name_that_nobody_has_is_in_small_letters() -> None:
    assert ("max-age", "maxage") == (respelled("MAX_AGE", ["max-age"]), respelled("MAXAGE", ["max-age"]))


# --- layers over each other -------------------------------------------------------------------------------------------


def layer(number: int, value: object) -> Layer:
    return of_mapping({"app": {"hosts": value}}, Place("app.py", number))


def test_a_later_value_takes_the_place_of_earlier_ones_and_remembers_them() -> None:
    whole = merged([layer(1, ["a"]), layer(2, ["b"]), layer(3, ["c"])]).sections["app"]["hosts"]
    assert ["c"] == whole.value
    assert [3, 2, 1] == [place.line for place in (whole.place, *whole.overrides)]


def test_inner_tables_are_not_mixed() -> None:
    whole = merged([layer(1, {"a": 1}), layer(2, {"b": 2})])
    assert {"b": 2} == whole.sections["app"]["hosts"].value


def test_a_section_begins_where_it_was_first_seen() -> None:
    assert 1 == merged([layer(1, 1), layer(2, 2)]).headers["app"].line


def test_relative_paths_to_configuration_may_be_path_likes(tmp_path: Path) -> None:
    class Like(os.PathLike[str]):
        def __fspath__(self) -> str:
            return str(tmp_path)

    (tmp_path / "newel.toml").touch()
    assert tmp_path / "newel.toml" == locate(Like(), HERE)
