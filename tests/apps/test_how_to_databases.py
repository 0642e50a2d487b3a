"""What the page on databases tells people to run on a server: its SQL, and the commands of Newel after it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from newel_sql import DatabaseUrl
from tests.meta.pages import Block, blocks
from tests.meta.project import ROOT

pytestmark = pytest.mark.server

BLOCKS = list(blocks((ROOT / "docs" / "how-to" / "databases.md").read_text(encoding="utf-8")))
ADD = "db = scope[Database]; db.add(Notice(title='One')); print(db.query(Notice).count())"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The application of the page."""
    for block in BLOCKS:
        if block.file:
            (tmp_path / block.file).write_text(block.code, encoding="utf-8")
    return tmp_path


def newel(folder: Path, url: str, *arguments: str, **settings: str) -> str:
    """Run a command in the application's folder; it must end well."""
    environment = {**os.environ, "NEWEL_SQL__URL": url, **settings}
    command = [sys.executable, "-m", "newel", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sql_of(server: str) -> list[Block]:
    """The two blocks of SQL for a server: what makes its database, and what makes the user of rows."""
    return [block for block in BLOCKS if block.language == "sql" and block.code.startswith(f"-- on {server}")]


def run_sql(url: str, block: Block, names: Mapping[str, str]) -> None:
    """Run a block as the server's administrator."""
    text = "\n".join(line for line in block.code.splitlines() if not line.startswith("--"))
    for old, new in names.items():
        text = text.replace(old, new)
    engine = create_engine(DatabaseUrl.from_setting(url).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in filter(str.strip, text.split(";")):
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.parametrize("server, fixture", [("PostgreSQL", "postgresql"), ("MariaDB", "mariadb")])
def test_a_database_is_made_and_used_as_the_page_says(
    server: str, fixture: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    administrator = request.getfixturevalue(fixture)
    scheme, _, place = administrator.partition("://")
    where, name = place.rpartition("@")[2], f"board_{uuid4().hex[:8]}"
    made, rows = sql_of(server)

    run_sql(f"{administrator}/{'postgres' if server == 'PostgreSQL' else 'mysql'}", made, {"board": name})
    owner = f"{scheme}://{name}:choose-one@{where}/{name}"
    assert newel(folder, owner, "db", "sync") == "created table notice\n"

    run_sql(f"{administrator}/{name}", rows, {"board": name})
    serving = f"{scheme}://{name}_rows:choose-another@{where}/{name}"
    production = {"NEWEL_PROFILE": "production", "NEWEL_APP__HOSTS": '["localhost"]'}
    assert newel(folder, serving, "check", "--connect", **production).startswith("all is well")
    assert newel(folder, serving, "shell", "-c", ADD, **production) == "1\n"
