"""The plugin of MongoDB."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from newel import Plugin, hookimpl
from newel.records import Provider
from newel_data.models import Models
from newel_data.port import Backend
from newel_data.profiles import Profile
from newel_mongo.backend import MongoBackend, profile_of
from newel_mongo.config import MongoConfig


class MongoPlugin(Plugin):
    """Keeps the data of `newel_data` in MongoDB."""

    name: ClassVar[str] = "mongo"
    requires: ClassVar[tuple[str, ...]] = ("data",)
    Config: ClassVar[type[Any] | None] = MongoConfig

    def __init__(self, config: MongoConfig) -> None:
        super().__init__(config)
        self.settings: Final = config

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply the backend, once for the application; its pool is closed at shutdown."""
        yield Provider(contract=Backend, scope="app", open=self._open, close=_close)

    @hookimpl
    def newel_database_profile(self) -> Profile:
        """Say whether there are transactions."""
        return profile_of(self.settings)

    def _open(self, models: Models) -> MongoBackend:
        return MongoBackend(self.settings, models)


def _close(backend: MongoBackend, error: BaseException | None) -> None:
    backend.close()
