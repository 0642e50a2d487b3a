"""README's commands do what it says, and every link of the documentation leads somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from newel import App
from newel.testing import Client
from tests.meta.pages import blocks
from tests.meta.project import ROOT, pyproject, shown

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]*))?\)")


def command(marker: str) -> list[str]:
    """Return the steps of the command that stands after a marker."""
    text = README.partition(f"<!-- ci: {marker} -->")[2]
    return next(blocks(text)).code.strip().split(" && ")


@pytest.mark.parametrize("marker", ["run", "test"])
def test_command_installs_an_extra_that_there_is(marker: str) -> None:
    make, install, _ = command(marker)
    extra = re.search(r"'\.\[(\w+)\]'", install)
    assert make == "python3 -m venv .venv"
    assert extra
    assert extra[1] in pyproject()["project"]["optional-dependencies"]


def test_test_command_runs_all_tests() -> None:
    assert command("test")[-1].startswith(".venv/bin/python -m pytest")


def test_hello_answers_as_the_text_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hello.py").write_text(next(blocks(README)).code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    client = Client(App(routes=["hello"], profile="development"))
    assert client.get("/hello/Ada?times=2").text == "Hello Ada Ada"
    answer = client.get("/hello/Ada?times=two")
    assert answer.status_code == 400
    assert '"field":"times"' in answer.text


@pytest.fixture
def noticeboard(tmp_path: Path) -> Iterator[str]:
    """Run README's last step in a copy of the examples, on a free port; give the URL that it prints."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("*.db*", ".newel"))
    step = command("run")[-1].replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    server = subprocess.Popen(
        [*step.split(), "--port", "0", "--no-reload"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    with server, server.stderr as lines:
        try:
            yield next(found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+/", line)))
        finally:
            server.terminate()


def fetched(url: str, *, seconds: float = 60) -> str:
    """Return a page, once the server listens: it says where before it does."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=seconds) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.mark.server
def test_run_command_serves_the_noticeboard(noticeboard: str) -> None:
    assert '<ul class="board">' in fetched(noticeboard)


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are linked by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        target = (page.parent / found["path"]).resolve() if found["path"] else page
        assert target.exists(), found[0]
        if found["anchor"]:
            assert found["anchor"] in anchors(target), found[0]
