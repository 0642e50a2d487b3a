"""Units of work on SQLite: connections, locks, forks, streams."""

from __future__ import annotations

import sqlite3
import threading
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from newel_data import Conflict, DatabaseUnavailable, Models, ReadOnly
from newel_data.tree import select
from newel_sql import SqlBackend
from newel_sql.connections import Connections
from tests.forks import in_fork
from tests.plugins.newel_sql.board import MODELS, Author, Notice, config, database, opened, stored

AUTHOR = MODELS.table(Author)


def pool(backend: SqlBackend) -> QueuePool:
    found = backend.connections.engine.pool
    assert isinstance(found, QueuePool)
    return found


def names(backend: SqlBackend) -> list[str]:
    db = database(backend, read_only=True)
    found = [author.name for author in db.query(Author).order_by(Author.name)]
    db.close()
    return found


# --- connections


def test_a_unit_connects_at_first_use_and_gives_the_connection_back(backend: SqlBackend) -> None:
    unit = backend.begin(read_only=True)
    assert pool(backend).checkedout() == 0
    unit.select(select(AUTHOR))
    assert pool(backend).checkedout() == 1
    unit.commit()
    assert (pool(backend).checkedout(), pool(backend).checkedin()) == (0, 1)


def test_what_is_done_beside_requests_keeps_no_connection(backend: SqlBackend) -> None:
    backend.check()
    backend.sync(dry_run=True)
    backend.verify()
    assert (pool(backend).checkedout(), pool(backend).checkedin()) == (0, 0)


def test_closing_the_backend_closes_what_was_kept(backend: SqlBackend) -> None:
    unit = backend.begin(read_only=True)
    unit.connect()
    kept = unit._connection.dbapi_connection  # type: ignore[union-attr]
    unit.rollback()
    backend.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        kept.execute("SELECT 1")  # type: ignore[union-attr]


@pytest.mark.parametrize("give_up", [Connections.lost, Connections.close])
def test_a_connection_in_use_while_all_others_were_given_up_is_not_kept_either(
    give_up: Callable[[Connections], None], backend: SqlBackend
) -> None:
    unit = backend.begin(read_only=True)
    unit.connect()
    used = unit._connection.dbapi_connection  # type: ignore[union-attr]
    give_up(backend.connections)
    unit.rollback()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used.execute("SELECT 1")  # type: ignore[union-attr]


def test_a_connection_that_was_opened_while_all_others_were_given_up_is_not_kept(backend: SqlBackend) -> None:
    opened: list[sqlite3.Connection] = []

    @event.listens_for(backend.connections.engine, "connect")
    def given_up(connection: sqlite3.Connection, record: object) -> None:
        opened.append(connection)
        backend.connections.lost()  # as another thread may do just then

    unit = backend.begin(read_only=True)
    unit.connect()
    unit.rollback()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


