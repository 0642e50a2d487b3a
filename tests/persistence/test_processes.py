"""Several processes on one database: spawned, forked and killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from multiprocessing.pool import Pool

import pytest

from newel_data import UnitClosed
from newel_data.kit import Kit
from newel_data.kit.models import Account, Topic
from newel_data.kit.patience import patiently
from newel_data.kit.races import MONEY, PURSES, RACES, prepare_purses, transfer
from tests.forks import in_fork
from tests.persistence import processes
from tests.persistence.processes import PROCESSES, THREADS, count, race
from tests.persistence.stores import Store
from tests.services import PATIENCE, ROOT

pytestmark = pytest.mark.faults


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with processes.pool() as pool:
        yield pool


@pytest.fixture(scope="module")
def shared(store: Store) -> Iterator[tuple[Kit, str]]:
    """One database for all races."""
    with store.kit(timeout=10) as opened:
        yield opened


@pytest.mark.parametrize("name", RACES)
def test_four_processes_race_as_threads_do(shared: tuple[Kit, str], pool: Pool, name: str) -> None:
    kit, url = shared
    kit.clean()
    RACES[name].prepare(kit)
    pool.starmap(race, [(url, name, number) for number in range(PROCESSES)], chunksize=1)
    RACES[name].check(kit, PROCESSES * THREADS)


# --- forks


def codes(kit: Kit) -> list[str]:
    with kit.unit(read_only=True) as db:
        return [account.code for account in db.query(Account).order_by(Account.code)]


def test_a_fork_has_connections_of_its_own(store: Store) -> None:
    with store.kit() as (kit, _):
        kit.stored(Account(code="before"))
        for number in range(3):
            in_fork(lambda number=number: kit.stored(Account(code=f"fork {number}")))  # type: ignore[misc]
            kit.stored(Account(code=f"parent {number}"))
        assert len(codes(kit)) == 7


def test_a_fork_neither_commits_nor_rolls_back_what_its_parent_began(store: Store) -> None:
    with store.kit() as (kit, _):
        db = kit.database()
        db.add(Account(code="parent"))

        def end() -> None:
            for refused in (lambda: db.add(Account(code="fork")), lambda: db.finish(200)):
                with pytest.raises(UnitClosed, match="fork"):
                    refused()
            db.close()
            assert codes(kit) == []

        in_fork(end)
        db.finish(200)
        db.close()
        assert codes(kit) == ["parent"]


# --- kill -9


def test_a_killed_application_leaves_no_half_of_a_unit(store: Store) -> None:
    with store.kit(timeout=10) as (kit, url):
        prepare_purses(kit)
        kit.stored(Account(code="counter"))
        for rounds in (1, 2):
            _run_and_kill(url, commits=12)
            with kit.unit(read_only=True) as db:
                counted = db.query(Account).where(Account.code == "counter").all()[0].hits
                assert db.query(Topic).count() == counted >= 12 * rounds
                purses = sum(account.hits for account in db.query(Account).where(Account.code.prefix("purse")))
            assert purses == PURSES * MONEY
        patiently(partial(_transfer, kit))


def _run_and_kill(url: str, *, commits: int) -> None:
    command = [sys.executable, "-m", "tests.persistence.processes", url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as application:
        assert application.stdout is not None
        watchdog = threading.Timer(PATIENCE, application.kill)
        watchdog.start()
        for _ in range(commits):
            assert application.stdout.readline() == b"committed\n"
        application.kill()
        watchdog.cancel()


def _transfer(kit: Kit) -> None:
    """Write what the killed application was writing: MongoDB keeps that locked for a while."""
    with kit.unit() as db:
        transfer(db, 0, 1)
        count(db)
