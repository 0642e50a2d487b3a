from __future__ import annotations

from pathlib import Path

import pytest

from newel.paths import absolute, as_path, below, folder_of, is_folder


@pytest.mark.parametrize("path", ["board.toml", "./board", "../board", Path("board")])
def test_a_path_is_made_absolute_as_pathlib_does_it(path: str | Path) -> None:
    assert Path(path).absolute() == as_path(absolute(path))


def test_an_absolute_path_is_told_where_no_folder_is_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "/srv/board" == absolute("/srv/board")


@pytest.mark.parametrize("path", ["templates", "/srv/templates", Path("a/../b")])
def test_what_is_below_a_folder_is_relative_to_it(path: str | Path) -> None:
    assert str(Path("/srv/board", path)) == below("/srv/board", path)


def test_a_file_stands_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert str(tmp_path) == folder_of(str(tmp_path / "a.txt"))
    assert [True, False, False] == [is_folder(str(path)) for path in (tmp_path, tmp_path / "a.txt", tmp_path / "b")]
