"""The plugin of SQL databases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from newel import Plugin, hookimpl
from newel.config import Configuration
from newel.errors import BootError, ProblemError
from newel.records import Provider
from newel_data.models import Models
from newel_data.port import Backend
from newel_sql.backend import SqlBackend, dialect_of
from newel_sql.config import SqlConfig


class SqlPlugin(Plugin):
    """Keeps the data of `newel_data` in a SQL database."""

    name: ClassVar[str] = "sql"
    requires: ClassVar[tuple[str, ...]] = ("data",)
    Config: ClassVar[type[Any] | None] = SqlConfig

    def __init__(self, config: SqlConfig) -> None:
        super().__init__(config)
        self.settings: Final = config

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply the backend, once for the application; its pool is closed at shutdown."""
        yield Provider(contract=Backend, scope="app", open=self._open, close=_close)

    @hookimpl
    def newel_collect(self) -> None:
        """Find out while booting that the server's driver is not installed."""
        try:
            dialect_of(self.settings)
        except ProblemError as error:
            raise BootError([error.problem]) from error

    def _open(self, models: Models, configuration: Configuration) -> SqlBackend:
        return SqlBackend(self.settings, models, configuration.folder)


def _close(backend: SqlBackend, error: BaseException | None) -> None:
    backend.close()
