"""`newel db sync` and `newel db verify` make what the models say, and tell where the database differs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import Result

from tests.core.command_line import newel, written

SETTINGS = """
    [app]
    hosts = ["localhost"]
    [use]
    database = "sql"
    [sql]
    url = "sqlite:///pets.db"
    [data]
    models = ["pets"]
"""
PETS = """
    from newel_data import Field, Model, field

    class Pet(Model):
        name: Field[str] = field(max_length=20, index=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An application in production, where no table is created by itself."""
    return written(tmp_path, newel=SETTINGS, pets=PETS)


def db(folder: Path, *arguments: str) -> Result:
    return newel("--app", folder, "--profile", "production", "db", *arguments)


def test_sync_creates_what_is_missing_once(folder: Path) -> None:
    first = db(folder, "sync")
    assert first.exit_code == 0
    assert "created table pet" in first.output
    assert db(folder, "sync").output == "everything is there\n"


def test_a_dry_run_creates_nothing(folder: Path) -> None:
    for _ in range(2):
        assert "would create table pet" in db(folder, "sync", "--dry-run").output


def test_verify_finds_nothing_after_sync(folder: Path) -> None:
    db(folder, "sync")
    result = db(folder, "verify")
    assert (result.exit_code, result.output) == (0, "the database is as the models say\n")


def test_verify_lists_what_is_missing(folder: Path) -> None:
    db(folder, "sync")
    with sqlite3.connect(folder / "pets.db") as connection:
        connection.execute("DROP INDEX pet_name_idx")
    connection.close()
    result = db(folder, "verify")
    assert result.exit_code == 1
    assert "missing index: pet: " in result.output
