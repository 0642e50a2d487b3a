"""`newel audit` lists where an application would have to change with its database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from newel import App, auditing
from newel_data.auditing import in_source
from tests.core.command_line import newel

MODELS = frozenset({"Notice", "Author"})


def told(folder: Path, source: str) -> list[tuple[int, str]]:
    file = folder / "reports.py"
    file.write_text(source)
    found = list(in_source(file, MODELS))
    assert {finding.kind for finding in found} <= {"bound"}
    return [(finding.place.line, finding.what) for finding in found if finding.place]


# --- source -----------------------------------------------------------------------------------------------------------


def test_uses_of_the_native_client_are_told_with_their_lines(tmp_path: Path) -> None:
    source = "def top(db):\n    notices = db.mapped(Notice)\n    return db.native.query(notices).all()\n"
    assert told(tmp_path, source) == [
        (2, "db.mapped(Notice): a class of one database's client"),
        (3, "db.native: one database's own client"),
    ]


def test_imports_of_what_speaks_to_one_database_are_told_wherever_they_stand(tmp_path: Path) -> None:
    source = "from sqlalchemy.orm import Session\ndef f():\n    import bson, json\nimport newel_mongo\n"
    assert told(tmp_path, source) == [
        (1, "imports sqlalchemy.orm, which speaks to SQL alone"),
        (3, "imports bson, which speaks to MongoDB alone"),
        (4, "imports newel_mongo, which speaks to MongoDB alone"),
    ]


@pytest.mark.parametrize("line, begins", [
    ("db.query(Notice).where(Notice.title.like('%a%'))", "Notice.title.like raises NotPortable: a pattern"),
    ("Notice.author.name.regex('a')", "Notice.author.name.regex raises NotPortable: a pattern"),
    ("db.query(Notice).limit(3).for_update()", "db.query(Notice).limit(3).for_update raises NotPortable: locking"),
    ("db.begin_nested()", "db.begin_nested raises NotPortable: a savepoint"),
])  # fmt: skip
def test_what_raises_not_portable_is_told_before_it_does(tmp_path: Path, line: str, begins: str) -> None:
    ((number, what),) = told(tmp_path, f"def f(db: Database):\n    {line}\n")
    assert number == 2
    assert what.startswith(begins)
    assert "Instead: " in what


@pytest.mark.parametrize("given", ["db: Database | None", "db: 'Database'", "db: newel_data.Database"])
def test_a_database_is_known_by_its_annotation(tmp_path: Path, given: str) -> None:
    assert len(told(tmp_path, f"def f({given}):\n    db.savepoint()\n")) == 1


def test_a_database_is_known_by_the_scope_that_gave_it(tmp_path: Path) -> None:
    assert len(told(tmp_path, "db = scope[Database]\ndb.savepoint()\n")) == 1


def test_who_catches_not_portable_asks_for_what_not_every_database_does(tmp_path: Path) -> None:
    source = "try:\n    pass\nexcept (ValueError, newel_data.NotPortable):\n    pass\n"
    assert told(tmp_path, source) == [(3, "NotPortable is caught: something is asked for that not every database does")]


@pytest.mark.parametrize("line", [
    "title.startswith('a')",
    "queue.begin()",
    "re.match('a', 'b')",
    "db.query(Notice).where(Notice.title.prefix('a')).all()",
    "from json import loads",
    "from .pymongo import client",
    "reg.mapped",
])  # fmt: skip
def test_what_is_portable_is_not_told(tmp_path: Path, line: str) -> None:
    assert told(tmp_path, f"def f(db: Database, queue: Queue):\n    {line}\n") == []


@pytest.mark.parametrize("source", ["def", None])
def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path, source: str | None) -> None:
    if source is not None:
        assert told(tmp_path, source) == []
    assert list(in_source(tmp_path / "none.py", MODELS)) == []


# --- an application ---------------------------------------------------------------------------------------------------

MODEL = """from newel_data import Field, Model, Ref, field, key, ref

class Author(Model):
    name: Field[str] = field(max_length=80)

class Notice(Model, table="notices"):
    id: Field[str] = key(max_length=10, column="number")
    author: Ref[Author] = ref(column="written_by")
"""

VIEWS = """from newel import Router
from newel_data import Database

router = Router()

@router.get("/")
def index(db: Database) -> str:
    return str(db.native)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes an application that `newel audit` finds something in; its modules are named by a prefix."""

    def made(prefix: str) -> Path:
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / f"{prefix}_models.py").write_text(MODEL)
        (tmp_path / f"{prefix}_views.py").write_text(VIEWS)
        (tmp_path / "newel.toml").write_text(
            f'[app]\nroutes = ["{prefix}_views"]\nhosts = ["localhost"]\n[use]\ndatabase = "memory"\n'
            f'[memory]\nlock_timeout = 1.0\n[data]\nmodels = ["{prefix}_models"]\n'
        )
        return tmp_path

    return made


def test_an_application_is_told_what_binds_it_by_file_and_line(project: Callable[[str], Path]) -> None:
    found = [each for each in auditing.audit(App(project("audited")).generation) if each.kind == "bound"]
    places = [(Path(each.place.file).name, each.place.line, each.owner) for each in found if each.place]
    assert places == [("newel.toml", 7, "app"), ("audited_models.py", 6, "data"), ("audited_views.py", 8, "data")]
    assert found[1].what == (
        "Notice is stored under names that were given to it: as 'notices', id as 'number', author as 'written_by'"
    )


def test_being_bound_fails_on_demand(project: Callable[[str], Path]) -> None:
    audit = partial(newel, "audit", "--app", project("failing"), "--profile", "production")
    assert audit().exit_code == 0
    assert audit("--fail").exit_code == 0
    refused = audit("--portable")
    assert refused.exit_code == 1
    assert "Bound to one provider:\n  app   [memory] lock_timeout" in refused.output
