from __future__ import annotations

import os
from pathlib import Path

import pytest

from newel.errors import BootError, Place, Problem
from newel.sources import Setting
from newel.tomlfiles import locate, of_file, overlays

HERE = Place("app.py", 3)


def problem(error: pytest.ExceptionInfo[BootError]) -> Problem:
    (only,) = error.value.problems
    return only


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


def test_relative_paths_to_configuration_may_be_path_likes(tmp_path: Path) -> None:
    class Like(os.PathLike[str]):
        def __fspath__(self) -> str:
            return str(tmp_path)

    (tmp_path / "newel.toml").touch()
    assert tmp_path / "newel.toml" == locate(Like(), HERE)
