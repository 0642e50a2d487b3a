"""The plugin: supplies the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from newel import Plugin, Provider, hookimpl
from newel.contracts.templates import Templates, TemplateSettings
from newel_jinja2.engine import Jinja2Templates


@dataclass(frozen=True)
class Jinja2Config:
    """The section [jinja2].

    cache  a folder for compiled templates, so that a process need not compile them when it starts; it must belong to
           whoever runs the application, and to nobody else
    """

    cache: Path | None = None


class Jinja2Plugin(Plugin):
    """Jinja2 templates, in files ending with `.jinja`."""

    name: ClassVar[str] = "jinja2"
    Config: ClassVar[type[Any] | None] = Jinja2Config

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply the engine."""
        yield Provider(contract=Templates, key="jinja2", scope="app", open=self._open)

    def _open(self, settings: TemplateSettings) -> Templates:
        return Jinja2Templates(msgspec.structs.replace(settings, cache=self.config.cache or settings.cache))
