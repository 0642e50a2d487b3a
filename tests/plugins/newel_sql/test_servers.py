"""PostgreSQL and MariaDB, beyond what the kit asks: lost connections, locks, streams, schema, plans."""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from newel_data import (
    Conflict,
    DatabaseUnavailable,
    DataError,
    Field,
    Model,
    Models,
    ReadOnly,
    Ref,
    UniqueViolation,
    field,
    ref,
)
from newel_data.kit.models import MODELS as KIT_MODELS
from newel_data.tree import Order, select
from newel_sql import SqlBackend
from tests.databases import HASTY, IN_TIME, SERVERS, new_database
from tests.plugins.newel_sql.board import MODELS, Author, Notice, config, database, stored
from tests.services import LOOPBACK, PATIENCE

AUTHOR = MODELS.table(Author)
SECRET = "very-secret-value"


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with SERVERS[request.param]() as url:
        yield url


def opened(server: str, models: Models = MODELS, **settings: Any) -> SqlBackend:
    return SqlBackend(config(new_database(server), **settings), models)


@pytest.fixture
def backend(server: str) -> Iterator[SqlBackend]:
    backend = opened(server)
    backend.sync()
    yield backend
    backend.close()


def row(key: str, name: str) -> tuple[Any, ...]:
    return (key, name, None, None, None)


def names(backend: SqlBackend) -> list[str]:
    db = database(backend, read_only=True)
    found = [author.name for author in db.query(Author).order_by(Author.name)]
    db.close()
    return found


def kill(backend: SqlBackend, unit: Any) -> None:
    """Let the server close the connection of a unit, as a restart would, and wait until it has."""
    driver = unit._connection.dbapi_connection
    killer = backend.begin(read_only=False)
    killer.connect()
    if backend.name == "PostgreSQL":
        killer._cursor.execute(f"SELECT pg_terminate_backend({driver.info.backend_pid}, 4000)")
    else:
        killer._cursor.execute(f"KILL {driver.thread_id()}")
        while killer._cursor.execute(f"SELECT 1 FROM information_schema.processlist WHERE id = {driver.thread_id()}"):
            clock.sleep(0.01)
    killer.rollback()


# --- connections


def test_a_connection_lost_while_idle_is_replaced_without_a_word(backend: SqlBackend) -> None:
    stored(backend, Author(name="Ada"))
    unit = backend.begin(read_only=True)
    unit.connect()
    kill(backend, unit)
    unit._connection.close()  # type: ignore[union-attr]  # back to the pool, as if it were well
    unit._connection = None
    assert names(backend) == ["Ada"]


def test_a_connection_lost_in_a_unit_is_unavailable_and_the_next_unit_works(backend: SqlBackend) -> None:
    stored(backend, Author(name="Ada"))
    unit = backend.begin(read_only=False)
    unit.insert(AUTHOR, [row("b", "Bob")])
    kill(backend, unit)
    with pytest.raises(DatabaseUnavailable):
        unit.select(select(AUTHOR))
    unit.rollback()
    assert names(backend) == ["Ada"]


def test_a_server_that_is_down_is_unavailable_at_once(port: int) -> None:
    for url in (f"postgresql://newel@{LOOPBACK}:{port}/x", f"mariadb://root@{LOOPBACK}:{port}/x"):
        backend = SqlBackend(config(url, timeout=HASTY), MODELS)
        with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
            backend.check()
        backend.close()


def refusal(url: str) -> str:
    """Return what is said of a database that cannot be opened."""
    backend = SqlBackend(config(url, timeout=HASTY), MODELS)
    with pytest.raises(DatabaseUnavailable) as caught:
        backend.check()
    backend.close()
    return str(caught.value)


def test_a_database_that_is_not_there_is_told_from_a_server_that_is_not(server: str) -> None:
    assert "nowhere is not there, though its server is: create it" in refusal(f"{server}/nowhere")


def test_a_user_that_is_refused_is_told_without_the_password(server: str) -> None:
    scheme, _, place = server.partition("://")
    text = refusal(f"{scheme}://stranger:{SECRET}@{place.rpartition('@')[2]}/nowhere")
    assert text.startswith(f"the database {scheme}://stranger:***@")
    assert "refuses the user or the password: correct [sql] url" in text


def test_a_user_without_a_right_is_told_so(server: str) -> None:
    owner = new_database(server)
    told = SqlBackend(config(without_rights(owner)), MODELS)
    with pytest.raises(DataError, match="does not let its user do that"):
        told.sync()
    told.close()


