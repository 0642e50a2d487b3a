"""The databases that these tests break: each with a backend that a URL opens, in this process or in another."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, final

import msgspec
import pytest
from pymongo import MongoClient

from newel_data.kit import Kit
from newel_data.kit.faults import Fault
from tests.databases import HASTY, IN_TIME, backend_at, new_database, own_mariadb, own_postgresql
from tests.services import LOOPBACK, NO_MONGODB, ServerProcess, mongodb_process, own_port


@final
class Store(msgspec.Struct, frozen=True):
    """A database system: what makes an empty database on it and returns its URL, and the process, if it is one."""

    new: Callable[[], str]
    process: ServerProcess | None = None

    @contextlib.contextmanager
    def kit(self, *, timeout: float = HASTY) -> Iterator[tuple[Kit, str]]:
        """Open the kit on an empty database; give the URL, too."""
        url = self.new()
        with contextlib.closing(Kit(partial(backend_at, url, timeout=timeout), faults=self)) as kit:
            try:
                yield kit, url
            finally:
                kit.release()

    @property
    def within(self) -> float:
        """Seconds in which a backend gives up: these are faults that the kit may bring about."""
        return IN_TIME

    @contextlib.contextmanager
    def during(self, fault: Fault) -> Iterator[None]:
        """Kill or suspend the process itself."""
        assert self.process is not None
        with {"down": self.process.killed, "silence": self.process.suspended}[fault]():
            yield
        self.new()  # waits until it is ready: a server listens before it has recovered


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[Store]:
    """Give SQLite, in files."""
    numbers = iter(range(1000))
    yield Store(lambda: f"sqlite:///{folder}/{next(numbers)}.db")


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[Store]:
    """Give PostgreSQL."""
    with own_postgresql() as (url, process):
        yield Store(lambda: new_database(url), process)


@contextlib.contextmanager
def mariadb(folder: Path) -> Iterator[Store]:
    """Give MariaDB."""
    with own_mariadb() as (url, process):
        yield Store(lambda: new_database(url), process)


@contextlib.contextmanager
def mongodb(folder: Path) -> Iterator[Store]:
    """Give MongoDB, which here ends the transactions of applications that are gone after two seconds, not sixty."""
    with own_port() as port:
        process = mongodb_process(folder, port, "rs0", "--dbpath", str(folder), "--transaction-lifetime-seconds", "2")
        if process is None:
            pytest.skip(NO_MONGODB)
        numbers = iter(range(1000))

        def new() -> str:
            url = f"mongodb://{LOOPBACK}:{port}/newel_{next(numbers)}?replicaSet=rs0"
            with MongoClient[Any](url) as client:
                client.admin.command("ping")
            return url

        with process.running():
            yield Store(new, process)


STORES: Final = {"sqlite": sqlite, "postgresql": postgresql, "mariadb": mariadb, "mongodb": mongodb}
SERVERS: Final = {name: store for name, store in STORES.items() if name != "sqlite"}
