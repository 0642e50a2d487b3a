"""An application whose start fails, under a server: it refuses to run where it is told to start, else it waits."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.meta.pages import blocks
from tests.meta.project import ROOT
from tests.services import LOOPBACK, PATIENCE, serving

pytestmark = pytest.mark.server

PAGE = (ROOT / "docs" / "how-to" / "databases.md").read_text(encoding="utf-8")
MADE = "from newel import App\napp = App('.', profile='production')\n"
STARTED = f"{MADE}app.start()\n"


def gunicorn(port: int) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--bind", f"{LOOPBACK}:{port}", "wsgi:app"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application in production, on a database without tables."""
    for block in blocks(PAGE):
        if block.file:
            (tmp_path / block.file).write_text(block.code, encoding="utf-8")
    monkeypatch.setenv("NEWEL_APP__HOSTS", f'["{LOOPBACK}"]')
    return tmp_path


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_worker_refuses_to_run_where_the_module_starts_the_application(folder: Path, port: int) -> None:
    (folder / "wsgi.py").write_text(STARTED, encoding="utf-8")
    done = subprocess.run(gunicorn(port), cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 3
    assert "SQLite lacks what the models need: table notice" in done.stderr
    assert "run `newel db sync`" in done.stderr


def test_without_that_it_answers_500_until_it_can_start(folder: Path, port: int) -> None:
    (folder / "wsgi.py").write_text(MADE, encoding="utf-8")
    with serving(gunicorn(port), port, folder=folder) as url:
        assert status(url) == 500
        subprocess.run([sys.executable, "-m", "newel", "db", "sync"], cwd=folder, check=True, capture_output=True)
        assert status(url) == 200
    assert "lacks what the models need" in (folder / "server.log").read_text(encoding="utf-8")