def test_a_unit_that_was_forgotten_is_told_of_and_rolled_back(backend: SqlBackend) -> None:
    unit = backend.begin(read_only=False)
    unit.insert(AUTHOR, [("a", "Ada", None, None, None)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del unit
    assert [str(each.category.__name__) for each in caught] == ["ResourceWarning"]
    assert names(backend) == []


def test_more_units_than_connections_wait_and_then_say_so(tmp_path: Path) -> None:
    backend = opened(tmp_path, pool_size=1, pool_overflow=0, timeout=0.05)
    unit = backend.begin(read_only=True)
    unit.connect()
    with pytest.raises(DatabaseUnavailable):
        backend.begin(read_only=True).connect()
    unit.rollback()
    backend.check()
    backend.close()


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    backend = opened(tmp_path / "nowhere")
    with pytest.raises(DatabaseUnavailable, match=r"nowhere/board\.db") as caught:
        backend.check()
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    backend.close()


def test_a_fork_has_connections_of_its_own(backend: SqlBackend) -> None:
    stored(backend, Author(name="Ada"))
    names(backend)
    inherited = pool(backend)

    def look() -> None:
        assert names(backend) == ["Ada"]
        assert pool(backend) is not inherited
        assert inherited.checkedin() == 1

    in_fork(look)
    assert names(backend) == ["Ada"]
    assert pool(backend) is inherited


def test_a_database_without_a_file_is_shared_by_threads_and_then_gone() -> None:
    backend = SqlBackend(config("sqlite://"), MODELS)
    folder = Path(str(backend.config.url.url.database)).parent
    backend.sync()
    thread = threading.Thread(target=lambda: stored(backend, Author(name="Ada")))
    thread.start()
    thread.join()
    assert names(backend) == ["Ada"]
    assert folder.is_dir()
    backend.close()
    assert not folder.exists()


# --- reading and writing


def test_readers_see_the_last_commit_while_somebody_writes(backend: SqlBackend) -> None:
    writer, reader = backend.begin(read_only=False), backend.begin(read_only=True)
    writer.insert(AUTHOR, [("a", "Ada", None, None, None)])
    assert list(reader.select(select(AUTHOR))) == []
    writer.commit()
    assert list(reader.select(select(AUTHOR))) == []
    reader.rollback()
    assert names(backend) == ["Ada"]


def test_a_second_writer_waits_and_then_loses(tmp_path: Path) -> None:
    backend = opened(tmp_path, timeout=0.05)
    backend.sync()
    first, second = backend.begin(read_only=False), backend.begin(read_only=False)
    first.connect()
    with pytest.raises(Conflict) as caught:
        second.connect()
    assert caught.value.retryable
    first.rollback()
    second.connect()
    second.rollback()
    backend.close()


def test_a_unit_that_only_reads_cannot_write_and_the_next_one_can(backend: SqlBackend) -> None:
    unit = backend.begin(read_only=True)
    with pytest.raises(ReadOnly):
        unit.insert(AUTHOR, [("a", "Ada", None, None, None)])
    unit.rollback()
    stored(backend, Author(name="Ada"))
    assert names(backend) == ["Ada"]


def test_connections_keep_references_and_write_ahead(backend: SqlBackend) -> None:
    unit = backend.begin(read_only=True)
    unit.connect()
    found = {
        name: unit._cursor.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "query_only")
    }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "query_only": 1}
    assert unit._connection.dbapi_connection.isolation_level is None  # type: ignore[union-attr]
    unit.rollback()


def test_a_row_that_a_cascade_takes_first_is_counted(tmp_path: Path) -> None:
    from newel_data.kit.models import MODELS as KIT_MODELS
    from newel_data.kit.models import Topic
    from newel_data.tree import delete

    models = Models(KIT_MODELS)
    backend = opened(tmp_path, models)
    backend.sync()
    unit = backend.begin(read_only=False)
    unit.insert(models.table(Topic), [("root", "root", None), ("leaf", "leaf", "root")])
    assert unit.delete(delete(models.table(Topic))) == 2
    unit.rollback()
    backend.close()


# --- streams


def test_a_stream_holds_few_rows_at_a_time(backend: SqlBackend) -> None:
    ada = Author(name="Ada")
    stored(backend, ada)
    db = database(backend)
    body = "x" * 1000
    db.add_all(Notice(title=f"n{number}", author=ada, group=body) for number in range(3000))
    db.finish()
    db.close()
    unit = backend.begin(read_only=True)
    tracemalloc.start()
    count = sum(len(batch) for batch in unit.stream(select(MODELS.table(Notice)), 50))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    unit.rollback()
    assert count == 3000
    assert peak < 1_000_000


def test_a_stream_ends_early_and_the_unit_goes_on(backend: SqlBackend) -> None:
    stored(backend, *(Author(name=f"a{number}") for number in range(10)))
    unit = backend.begin(read_only=True)
    batches = unit.stream(select(AUTHOR), 3)
    assert len(next(iter(batches))) == 3
    batches.close()  # type: ignore[attr-defined]
    assert len(unit.select(select(AUTHOR))) == 10
    unit.rollback()
