"""A test has the database to itself: the same promises on every database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from newel import App, Plugin, hookimpl
from newel.errors import SetupError
from newel.testing import Client
from newel_data import Database, DataError, Field, Model, field
from newel_data.port import Backend
from newel_data.testing import Rehearsals
from newel_memory import MemoryBackend
from tests.plugins.newel_data.rehearsing import DATABASES, Author, Notice, application, sections_of, total
from tests.services import NO_MONGODB


@pytest.fixture(scope="module", params=DATABASES)
def sections(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with sections_of(request.param, tmp_path_factory.mktemp(request.param)) as found:
        if found is None:
            pytest.skip(NO_MONGODB)
        yield found


@pytest.fixture(scope="module")
def made(sections: dict[str, Any]) -> Iterator[Rehearsals]:
    """The databases of a run on one server."""
    made = Rehearsals()
    yield made
    made.drop()


@pytest.fixture(params=["undone at once", "committed"])
def shared(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "committed")


@pytest.fixture
def app(sections: dict[str, Any], made: Rehearsals, shared: bool) -> Iterator[App]:
    app = application(sections)
    with made.isolated(app, shared=shared):
        assert total(app) == 0
        yield app


@pytest.fixture
def client(app: App) -> Client:
    return Client(app)


SERVERS = ("sqlite", "postgresql", "mariadb")
on_servers = pytest.mark.parametrize("sections", SERVERS, indirect=True)
in_one_transaction = pytest.mark.parametrize("shared", ["undone at once"], indirect=True)


# --- units inside a test ----------------------------------------------------------------------------------------------


def test_what_a_request_stores_is_there_in_the_next_one(client: Client) -> None:
    client.post("/authors/Ada")
    assert client.get("/authors").json == ["Ada"]


def test_what_a_scope_stores_is_there_in_a_request(app: App, client: Client) -> None:
    with app.scope() as scope:
        scope[Database].add(Author(name="Ada"))
    assert client.get("/authors").json == ["Ada"]


def test_an_error_undoes_its_own_unit_only(client: Client) -> None:
    client.post("/authors/Ada")
    assert client.post("/broken/Bo").status_code == 500
    client.post("/authors/Cy")
    assert client.get("/authors").json == ["Ada", "Cy"]


def test_after_an_error_of_the_database_a_unit_reads_on(client: Client) -> None:
    client.post("/authors/Ada")
    client.post("/authors/Bo")
    assert client.post("/authors/Ada").status_code == 500  # success was reported although nothing was stored
    assert client.get("/authors").json == ["Ada", "Bo"]


@on_servers
def test_an_error_in_a_unit_that_reads_leaves_the_test_as_it_was(app: App, client: Client) -> None:
    client.post("/authors/Ada")
    db = database_of(app, read_only=True)
    with pytest.raises(DBAPIError):
        db.native.execute(text("SELECT nothing FROM nowhere"))
    db.close()
    client.post("/authors/Bo")
    assert client.get("/authors").json == ["Ada", "Bo"]


def test_what_runs_on_commit_runs_when_a_unit_of_the_test_ends(app: App) -> None:
    ran: list[str] = []
    with app.scope() as scope:
        scope[Database].add(Author(name="Ada"))
        scope[Database].on_commit(lambda: ran.append("committed"))

    def fails(db: Database) -> None:
        db.add(Author(name="Bo"))
        db.on_commit(lambda: ran.append("rolled back"))

    with pytest.raises(ValueError, match="no"):
        run_and_raise(app, fails)
    assert ran == ["committed"]


def test_a_unit_may_write_while_a_response_streams_from_one_that_reads(app: App, client: Client) -> None:
    client.post("/authors/Ada")
    client.post("/authors/Bo")
    streamed = client.get("/streamed", buffered=False)
    body = iter(streamed.response)
    assert next(body) == b"Ada "
    with app.scope() as scope:
        scope[Database].add(Author(name="Anna"))
    assert b"Bo " in list(body)
    streamed.close()
    assert client.get("/authors").json == ["Ada", "Anna", "Bo"]


def test_several_units_may_read_at_once(app: App, client: Client) -> None:
    client.post("/authors/Ada")
    first, second = database_of(app, read_only=True), database_of(app, read_only=True)
    assert [first.query(Author).count(), second.query(Author).count()] == [1, 1]
    first.close()
    assert second.query(Author).count() == 1
    second.close()
    client.post("/authors/Bo")
    assert total(app) == 2


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_rows_that_refer_to_one_another_are_gone_afterwards(
    sections: dict[str, Any], made: Rehearsals, shared: bool
) -> None:
    app = application(sections)
    with made.isolated(app, shared=shared), app.scope() as scope:
        db = scope[Database]
        ada = db.add(Author(name="Ada"))
        ada.friend = ada
        db.save(ada)
        db.add(Notice(title="Bicycle", author=db.add(Author(name="Bo", friend=ada))))
    with made.isolated(app, shared=shared):
        assert total(app) == 0


def test_a_response_that_is_left_open_disturbs_nobody(sections: dict[str, Any], made: Rehearsals, shared: bool) -> None:
    app = application(sections)
    with made.isolated(app, shared=shared):
        Client(app).post("/authors/Ada")
        Client(app).post("/authors/Bo")
        left = Client(app).get("/streamed", buffered=False)
        next(iter(left.response))
        if shared:
            left.close()  # a transaction that reads: PostgreSQL would not remove the rows before it ends
    left.close()
    with made.isolated(app, shared=shared):
        assert total(app) == 0


def test_what_a_plugin_stores_at_the_start_belongs_to_each_test(
    sections: dict[str, Any], made: Rehearsals, shared: bool
) -> None:
    class Seeds(Plugin):
        name = "seeds"
        after = ("data",)

        @hookimpl
        def newel_startup(self, db: Database) -> None:
            db.add(Author(name="Ada"))

    app = application(sections, Seeds)
    for _ in range(2):
        with made.isolated(app, shared=shared):
            assert Client(app).get("/authors").json == ["Ada"]


def test_the_database_of_the_application_is_left_alone(sections: dict[str, Any], made: Rehearsals) -> None:
    app = application(sections)
    own = app.generation.application[Backend]  # type: ignore[type-abstract]
    with made.isolated(app) as rehearsal:
        Client(app).post("/authors/Ada")
        assert rehearsal.backend is not own
        assert rehearsal.name == "memory" or "_test_" in rehearsal.name
    with app.scope() as scope:
        assert scope[Backend] is rehearsal.backend  # type: ignore[type-abstract]
    app.close()
    rehearsal.backend.close()


def test_tables_that_something_else_made_are_there_for_the_test(sections: dict[str, Any], made: Rehearsals) -> None:
    class Supplier(Model, table="SUPPLIERS", existing=True):
        name: Field[str] = field(max_length=80)

    class Suppliers(Plugin):
        name = "suppliers"
        requires = ("data",)

        @hookimpl
        def newel_models(self) -> list[type[Model]]:
            return [Supplier]

    app = application(sections, Suppliers)
    with made.isolated(app), app.scope() as scope:
        scope[Database].add(Supplier(name="Ada"))


def test_databases_are_dropped_in_the_end(sections: dict[str, Any]) -> None:
    made, app = Rehearsals(), application(sections)
    with made.isolated(app, shared=True) as rehearsal:
        assert rehearsal.backend.sync().created == ()
    made.drop()
    if "schema" in rehearsal.backend.capabilities:
        rehearsal.create()
        assert any("author" in created for created in rehearsal.backend.sync(dry_run=True).created)
        rehearsal.drop()


# --- threads, and two writers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", ["committed"], indirect=True)
def test_in_a_test_that_commits_another_thread_sees_what_is_stored(app: App, client: Client) -> None:
    client.post("/authors/Ada")
    assert in_a_thread(lambda: total(app)) == 1


@on_servers
@in_one_transaction
def test_another_thread_is_refused_with_the_remedy(app: App) -> None:
    with pytest.raises(SetupError, match=r"in another thread(.|\n)*mark the test @pytest.mark.committed"):
        in_a_thread(lambda: total(app))


@on_servers
@in_one_transaction
def test_two_units_that_may_write_at_once_are_refused_with_the_remedy(app: App) -> None:
    with app.scope() as scope:
        scope[Database].add(Author(name="Ada"))
        other = database_of(app)
        with pytest.raises(SetupError, match="another one that may write is open"):
            other.add(Author(name="Bo"))
        other.close()
    assert total(app) == 1


@pytest.mark.parametrize("sections", ["sqlite", "postgresql"], indirect=True)
def test_a_unit_that_reads_cannot_write_natively_where_the_server_can_tell(app: App) -> None:
    db = database_of(app, read_only=True)
    with pytest.raises((DBAPIError, DataError)):
        db.native.execute(text("DELETE FROM board_author"))
    db.close()


@on_servers
def test_native_and_portable_statements_share_the_unit(app: App) -> None:
    with app.scope() as scope:
        db = scope[Database]
        db.native.add(db.mapped(Author)(name="Ada", id="a"))
        assert db.get(Author, "a").name == "Ada"
    with pytest.raises(ValueError, match="no"):
        run_and_raise(app, lambda db: db.native.execute(text("DELETE FROM board_author")))
    assert total(app) == 1


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_a_backend_without_rehearsals_is_named_with_the_remedy() -> None:
    class Plain:
        name = "Plain"

    app = application({"use": {"database": "memory"}})
    app.override(Backend, Plain())
    with pytest.raises(SetupError, match="Plain has no method `rehearsal`"), Rehearsals().isolated(app):
        pass


def test_an_application_that_has_started_is_refused() -> None:
    app = application({"use": {"database": "memory"}})
    app.start()
    with pytest.raises(SetupError, match="after the application had started"), Rehearsals().isolated(app):
        pass
    app.close()


def database_of(app: App, *, read_only: bool = False) -> Database:
    """Return a unit of work beside any scope."""
    with app.scope() as scope:
        backend = scope[Backend]  # type: ignore[type-abstract]
        models = scope[Database]._work.models
    return Database(backend, models, read_only=read_only)


def run_and_raise(app: App, run: Callable[[Database], object]) -> None:
    with app.scope() as scope:
        run(scope[Database])
        msg = "no"
        raise ValueError(msg)


def in_a_thread(run: Any) -> Any:
    found: list[Any] = []

    def caught() -> None:
        try:
            found.append(run())
        except BaseException as error:  # noqa: BLE001
            found.append(error)

    thread = threading.Thread(target=caught)
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


def test_memory_is_put_back_as_it_was() -> None:
    app = application({"use": {"database": "memory"}})
    with Rehearsals().isolated(app) as rehearsal:
        backend = rehearsal.backend
        assert isinstance(backend, MemoryBackend)
        before = backend.state
        Client(app).post("/authors/Ada")
        assert backend.state is not before
    assert backend.state is before
