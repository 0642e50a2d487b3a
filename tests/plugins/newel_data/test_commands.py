from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from newel import App
from newel_data.commands import db


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "pets.py").write_text(
        "from newel_data import Field, Model, field\n\n"
        "class Pet(Model):\n    name: Field[str] = field(max_length=20, index=True)\n",
        encoding="utf-8",
    )
    sections = {
        "use": {"database": "sql"},
        "sql": {"url": f"sqlite:///{tmp_path / 'pets.db'}"},
        "data": {"models": ["pets"]},
        "app": {"hosts": ["localhost"]},
    }
    return App(sections)


def test_sync_creates_what_is_missing_once(app: App) -> None:
    first = CliRunner().invoke(db, ["sync"], obj=app)
    assert first.exit_code == 0
    assert "created table pet" in first.output
    assert CliRunner().invoke(db, ["sync"], obj=app).output == "everything is there\n"
    app.close()


def test_a_dry_run_creates_nothing(app: App) -> None:
    for _ in range(2):
        result = CliRunner().invoke(db, ["sync", "--dry-run"], obj=app)
        assert "would create table pet" in result.output
    app.close()


def test_verify_finds_nothing_after_sync(app: App) -> None:
    CliRunner().invoke(db, ["sync"], obj=app)
    result = CliRunner().invoke(db, ["verify"], obj=app)
    assert (result.exit_code, result.output) == (0, "the database is as the models say\n")
    app.close()


def test_verify_lists_what_is_missing(app: App, tmp_path: Path) -> None:
    CliRunner().invoke(db, ["sync"], obj=app)
    with sqlite3.connect(tmp_path / "pets.db") as connection:
        connection.execute("DROP INDEX pet_name_idx")
    connection.close()
    result = CliRunner().invoke(db, ["verify"], obj=app)
    assert result.exit_code == 1
    assert "missing index: pet: " in result.output
    app.close()
