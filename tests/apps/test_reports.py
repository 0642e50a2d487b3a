"""The example of native queries beside portable ones makes the same reports on each of five databases."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newel import App, auditing
from newel.testing import Client
from tests.apps.conftest import SLOTS, own_database

EXAMPLE = Path(__file__).parents[2] / "examples" / "reports"
SALES = [
    ("north", "2024-01-02", 500),
    ("north", "2024-01-31", 250),
    ("north", "2024-03-05", 500),
    ("south", "2024-01-02", 100),
    ("south", "2024-02-29", 900),
    ("south", "2024-02-29", 300),
    ("south", "2023-12-31", 700),
]


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql", "mariadb", "mongo"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    copy = tmp_path_factory.mktemp("example") / "reports"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("*.db*", "__pycache__", ".newel"))
    before, path = set(sys.modules), list(sys.path)
    with own_database(request, request.param) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        app = App(copy, use={"database": SLOTS[request.param]}, profile="development")
        client = Client(app)
        for region, sold, cents in SALES:
            assert client.post("/sales", json={"region": region, "sold": sold, "cents": cents}).status_code == 200
        yield app
        app.close()
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "reports":
            del sys.modules[name]


@pytest.fixture
def client(app: App) -> Client:
    return Client(app)


def got(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.json


def test_the_portable_report(client: Client) -> None:
    assert [
        (row["region"], row["month"], row["sales"], row["cents"], row["most"]) for row in got(client, "/months")
    ] == [
        ("north", "2024-01-01", 2, 750, 500),
        ("north", "2024-03-01", 1, 500, 500),
        ("south", "2023-12-01", 1, 700, 700),
        ("south", "2024-01-01", 1, 100, 100),
        ("south", "2024-02-01", 2, 1200, 900),
    ]


def test_totals_so_far(client: Client) -> None:
    assert [(step["sold"], step["cents"], step["total"]) for step in got(client, "/running/north")] == [
        ("2024-01-02", 500, 500),
        ("2024-01-31", 250, 750),
        ("2024-03-05", 500, 1250),
    ]
    assert [step["total"] for step in got(client, "/running/south")] == [700, 800, 1700, 2000]
    assert got(client, "/running/'; DROP TABLE sale; --") == []


def test_the_greatest_of_each_region(client: Client) -> None:
    assert [(one["region"], one["place"], one["cents"]) for one in got(client, "/best?places=2")] == [
        ("north", 1, 500),
        ("north", 2, 500),
        ("south", 1, 900),
        ("south", 2, 700),
    ]


def test_the_audit_names_the_files_that_are_native(app: App) -> None:
    audited = [finding for finding in auditing.audit(app.generation) if "native" in finding.what]
    assert {Path(finding.place.file).name for finding in audited if finding.place} == {"mongo.py", "sql.py"}
