"""The plugin of pytest, in a run of its own: fixtures, the mark, and workers that run in parallel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from newel.testing import Client
from newel_data.testing import Rehearsals
from tests.plugins.newel_data.rehearsing import DATABASES, application, sections_of
from tests.services import ROOT

pytest_plugins = ["pytester"]

CONFTEST = """
    import json, os
    import pytest
    from pathlib import Path
    from tests.plugins.newel_data.rehearsing import application

    pytest_plugins = ["newel.testing.fixtures", "newel_data.testing"]

    @pytest.fixture(params=json.loads(Path("databases.json").read_text()), ids=lambda each: each[0])
    def app(request):
        return application(request.param[1])
"""

EACH_BY_ITSELF = """
    import os
    import pytest
    from pathlib import Path

    @pytest.mark.parametrize("number", range(6))
    def test_the_same_name_is_free(number, client, rehearsal):
        assert client.post("/authors/Ada").text == "added"
        assert client.get("/authors").json == ["Ada"]
        note = Path("used") / f"{os.environ.get('PYTEST_XDIST_WORKER')}_{rehearsal.name.rpartition('/')[2]}"
        note.parent.mkdir(exist_ok=True)
        note.touch()

    @pytest.mark.committed
    def test_other_threads_see_what_is_committed(app, client):
        from concurrent.futures import ThreadPoolExecutor
        from newel.testing import Client

        client.post("/authors/Ada")
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: Client(app).get("/authors").json).result() == ["Ada"]

    def test_without_an_application_there_is_nothing(rehearsals):
        assert rehearsals is not None
"""


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The configuration of each database that can be had."""
    with ExitStack() as stack:
        found = [(name, stack.enter_context(sections_of(name, tmp_path_factory.mktemp(name)))) for name in DATABASES]
        yield [(name, sections) for name, sections in found if sections is not None]


@pytest.mark.parametrize("workers", [0, 2])
def test_every_test_has_every_database_to_itself(
    workers: int, databases: list[tuple[str, dict[str, Any]]], pytester: pytest.Pytester
) -> None:
    Path("databases.json").write_text(json.dumps(databases), encoding="utf-8")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(EACH_BY_ITSELF)
    options = [
        "-n",
        str(workers),
        "--dist",
        "each" if workers else "no",
        "-W",
        "error",
        "--strict-markers",
        "-o",
        f"pythonpath={ROOT}",
    ]
    result = pytester.runpytest_subprocess(*options)
    runs = max(workers, 1)
    result.assert_outcomes(passed=runs * (7 * len(databases) + 1))
    used = [path.name for path in Path("used").iterdir() if "memory" not in path.name]
    assert len(used) == runs * (len(databases) - 1)


ANOTHER_PROCESS = """
import json, sys
from tests.plugins.newel_data.rehearsing import application, total
app = application(json.loads(sys.argv[1]))
print(total(app))
app.close()
"""


def test_another_process_is_led_to_the_database(databases: list[tuple[str, dict[str, Any]]]) -> None:
    seen = {}
    for name, sections in databases:
        made, app = Rehearsals(), application(sections)
        with made.isolated(app, shared=True) as rehearsal:
            Client(app).post("/authors/Ada")
            command = [sys.executable, "-c", ANOTHER_PROCESS, json.dumps(sections)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), **rehearsal.environment}
            seen[name] = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        made.drop()
    assert seen == {name: "0\n" if name == "memory" else "1\n" for name, _ in databases}
