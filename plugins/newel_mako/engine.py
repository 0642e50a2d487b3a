"""Mako as the contract `Templates` wants it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any, ClassVar, Final, final

import mako
from mako.exceptions import CompileException, SyntaxException

from newel.contracts.templates import TemplateError, TemplateNotFound, TemplateSettings, undefined
from newel.templating.engine import TemplateEngine, in_pieces
from newel.templating.files import Source
from newel.templating.outline import Outline
from newel_mako.compiler import translate
from newel_mako.guard import Guard
from newel_mako.lexer import PageLexer
from newel_mako.reading import outline_of
from newel_mako.runtime import Lookup, Names, render, stream
from newel_mako.scopes import settle

FORMAT: Final = "1"
"""Changes when this plugin compiles a template to other code than before."""

_UNBOUND: Final = re.compile(r"variable '(\w+)'|name '(\w+)'")
_WHERE: Final = re.compile(r" (in file '[^']*' )?at line: \d+ char: \d+$")


@final
class MakoTemplates(TemplateEngine[Any]):
    """Mako with the contract's rules: `.mako` beside the logical name."""

    extension: ClassVar[str] = ".mako"
    version: ClassVar[str] = f"{mako.__version__} {FORMAT}"

    def __init__(self, settings: TemplateSettings) -> None:
        super().__init__(settings)
        self._names: Final = {escapes: Names(escapes, settings.filters) for escapes in (True, False)}
        self._lookup: Final = Lookup(self._other)

    def compile(self, source: Source) -> Any:
        """Compile a template, or take its code from the folder of compiled templates."""
        return self._names[source.escapes].template(self.code_of(source, self._translate), source, self._lookup)

    def run(self, compiled: Any, values: Mapping[str, Any]) -> str:
        """Return the text of a template."""
        return render(compiled, values)

    def pieces(self, compiled: Any, values: Mapping[str, Any]) -> Iterator[str]:
        """Give the text of a template piece by piece, while it is rendered."""
        return in_pieces(stream(compiled, values))

    def outline(self, source: Source) -> Outline:
        """Read what is written down in a template."""
        return outline_of(self._tree(source))

    def explain(self, error: Exception, values: Mapping[str, Any]) -> str:
        """Say in one line what an exception that left a template means."""
        if isinstance(error, NameError) and (name := _UNBOUND.search(str(error))):
            return undefined(name[1] or name[2], values)
        return super().explain(error, values)

    def _translate(self, source: Source) -> CodeType:
        try:
            return translate(self._tree(source), source)
        except (CompileException, SyntaxException) as error:
            raise _told(error, source) from error

    def _tree(self, source: Source) -> Any:
        """Parse a template and refuse what the contract does not allow."""
        try:
            tree = PageLexer(source.text, source.file).parse()
            Guard(tree, source, self._names[source.escapes].filters).check()
            settle(tree)
        except (CompileException, SyntaxException) as error:
            raise _told(error, source) from error
        except SyntaxError as error:
            raise source.error(0, self.explain(error, {})) from error
        return tree

    def _other(self, name: str, of: str | None) -> Any:
        try:
            return self.load(name, of)
        except TemplateNotFound as error:
            raise TemplateError(name, name, 0, "", self.not_found(error)) from error


def _told(error: Any, source: Source) -> TemplateError:
    return source.error(error.lineno, _WHERE.sub("", str(error)))
