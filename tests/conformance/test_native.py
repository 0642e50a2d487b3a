"""Native beside portable, in one unit of work: the row `native` of the contract, on each server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pymongo.errors import PyMongoError
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from newel import App
from newel.testing import Client as HttpClient
from newel_data import Database, UnitClosed, UnitFailed
from newel_data.kit.models import Author
from newel_data.models import Models
from newel_data.port import Backend
from tests.databases import SERVERS, backend_at, new_database
from tests.services import mongodb_database

MODELS = Models([Author])


class Client(NamedTuple):
    """What the tests do natively: write a row, read all names, break a rule, change a row, hold on to something."""

    insert: Callable[[Database, str], Any]
    names: Callable[[Database], list[str]]
    error: type[Exception]
    rename: Callable[[Database, str, str], Any]
    held: Callable[[Database], Callable[[], Any]]


def sql_insert(db: Database, name: str) -> None:
    db.native.add(db.mapped(Author)(name=name))
    db.native.flush()


def sql_names(db: Database) -> list[str]:
    author = db.mapped(Author)
    return list(db.native.scalars(select(author.name).order_by(author.name)))


def sql_rename(db: Database, old: str, new: str) -> None:
    db.native.execute(text("UPDATE author SET name = :new WHERE name = :old"), {"old": old, "new": new})


def sql_held(db: Database) -> Callable[[], Any]:
    session = db.native
    return lambda: session.execute(text("SELECT 1"))


def mongo_held(db: Database) -> Callable[[], Any]:
    authors = db.native["author"]
    return lambda: authors.find_one({})


SQL = Client(sql_insert, sql_names, SQLAlchemyError, sql_rename, sql_held)
MONGO = Client(
    lambda db, name: db.native["author"].insert_one({"_id": name, "name": name, "born": None}),
    lambda db: sorted(found["name"] for found in db.native["author"].find()),
    PyMongoError,
    lambda db, old, new: db.native["author"].update_one({"name": old}, {"$set": {"name": new}}),
    mongo_held,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb", "mongodb"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Backend, Client]]:
    with ExitStack() as stack:
        if request.param == "mongodb":
            url = stack.enter_context(mongodb_database(request.getfixturevalue("mongodb")))
        else:
            start = SERVERS.get(request.param)
            file = f"sqlite:///{tmp_path_factory.mktemp('native') / 'native.db'}"
            url = new_database(stack.enter_context(start())) if start else file
        backend = backend_at(url, MODELS)
        backend.sync()
        yield backend, MONGO if request.param == "mongodb" else SQL
        backend.close()


@pytest.fixture
def client(opened: tuple[Backend, Client]) -> Client:
    return opened[1]


@pytest.fixture
def backend(opened: tuple[Backend, Client]) -> Backend:
    """The backend, without rows."""
    db = Database(opened[0], MODELS)
    db.query(Author).delete()
    db.finish()
    db.close()
    return opened[0]


@pytest.fixture
def db(backend: Backend) -> Iterator[Database]:
    """A unit that may write."""
    db = Database(backend, MODELS)
    yield db
    db.close()


def stored(backend: Backend) -> list[str]:
    db = Database(backend, MODELS, read_only=True)
    names = [author.name for author in db.query(Author).order_by(Author.name)]
    db.close()
    return names


def test_each_side_sees_at_once_what_the_other_wrote(db: Database, client: Client) -> None:
    ada = db.add(Author(name="Ada"))
    assert client.names(db) == ["Ada"]
    client.insert(db, "Bob")
    assert [author.name for author in db.query(Author).order_by(Author.name)] == ["Ada", "Bob"]
    client.rename(db, "Ada", "Eve")
    assert db.get(Author, ada.id).name == "Eve"
    db.delete(db.get(Author, ada.id))
    assert client.names(db) == ["Bob"]


@pytest.mark.parametrize("finishes", [True, False])
def test_both_are_committed_and_rolled_back_as_one(
    db: Database, backend: Backend, client: Client, finishes: bool
) -> None:
    db.add(Author(name="Ada"))
    client.insert(db, "Bob")
    assert stored(backend) == []
    if finishes:
        db.finish(200)
    db.close()
    assert stored(backend) == (["Ada", "Bob"] if finishes else [])


def test_a_native_error_that_was_swallowed_is_no_success(db: Database, backend: Backend, client: Client) -> None:
    db.add(Author(name="Ada"))
    with pytest.raises(client.error):
        client.insert(db, "Ada")
    with pytest.raises(UnitFailed):
        db.finish(200)
    db.close()
    assert stored(backend) == []


def test_after_a_native_error_reads_go_on_and_writes_do_not(db: Database, backend: Backend, client: Client) -> None:
    db.add(Author(name="Ada"))
    with pytest.raises(client.error):
        client.insert(db, "Ada")
    assert db.query(Author).count() == 0
    assert client.names(db) == []
    with pytest.raises(UnitFailed):
        db.add(Author(name="Bob"))
    db.finish(409)
    db.close()
    assert stored(backend) == []


def test_what_is_held_of_a_unit_is_of_no_use_when_it_has_ended(db: Database, client: Client) -> None:
    db.add(Author(name="Ada"))
    use = client.held(db)
    use()
    db.finish(200)
    with pytest.raises(UnitClosed):
        use()
    with pytest.raises(UnitClosed):
        _ = db.native


def test_what_is_held_of_a_unit_that_failed_is_of_no_use(db: Database, client: Client) -> None:
    db.add(Author(name="Ada"))
    use = client.held(db)
    with pytest.raises(client.error):
        client.insert(db, "Ada")
    assert db.query(Author).count() == 0
    with pytest.raises(UnitClosed):
        use()


def test_a_unit_that_only_reads_writes_nothing_natively(backend: Backend, client: Client) -> None:
    only_reads = Database(backend, MODELS, read_only=True)
    with pytest.raises(Exception, match=r"(?i)read.?only|only reads"):
        client.insert(only_reads, "Ada")
    only_reads.close()
    assert stored(backend) == []


# --- in an application ------------------------------------------------------------------------------------------------

APPLICATION = """from collections.abc import Iterator