def without_rights(url: str) -> str:
    """Make a user who may look into a database and create nothing, and return the URL with that user."""
    user = f"reader_{url.rpartition('_')[2]}"
    made = SqlBackend(config(url), MODELS)
    unit = made.begin(read_only=False)
    name = url.rpartition("/")[2]
    rights = {
        "PostgreSQL": [f"CREATE USER {user}"],
        "MariaDB": [f"CREATE USER {user}@localhost", f"GRANT SELECT ON {name}.* TO {user}@localhost"],
    }
    for statement in rights[made.name]:
        unit.connection().exec_driver_sql(statement)
    unit.commit()
    made.close()
    scheme, _, place = url.partition("://")
    return f"{scheme}://{user}@{place.rpartition('@')[2]}"


# --- locks


def test_waiting_for_a_lock_ends_in_a_conflict(server: str) -> None:
    backend = opened(server, timeout=HASTY)
    backend.sync()
    first, second = backend.begin(read_only=False), backend.begin(read_only=False)
    first.insert(AUTHOR, [row("a", "Ada")])
    started = clock.monotonic()
    with pytest.raises(Conflict):
        second.insert(AUTHOR, [row("b", "Ada")])
    assert HASTY / 2 < clock.monotonic() - started < IN_TIME
    second.rollback()
    first.rollback()
    backend.close()


