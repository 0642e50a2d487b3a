"""The application that `newel new` writes: it boots, it answers, its own tests pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from newel import App
from newel.testing import Client

NEWEL = [sys.executable, "-m", "newel"]


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new")
    subprocess.run([*NEWEL, "new", "board"], cwd=folder, check=True, capture_output=True)
    return folder / "board"


def test_its_own_tests_pass(board: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run(command, cwd=board, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_check_finds_nothing(board: Path) -> None:
    done = subprocess.run([*NEWEL, "check", "--connect"], cwd=board, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "all is well: 4 routes, 8 plugins, 2 templates, in the development profile\n"


def test_it_answers_with_its_page_from_the_database_of_its_configuration(board: Path) -> None:
    app = App(board, profile="development")
    client = Client(app)
    assert client.post("/", data={"text": "Milk & bread"}, follow_redirects=True).status_code == 200
    text = client.get("/").text
    app.close()
    assert "Milk &amp; bread" in text
    assert 'href="/static/style.css?v=' in text
    assert (board / "board.db").is_file()
