from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from newel.errors import BootError
from newel.kept import kept_secret
from newel.settings import weakness


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    made = kept_secret(tmp_path)
    assert made == kept_secret(tmp_path)
    assert f"{made.reveal()}\n" == (tmp_path / ".newel" / "secret").read_text()


def test_it_would_do_for_production() -> None:
    assert weakness(kept_secret(None)) is None


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    kept_secret(tmp_path)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / ".newel", tmp_path / ".newel" / "secret")]
    assert [0o700, 0o600] == modes


def test_git_ignores_it(tmp_path: Path) -> None:
    kept_secret(tmp_path)
    assert "*\n" == (tmp_path / ".newel" / ".gitignore").read_text()


def test_nothing_else_is_left_behind(tmp_path: Path) -> None:
    kept_secret(tmp_path)
    assert [".gitignore", "secret"] == sorted(path.name for path in (tmp_path / ".newel").iterdir())


def test_two_applications_have_different_ones(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert kept_secret(tmp_path / "one") != kept_secret(tmp_path / "two")


def test_without_a_folder_it_ends_with_the_process() -> None:
    assert kept_secret(None) != kept_secret(None)


def test_many_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert 1 == len(set(pool.map(kept_secret, [tmp_path] * 16)))


def test_without_links_it_is_kept_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert kept_secret(tmp_path) == kept_secret(tmp_path)


@pytest.mark.parametrize("text", ["", "short\n", "\xff" * 40])
def test_a_file_that_holds_no_secret_is_a_problem_that_does_not_show_it(text: str, tmp_path: Path) -> None:
    (tmp_path / ".newel").mkdir()
    (tmp_path / ".newel" / "secret").write_bytes(text.encode("latin-1"))
    with pytest.raises(BootError, match="could not keep one") as caught:
        kept_secret(tmp_path)
    assert "short" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".newel").write_text("a file stands in the way")
    with pytest.raises(BootError, match="make the folder writable"):
        kept_secret(tmp_path)
