"""The plugin: supplies the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from newel import Plugin, Provider, hookimpl
from newel.contracts.templates import Templates, TemplateSettings
from newel_mako.engine import MakoTemplates


@dataclass(frozen=True)
class MakoConfig:
    """The section [mako].

    cache  a folder for compiled templates, so that a process need not compile them when it starts; it must belong to
           whoever runs the application, and to nobody else
    """

    cache: Path | None = None


class MakoPlugin(Plugin):
    """Mako templates, in files ending with `.mako`."""

    name: ClassVar[str] = "mako"
    Config: ClassVar[type[Any] | None] = MakoConfig

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply the engine."""
        yield Provider(contract=Templates, key="mako", scope="app", open=self._open)

    def _open(self, settings: TemplateSettings) -> Templates:
        return MakoTemplates(msgspec.structs.replace(settings, cache=self.config.cache or settings.cache))