def test_a_deadlock_is_a_conflict_for_one_and_nothing_for_the_other(server: str) -> None:
    backend = opened(server, timeout=PATIENCE)
    backend.sync()
    stored(backend, Author(id="a", name="Ada"), Author(id="b", name="Bob"))
    ready, ends = threading.Barrier(2, timeout=PATIENCE), []

    def write(keys: str) -> None:
        db = database(backend)
        try:
            db.query(Author).where(Author.id == keys[0]).update(nick=keys)
            ready.wait()
            db.query(Author).where(Author.id == keys[1]).update(nick=keys[::-1])
            db.finish()
            ends.append("ended")
        except Conflict:
            ends.append("lost")
        finally:
            db.close()

    threads = [threading.Thread(target=write, args=(keys,)) for keys in ("ab", "ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["ended", "lost"]
    backend.close()


def test_the_server_refuses_writes_of_a_unit_that_only_reads(backend: SqlBackend) -> None:
    unit = backend.begin(read_only=True)
    with pytest.raises(ReadOnly):
        unit.insert(AUTHOR, [row("a", "Ada")])
    unit.rollback()


# --- errors


def test_no_error_holds_a_value(backend: SqlBackend) -> None:
    stored(backend, Author(id="ada", name=SECRET))
    unit = backend.begin(read_only=False)
    with pytest.raises(UniqueViolation) as caught:
        unit.insert(AUTHOR, [row("other", SECRET)])
    unit.rollback()
    assert caught.value.fields == ("name",)
    assert SECRET not in f"{caught.value} {caught.value.__cause__} {caught.value.__cause__!r}"


def test_a_value_past_the_checks_is_told_by_its_rule(backend: SqlBackend) -> None:
    unit = backend.begin(read_only=False)
    with pytest.raises(DataError) as caught:
        unit.insert(AUTHOR, [row("a", SECRET * 20)])
    unit.rollback()
    assert (getattr(caught.value, "field", None), getattr(caught.value, "code", None)) == ("name", "too_long")
    assert SECRET not in f"{caught.value} {caught.value.__cause__!r}"


# --- streams


def test_a_stream_and_other_reads_share_a_unit(backend: SqlBackend) -> None:
    stored(backend, *(Author(name=f"a{number:03}") for number in range(50)))
    db = database(backend, read_only=True)
    first = db.query(Author).order_by(Author.name).stream(size=5)
    second = db.query(Author).order_by(Author.name.desc()).stream(size=7)
    found = [(next(first).name, next(second).name, db.query(Author).count()) for _ in range(50)]
    assert found[0] == ("a000", "a049", 50)
    assert found[49] == ("a049", "a000", 50)
    db.close()


def test_a_stream_may_be_left_early(backend: SqlBackend) -> None:
    stored(backend, *(Author(name=f"a{number:03}") for number in range(50)))
    unit = backend.begin(read_only=True)
    batches = unit.stream(select(AUTHOR), 5)
    assert len(next(iter(batches))) == 5
    batches.close()  # type: ignore[attr-defined]
    assert len(unit.select(select(AUTHOR))) == 50
    unit.rollback()


# --- the schema


class Checked(Model):
    """A check of every kind."""

    whole: Field[int] = field(minimum=-5, maximum=2**40)
    real: Field[float] = field(minimum=0.5, maximum=1e10)
    exact: Field[Decimal] = field(precision=10, scale=2, minimum=Decimal("-1.50"), maximum=Decimal("99.99"))
    moment: Field[datetime] = field(minimum=datetime(2000, 1, 1, 0, 0, 0, 500000, tzinfo=UTC))
    day: Field[date] = field(minimum=date(2000, 1, 1))
    clock: Field[time] = field(maximum=time(12, 30))
    span: Field[timedelta] = field(minimum=timedelta(0))
    body: Field[str] = field(max_length=1000, min_length=3)
    raw: Field[bytes] = field(max_length=30, min_length=1)
    numbers: Field[list[int]] = field(max_length=3, min_length=1)
    choice: Field[str] = field(choices=["it's", "a (b)", "c::d", "50%", "x\\y"], max_length=10)
    one: Field[str] = field(choices=["only"], max_length=10)
    rank: Field[int] = field(choices=[1, 2, 3])


class Hen(Model):
    """Referred to by what it refers to."""

    egg: Ref[Egg | None] = ref(default=None)


class Egg(Model):
    hen: Ref[Hen] = ref(on_delete="cascade")


def test_what_was_created_is_as_the_models_say(server: str) -> None:
    backend = opened(server, Models([*KIT_MODELS, Checked, Hen, Egg]))
    assert len(backend.sync(dry_run=True).created) == len(backend.sync().created) > 20
    assert (backend.sync().created, backend.sync().differences) == ((), ())
    assert backend.verify() == []
    backend.close()


def test_tables_are_created_once_by_many(server: str) -> None:
    url = new_database(server)
    backends = [SqlBackend(config(url, timeout=PATIENCE), MODELS) for _ in range(4)]
    created: list[int] = []
    threads = [threading.Thread(target=lambda each=each: created.append(len(each.sync().created))) for each in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created)[:3] == [0, 0, 0]
    assert backends[0].verify() == []
    for each in backends:
        each.close()


CHANGES = {
    "another type": 'ALTER TABLE "order" {type}',
    "a column missing": 'ALTER TABLE "order" DROP COLUMN price',
    "a column too many": 'ALTER TABLE "order" ADD COLUMN shoe INTEGER',
    "a check missing": 'ALTER TABLE "order" DROP CONSTRAINT order_title_too_long',
    "an index over something else": '{drop}; CREATE INDEX order_title_idx ON "order" (views)',
    "a reference missing": 'ALTER TABLE "order" DROP CONSTRAINT order_editor_id_fkey',
}


def run(backend: SqlBackend, script: str) -> None:
    if backend.name == "MariaDB":
        script = script.replace('"', "`")
    with backend._connected(read_only=False) as connection:
        for statement in script.rstrip(";").split(";"):
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_difference_is_told_and_left_and_its_statement_mends_it(backend: SqlBackend, change: str) -> None:
    postgresql = backend.name == "PostgreSQL"
    run(
        backend,
        change.format(
            type="ALTER COLUMN views TYPE INTEGER" if postgresql else "MODIFY views INTEGER NOT NULL",
            drop="DROP INDEX order_title_idx" if postgresql else "DROP INDEX order_title_idx ON `order`",
        ),
    )
    report = backend.sync()
    assert (report.created, len(report.differences)) == ((), 1)
    assert backend.sync() == report
    run(backend, report.differences[0].statement)
    assert backend.sync().differences == ()
    assert backend.verify() == []


def test_orphans_are_listed(backend: SqlBackend) -> None:
    stored(backend, Author(id="ada", name="Ada"), Notice(id="n1", title="x", author="ada"))
    run(backend, 'ALTER TABLE "order" DROP CONSTRAINT order_author_id_fkey')
    run(backend, "DELETE FROM author")
    assert ("orphan", ("n1",)) in [(drift.kind, drift.keys) for drift in backend.verify()]


# --- plans and natives


def test_an_order_with_nulls_goes_by_its_index(server: str) -> None:
    class Dated(Model):
        day: Field[date | None] = field(default=None, index=True)

    models = Models([Dated])
    backend = opened(server, models)
    backend.sync()
    table = models.table(Dated)
    unit = backend.begin(read_only=False)
    unit.insert(table, [(f"{number:04}", date.fromordinal(number + 1)) for number in range(500)])
    for descending in (False, True):
        order = (Order(table.fields[1], descending), Order(table.key, descending))
        statement, values = backend.statements.of(select(table, order=order, limit=3))
        if backend.name == "PostgreSQL":
            unit._cursor.execute("ANALYZE dated")
        unit._cursor.execute(f"EXPLAIN {statement.sql}", values)
        assert "dated_day_idx" in str(unit._cursor.fetchall())
    unit.rollback()
    backend.close()


def test_the_native_session_is_in_the_unit(backend: SqlBackend) -> None:
    db = database(backend)
    session = db.native
    assert isinstance(session, Session)
    twin = db.mapped(Author)(name="Ada", nick="ADA", born=date(1815, 12, 10))
    session.add(twin)
    assert db.query(Author).where(Author.nick == "ada").count() == 1
    db.query(Author).update(name="Eve")
    assert twin.name == "Eve"
    assert session.execute(text("SELECT born FROM author")).scalar_one() == date(1815, 12, 10)
    db.finish()
    db.close()
    assert names(backend) == ["Eve"]
