"""`[use] database = "sql"`: the plugin in an application."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from newel import App, Router
from newel.errors import BootError, ProblemError
from newel.testing import Client
from newel_data import Database
from newel_data.port import Backend
from newel_sql import SqlBackend

MODELS = """
from newel_data import Field, Model, field

class Note(Model, public=("text",)):
    text: Field[str] = field(max_length=20, unique=True)
"""

router = Router()


@router.get("/")
def index(db: Database) -> list[str]:
    return [note.text for note in db.query(note_model(db)).order_by(note_model(db).text).all()]


@router.post("/notes")
def add(db: Database, text: str) -> str:
    db.add(note_model(db)(text=text))
    return "added"


def note_model(db: Database) -> Any:
    """Return the application's model, which each test writes anew."""
    return db._work.models.tables[0].model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.py").write_text(MODELS)
    settings = '[app]\nhosts = ["localhost"]\n[use]\ndatabase = "newel_sql:SqlPlugin"\n[data]\nmodels = ["notes"]\n'
    (tmp_path / "newel.toml").write_text(f'{settings}[sql]\nurl = "sqlite:///notes.db"\n')
    return tmp_path


def started(folder: Path, profile: str = "development") -> App:
    return App(folder, routes=[router], profile=profile)


def test_development_creates_the_tables_beside_the_configuration(folder: Path) -> None:
    app = started(folder)
    client = Client(app)
    assert client.post("/notes?text=hello").status_code == 200
    assert client.get("/").json == ["hello"]
    assert (folder / "notes.db").is_file()
    app.close()


def test_what_was_stored_is_there_for_the_next_start_also_in_production(folder: Path) -> None:
    app = started(folder)
    assert Client(app).post("/notes?text=hello").status_code == 200
    app.close()
    app = started(folder, "production")
    assert Client(app).get("/").json == ["hello"]
    app.close()


def test_production_starts_only_on_a_schema_that_is_there(folder: Path) -> None:
    with pytest.raises(ProblemError, match="newel db sync"):
        Client(started(folder, "production")).get("/")


def test_errors_have_their_status_and_the_unit_is_rolled_back(folder: Path) -> None:
    app = started(folder)
    client = Client(app)
    assert client.post("/notes?text=one").status_code == 200
    assert client.post("/notes?text=one").status_code == 409
    assert client.post("/notes?text=" + "x" * 21).status_code == 422
    assert client.get("/").json == ["one"]
    app.close()


def test_shutdown_closes_the_pool(folder: Path) -> None:
    app = started(folder)
    Client(app).get("/")
    with app.scope() as scope:
        backend = scope[Backend]  # type: ignore[type-abstract]
    assert isinstance(backend, SqlBackend)
    pool: Any = backend.connections.engine.pool
    assert pool.checkedin() > 0
    app.close()
    replaced: Any = backend.connections.engine.pool
    assert replaced.checkedin() == 0


def test_a_missing_driver_is_a_problem_of_boot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    monkeypatch.delitem(sys.modules, "newel_sql.dialects.mariadb", raising=False)
    config = (folder / "newel.toml").read_text().replace("sqlite:///notes.db", "mariadb://root@127.0.0.1/notes")
    (folder / "newel.toml").write_text(config)
    with pytest.raises(BootError, match=r"pip install 'newel\[mariadb\]'"):
        Client(started(folder)).get("/")
