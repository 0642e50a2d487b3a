"""A template engine as small as one can be, on what engines share: `$name` in files that end with `.dollar`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Template
from typing import Any, ClassVar

from newel import Plugin, Provider, hookimpl
from newel.contracts.templates import Templates
from newel.templating.engine import TemplateEngine
from newel.templating.files import Source
from newel.templating.outline import Bypass, Outline


class DollarTemplates(TemplateEngine[Template]):
    extension = ".dollar"

    def compile(self, source: Source) -> Template:
        template = Template(source.text)
        if not template.is_valid():
            raise source.error(1, "a dollar stands alone")
        return template

    def run(self, compiled: Template, values: Mapping[str, Any]) -> str:
        return compiled.substitute(values)

    def outline(self, source: Source) -> Outline:
        template = Template(source.text)
        bypasses = tuple(Bypass(1, "$safe") for name in template.get_identifiers() if name == "safe")
        return Outline(bypasses=bypasses, reads=frozenset(template.get_identifiers()))


class EuroTemplates(DollarTemplates):
    extension = ".euro"


class DollarPlugin(Plugin):
    name: ClassVar[str] = "dollar"

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        yield Provider(contract=Templates, key="dollar", scope="app", open=DollarTemplates)


class EuroPlugin(Plugin):
    name: ClassVar[str] = "euro"

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        yield Provider(contract=Templates, key="euro", scope="app", open=EuroTemplates)
