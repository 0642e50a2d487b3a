"""The `[sql]` section."""

from __future__ import annotations

from pathlib import Path

import pytest

from newel import config
from newel.errors import BootError, Problem
from newel_sql import DatabaseUrl, SqlConfig


def read(**section: object) -> tuple[SqlConfig | None, list[Problem]]:
    problems: list[Problem] = []
    return config.read({"sql": section}, environ={}).check("sql", SqlConfig, problems), problems


def test_a_url_is_all_it_needs() -> None:
    found, problems = read(url="sqlite:///board.db")
    assert problems == []
    assert found is not None
    assert (found.url.server, found.timeout) == ("sqlite", 5.0)


@pytest.mark.parametrize(
    "url, named",
    [
        ("oracle://host/name", "oracle"),
        ("mysql://host/name", "mariadb"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite"),
        ("no url", "sqlite:///file.db"),
        ("postgresql://host:port/name", "sqlite:///file.db"),
        ("postgresql://host", "names no database"),
        ("mariadb://host/", "names no database"),
    ],
)
def test_a_server_that_is_not_spoken_to_is_a_problem_with_an_example(url: str, named: str) -> None:
    found, problems = read(url=url)
    assert found is None
    assert len(problems) == 1
    assert named in str(problems[0])


def test_what_to_write_is_told_where_there_is_none() -> None:
    _, (problem,) = read()
    assert problem.remedy.startswith('write `url = ...` under [sql]: the URL of a database, "sqlite:///file.db", ')


def test_sizes_and_times_are_checked() -> None:
    _, problems = read(url="sqlite://", pool_size=0, timeout=-1, poll_size=2)
    assert len(problems) == 3


def test_the_driver_is_chosen_here() -> None:
    names = ("postgresql://u@h/d", "postgresql+psycopg://u@h/d", "mariadb://u@h/d")
    assert [DatabaseUrl.from_setting(name).url.drivername for name in names] == [
        "postgresql+psycopg",
        "postgresql+psycopg",
        "mariadb+pymysql",
    ]


def test_a_password_is_never_shown() -> None:
    url = DatabaseUrl.from_setting("postgresql://ada:hunter2@host/board")
    assert url.url.password == "hunter2"
    assert "hunter2" not in f"{url} {url!r} {SqlConfig(url=url)!r}"


def test_a_file_is_relative_to_the_folder_of_the_configuration(tmp_path: Path) -> None:
    below = DatabaseUrl.from_setting("sqlite:///data/board.db").below(tmp_path)
    assert below.url.database == str(tmp_path / "data/board.db")
    absolute = DatabaseUrl.from_setting("sqlite:////srv/board.db")
    assert absolute.below(tmp_path).url.database == "/srv/board.db"
    scratch = DatabaseUrl.from_setting("sqlite://")
    assert scratch.below(tmp_path) is scratch


def test_the_url_must_be_given() -> None:
    _, problems = read()
    assert "url" in str(BootError(problems))
