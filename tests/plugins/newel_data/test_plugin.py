"""Models and `Database` in an application: boot, requests, commands."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from newel import App, Plugin, Router, hookimpl
from newel.errors import BootError, ProblemError
from newel.results import Data
from newel.testing import Client
from newel_data import Conflict, Database, Field, Model, Models, NotFound, ReadOnly, UniqueViolation, field
from newel_data.plugin import prepare
from newel_memory import MemoryBackend

MODELS = """
    from newel_data import Field, Model, Ref, field, ref

    class Note(Model, public=("id", "text")):
        text: Field[str] = field(max_length=20, unique=True)
"""


class Visit(Model):
    path: Field[str] = field(max_length=80)


class Visits(Plugin):
    name = "visits"
    requires = ("data",)

    @hookimpl
    def newel_models(self) -> Iterable[type[Model]]:
        return [Visit]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "notes.py").write_text(textwrap.dedent(MODELS), encoding="utf-8")
    return tmp_path


def settings(**sections: Any) -> dict[str, Any]:
    given = {"use": {"database": "memory"}, "data": {"models": ["notes"]}, "app": {"hosts": ["localhost"]}}
    return {**given, **sections}


def application(*routers: Router, **options: Any) -> App:
    return App(settings(**options.pop("sections", {})), routes=routers, profile="development", **options)


def note_model(app: App) -> Any:
    """Return the model that the application imported."""
    return next(table.model for table in app.generation.application[Models].tables if table.name == "note")


# --- boot


def test_models_of_the_listed_modules_are_the_closed_set(folder: Path) -> None:
    app = application()
    assert [table.name for table in app.generation.application[Models].tables] == ["note"]


def test_a_plugins_models_come_by_the_hook_and_begin_with_its_name(folder: Path) -> None:
    app = application(plugins=[Visits])
    tables = {table.name: table.model for table in app.generation.application[Models].tables}
    assert sorted(tables) == ["note", "visits_visit"]
    assert tables["visits_visit"] is Visit


def test_a_module_that_is_not_there_is_a_boot_error(folder: Path) -> None:
    with pytest.raises(BootError, match=r"\[data\] models lists 'nothing', and there is no module 'nothing'"):
        _ = application(sections={"data": {"models": ["nothing"]}}).generation


def test_a_module_without_models_is_a_boot_error(folder: Path) -> None:
    (folder / "empty.py").write_text("", encoding="utf-8")
    with pytest.raises(BootError, match="declares no Model"):
        _ = application(sections={"data": {"models": ["empty"]}}).generation


def test_problems_of_models_are_told_with_the_others(folder: Path) -> None:
    (folder / "bad.py").write_text(
        "from newel_data import Field, Model, field\n\nclass Bad(Model):\n    a: Field[str] = field(index=True)\n",
        encoding="utf-8",
    )
    with pytest.raises(BootError) as caught:
        _ = application(sections={"data": {"models": ["bad"]}}, plugins=[Visits]).generation
    (problem,) = caught.value.problems
    assert problem.places[0].file == str(folder / "bad.py")
    assert problem.places[0].line == 3


def test_a_package_stands_for_the_models_it_imports_from_its_modules(folder: Path) -> None:
    package = folder / "board"
    package.mkdir()
    (package / "__init__.py").write_text("from board.one import One\nfrom notes import Note\n", encoding="utf-8")
    (package / "one.py").write_text("from newel_data import Model\n\nclass One(Model):\n    pass\n", encoding="utf-8")
    app = application(sections={"data": {"models": ["board"]}})
    assert [table.name for table in app.generation.application[Models].tables] == ["one"]


# --- requests


def reading() -> Router:
    """Return the safe routes of a board of notes."""
    note_class = importlib.import_module("notes").Note
    router = Router()

    @router.get("/")
    def index(db: Database) -> list[str]:
        return [note.text for note in db.query(note_class).order_by(note_class.text)]

    @router.get("/notes/<id>")
    def show(db: Database, id: str) -> Data:
        return Data(db.get(note_class, id))

    @router.get("/writes")
    def writes(db: Database) -> str:
        try:
            db.add(note_class(text="never"))
        except ReadOnly:
            return "refused"
        return "written"

    @router.get("/streams")
    def streams(db: Database) -> Iterable[str]:
        for note in db.query(note_class).order_by(note_class.text).stream(size=1):
            yield f"{note.text} "

    return router


def writing() -> Router:
    """Return routes that may write, one for each thing that a unit of work promises to a request."""
    note_class = importlib.import_module("notes").Note
    router = Router()

    @router.post("/notes")
    def add(db: Database, text: str) -> str:
        return str(db.add(note_class(text=text)).id)

    @router.post("/fails")
    def fails(db: Database, text: str) -> str:
        db.add(note_class(text=text))
        raise ZeroDivisionError

    @router.post("/swallows")
    def swallows(db: Database, text: str) -> str:
        try:
            db.add(note_class(text=text))
        except UniqueViolation:
            return "taken"
        return "added"

    @router.post("/answers")
    def answers(db: Database, text: str) -> Data:
        try:
            db.add(note_class(text=text))
        except UniqueViolation:
            return Data([note.text for note in db.query(note_class).all()], status=409)
        return Data([])

    return router


@pytest.fixture
def client(folder: Path) -> Client:
    return Client(application(reading(), writing()))


def test_a_request_commits_what_it_wrote(client: Client) -> None:
    key = client.post("/notes?text=one").text
    assert client.get("/").json == ["one"]
    assert client.get(f"/notes/{key}").json == {"id": key, "text": "one"}


def test_errors_leave_with_their_status(client: Client) -> None:
    client.post("/notes?text=one")
    assert client.post("/notes?text=one").status_code == 409
    assert client.post(f"/notes?text={'x' * 21}").status_code == 422
    assert client.get("/notes/nobody").status_code == 404


def test_an_error_rolls_back(client: Client) -> None:
    assert client.post("/fails?text=one").status_code == 500
    assert client.get("/").json == []


def test_success_after_a_swallowed_error_is_a_500(client: Client) -> None:
    client.post("/notes?text=one")
    assert client.post("/swallows?text=two").text == "added"
    assert client.post("/swallows?text=one").status_code == 500
    assert client.get("/").json == ["one", "two"]


def test_a_refusal_after_an_error_is_sent_as_it_is_and_may_read(client: Client) -> None:
    client.post("/notes?text=one")
    answer = client.post("/answers?text=one")
    assert (answer.status_code, answer.json) == (409, ["one"])


def test_a_safe_route_only_reads(client: Client) -> None:
    assert client.get("/writes").text == "refused"
    assert client.get("/").json == []


def test_a_safe_route_streams_from_its_cursor(client: Client) -> None:
    for text in ("b", "a", "c"):
        client.post(f"/notes?text={text}")
    assert client.get("/streams").text == "a b c "


class ReadsOnErrors(Plugin):
    """Answers errors with what the database holds, and tries to write."""

    name = "reads_on_errors"

    @hookimpl
    def newel_handle_error(self, error: Exception, db: Database) -> Data:
        note_class = importlib.import_module("notes").Note
        try:
            db.add(note_class(text="never"))
        except ReadOnly:
            return Data([note.text for note in db.query(note_class)], status=404)
        return Data("written", status=404)


def test_an_error_page_of_a_safe_request_only_reads(folder: Path) -> None:
    client = Client(application(reading(), writing(), plugins=[ReadsOnErrors]))
    client.post("/notes?text=one")
    assert client.get("/nowhere").json == ["one"]
    assert client.post("/nowhere").json == "written"
    assert client.get("/").json == ["one"]


def test_a_lost_race_is_a_503(folder: Path) -> None:
    note_class = importlib.import_module("notes").Note
    router = Router()

    @router.post("/")
    def loses(db: Database) -> str:
        db.add(note_class(text="x"))
        raise Conflict("another unit was faster")

    assert Client(application(router)).post("/").status_code == 503


def test_outside_a_request_a_scope_is_a_unit(folder: Path) -> None:
    app = application()
    model = note_model(app)
    with app.scope() as scope:
        scope[Database].add(model(text="one"))

    def fail() -> None:
        with app.scope() as scope:
            scope[Database].add(model(text="two"))
            scope[Database].get(model, "nobody")

    with pytest.raises(NotFound):
        fail()
    with app.scope() as scope:
        assert [note.text for note in scope[Database].query(model)] == ["one"]


# --- starting


def test_production_starts_only_on_a_schema_that_is_there(folder: Path) -> None:
    sections = {"use": {"database": "sql"}, "sql": {"url": f"sqlite:///{folder / 'notes.db'}"}}
    app = App(settings(**sections), profile="production")
    with pytest.raises(ProblemError, match="newel db sync"), app.scope():
        pass
    app.close()


def test_development_creates_what_is_missing(folder: Path) -> None:
    sections = {"use": {"database": "sql"}, "sql": {"url": f"sqlite:///{folder / 'notes.db'}"}}
    app = App(settings(**sections), profile="development")
    model = note_model(app)
    with app.scope() as scope:
        scope[Database].add(model(text="one"))
    app.close()
    again = App(settings(**sections), profile="production")
    with again.scope() as scope:
        assert scope[Database].query(note_model(again)).count() == 1
    again.close()


def test_memory_has_nothing_to_prepare() -> None:
    prepare(MemoryBackend(Models([Visit])), development=False)
