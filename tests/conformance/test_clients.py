"""`newel db shell` opens the database's own client, where the application's data is, and shows nobody a password."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import create_engine

from newel import App
from newel_data import Models
from newel_data.clients import client_of
from newel_data.port import Client
from newel_sql import DatabaseUrl
from tests.core.command_line import newel
from tests.databases import backend_at, mariadb, new_database, postgresql

MODELS = """from newel_data import Field, Model, field

class Pet(Model):
    name: Field[str] = field(max_length=20)
"""
SECRET = "p'a ss:w@rd$"


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pager, and no configuration of whoever runs the tests."""
    monkeypatch.setenv("PAGER", "cat")
    monkeypatch.setenv("PSQLRC", os.devnull)
    monkeypatch.setenv("HOME", "/nonexistent")


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes an application on a database, with one row."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(slot: str, url: str) -> Path:
        (tmp_path / "shelled_models.py").write_text(MODELS)
        section = f'[{slot}]\nurl = "{url}"\n' if url else ""
        (tmp_path / "newel.toml").write_text(
            f'[use]\ndatabase = "{slot}"\n{section}[data]\nmodels = ["shelled_models"]\n'
        )
        return tmp_path

    return made


def started(folder: Path) -> None:
    """Create the tables."""
    app = App(folder, profile="development")
    app.start()
    app.close()


def shell(folder: Path, *arguments: str) -> Result:
    return newel("--app", folder, "db", "shell", "--", *arguments)


@contextmanager
def user_with_password(server: str) -> Iterator[str]:
    """Give the URL of a new database of a user whose password is looked at."""
    url = DatabaseUrl.from_setting(new_database(server)).url
    engine = create_engine(url)
    with engine.begin() as connection:
        quoted = SECRET.replace("'", "''")
        connection.exec_driver_sql(f"CREATE OR REPLACE USER shell@localhost IDENTIFIED BY '{quoted}'")
        connection.exec_driver_sql("GRANT ALL ON *.* TO shell@localhost")
    engine.dispose()
    yield url.set(drivername="mariadb", username="shell", password=SECRET).render_as_string(hide_password=False)


# --- real clients -----------------------------------------------------------------------------------------------------


def test_sqlite3_opens_the_file_and_keeps_references(application: Any, capfd: pytest.CaptureFixture[str]) -> None:
    folder = application("sql", "sqlite:///pets.db")
    started(folder)
    assert shell(folder, "SELECT count(*) FROM pet; PRAGMA foreign_keys").exit_code == 0
    assert capfd.readouterr().out == "0\n1\n"


def test_psql_opens_the_database_of_the_url(application: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with postgresql() as server:
        url = new_database(server).replace("newel@", "newel:secret@")
        folder = application("sql", f"{url}?application_name=shell")
        started(folder)
        asked = "SELECT count(*), current_setting('application_name') FROM pet"
        assert shell(folder, "-At", "-c", asked).exit_code == 0
        assert capfd.readouterr().out == "0|shell\n"
        assert shell(folder, "-c", "SELECT nothing").exit_code == 1


def test_mariadb_logs_in_with_the_password_of_the_url(application: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with mariadb() as server, user_with_password(server) as url:
        folder = application("sql", url)
        started(folder)
        asked = "SELECT count(*), left(current_user(), 5) FROM pet"
        assert shell(folder, "--skip-column-names", "-e", asked).exit_code == 0
        assert capfd.readouterr().out == "0\tshell\n"


# --- passwords --------------------------------------------------------------------------------------------------------


def client_at(url: str) -> Client:
    return client_of(backend_at(url, Models(())))


@pytest.mark.parametrize("url, variable", [
    ("postgresql://ada:secret@db.example.org:5433/board?sslmode=require", "PGPASSWORD"),
    ("mariadb://ada:secret@db.example.org:5433/board", "MYSQL_PWD"),
])  # fmt: skip
def test_a_password_is_in_the_environment_and_not_among_the_arguments(url: str, variable: str) -> None:
    client = client_at(url)
    assert client.environment == {variable: "secret"}
    told = " ".join(client.arguments)
    assert "secret" not in told + repr(client)
    for part in ("ada", "db.example.org", "5433", "board"):
        assert part in told


def test_psql_gets_the_options_of_the_url() -> None:
    client = client_at("postgresql://ada:secret@db/board?sslmode=require")
    assert client.arguments == ("postgresql://ada@db/board?sslmode=require",)


def test_mariadb_takes_a_socket_where_the_url_names_one() -> None:
    client = client_at("mariadb://ada@localhost/board?unix_socket=/run/mysqld.sock")
    assert client.arguments == (
        "--user=ada",
        "--socket=/run/mysqld.sock",
        "--default-character-set=utf8mb4",
        "--database=board",
    )


def test_mongosh_reads_a_url_with_a_password_from_its_environment() -> None:
    for url, told in (
        ("mongodb://db/board?replicaSet=rs0", ("mongodb://db/board?replicaSet=rs0",)),
        (
            "mongodb://ada:secret@db/board",
            ("--nodb", "--shell", "--eval", "db = connect(process.env.NEWEL_SHELL_URL)"),
        ),
    ):
        client = client_at(url)
        assert client.programs == ("mongosh",)
        assert client.arguments == told
        assert client.environment == ({"NEWEL_SHELL_URL": url} if "secret" in url else {})


# --- where there is none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slot, url, program, install", [
    ("sql", "sqlite:///pets.db", "sqlite3", "apt-get install sqlite3"),
    ("sql", "postgresql://db/board", "psql", "apt-get install postgresql-client"),
    ("sql", "mariadb://db/board", "mariadb or mysql", "apt-get install mariadb-client"),
    ("mongo", "mongodb://db/board", "mongosh", "https://www.mongodb.com/docs/mongodb-shell/install/"),
])  # fmt: skip
def test_a_client_that_is_not_installed_is_told_with_how_to_install_it(
    application: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, slot: str, url: str, program: str, install: str
) -> None:
    folder = application(slot, url)
    (folder / "pets.db").touch()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    result = shell(folder)
    assert result.exit_code == 1
    assert f"there is no {program} on PATH" in result.output
    assert install in result.output


@pytest.mark.parametrize("slot, url, told", [
    ("memory", "", "memory has no client program of its own"),
    ("sql", "sqlite://", "nobody keeps"),
    ("sql", "sqlite:///absent.db", "absent.db, which is not there"),
])  # fmt: skip
def test_a_database_that_a_client_cannot_open_is_told(application: Any, slot: str, url: str, told: str) -> None:
    result = shell(application(slot, url))
    assert result.exit_code == 1
    assert told in result.output