from newel import Router
from newel_data import Database, Field, Model, field
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

router = Router()


class Pet(Model):
    name: Field[str] = field(max_length=20, unique=True)


@router.post("/stream")
def stream(db: Database) -> Iterator[str]:
    session = db.native
    session.add(db.mapped(Pet)(name="Rex"))
    yield "first"
    yield str(session.execute(text("SELECT count(*) FROM pet")).scalar_one())


@router.get("/stream")
def read(db: Database) -> Iterator[str]:
    session = db.native
    yield "first "
    yield str(session.execute(text("SELECT count(*) FROM pet")).scalar_one())


@router.post("/swallow")
def swallow(db: Database) -> str:
    db.add(Pet(name="Tom"))
    try:
        db.native.execute(text("INSERT INTO pet (id) VALUES ('x')"))
    except IntegrityError:
        pass
    return "stored"
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "native_pets.py").write_text(APPLICATION)
    (tmp_path / "newel.toml").write_text(
        '[app]\nroutes = ["native_pets"]\n[use]\ndatabase = "sql"\n[sql]\nurl = "sqlite:///pets.db"\n'
        '[data]\nmodels = ["native_pets"]\n'
    )
    app = App(tmp_path, profile="development")
    yield app
    app.close()


def test_a_response_streams_natively_on_a_safe_route_alone(app: App) -> None:
    client = HttpClient(app)
    assert client.get("/stream").text == "first 0"
    with pytest.raises(UnitClosed, match="ask for it again"):
        client.post("/stream")
    assert client.get("/stream").text == "first 1"  # what was written before the first byte was committed


def test_a_handler_that_swallows_a_native_error_reports_no_success(app: App) -> None:
    client = HttpClient(app)
    assert client.post("/swallow").status_code == 500
    assert client.get("/stream").text == "first 0"
