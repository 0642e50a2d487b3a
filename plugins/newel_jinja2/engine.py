"""Jinja2 as the contract `Templates` wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, final

import jinja2

from newel.contracts.templates import TemplateSettings, undefined
from newel.templating.engine import TemplateEngine, in_pieces
from newel.templating.files import Source
from newel.templating.outline import Outline
from newel_jinja2.environment import PageEnvironment, UndefinedName

FORMAT = "1"
"""Changes when this plugin compiles a template to other code than before."""


@final
class Jinja2Templates(TemplateEngine[jinja2.Template]):
    """Jinja2 with the contract's rules: `.jinja` beside the logical name.

    There are two environments, one for templates that escape and one for those that do not; one page never uses both.
    """

    extension: ClassVar[str] = ".jinja"
    version: ClassVar[str] = f"{jinja2.__version__} {FORMAT}"

    def __init__(self, settings: TemplateSettings) -> None:
        super().__init__(settings)
        self._environments = {
            escapes: PageEnvironment(self.load, self.not_found, settings.filters, escapes=escapes)
            for escapes in (True, False)
        }

    def compile(self, source: Source) -> jinja2.Template:
        """Compile a template, or take its code from the folder of compiled templates."""
        environment = self._environments[source.escapes]
        code = self.code_of(source, environment.translate)
        return jinja2.Template.from_code(environment, code, environment.globals)

    def run(self, compiled: jinja2.Template, values: Mapping[str, Any]) -> str:
        """Return the text of a template."""
        return "".join(compiled.root_render_func(compiled.new_context(values)))  # type: ignore[arg-type]

    def pieces(self, compiled: jinja2.Template, values: Mapping[str, Any]) -> Iterator[str]:
        """Give the text of a template piece by piece, while it is rendered."""
        return in_pieces(compiled.root_render_func(compiled.new_context(values)))  # type: ignore[arg-type]

    def outline(self, source: Source) -> Outline:
        """Read what is written down in a template."""
        return self._environments[source.escapes].outline(source)

    def explain(self, error: Exception, values: Mapping[str, Any]) -> str:
        """Say in one line what an exception that left a template means."""
        if isinstance(error, UndefinedName):
            return undefined(error.name, values)
        if isinstance(error, jinja2.TemplateError):
            return error.message or str(error)
        return super().explain(error, values)
