"""What a compiled Mako template runs in: its module, the context of one page, and how it finds other templates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any, Final, final
from urllib.parse import quote_plus

from mako import runtime
from mako.template import ModuleTemplate
from mako.util import FastEncodingBuffer
from markupsafe import Markup

from newel.contracts.templates import TemplateFunction
from newel.templating.files import Source
from newel.templating.markup import FUNCTIONS, SAFE, Filter, escape, filters_of, last_step, marker, to_plain
from newel_mako.compiler import FILTER, LAST_STEP, MARK, RUNTIME
from newel_mako.streaming import INCLUDE, MEMBER, drained, stream_include, stream_member, twin_of


def quoted(value: object) -> str:
    """Quote a text for a part of a URL's query: Mako's `u`."""
    return quote_plus(to_plain(value))


_BUILTINS: Final = {"__import__": __import__, "dict": dict, "hasattr": hasattr, "locals": locals, "KeyError": KeyError}
"""The built-in functions that Mako's generated code calls. A template reaches none of them."""


OWN_FILTERS: Final[Mapping[str, Filter]] = {"h": escape, "u": quoted}
"""Filters that authors know from Mako. `h` marks what it escapes, so that nothing is escaped twice."""


@final
class Names:
    """What the modules of compiled templates hold beside their code: one for those that escape, one for the others."""

    __slots__ = ("filters", "names")

    def __init__(self, escapes: bool, added: Mapping[str, TemplateFunction]) -> None:
        self.filters: Final = filters_of(escapes, {**OWN_FILTERS, **added})
        self.names: Final[dict[str, Any]] = {
            "__builtins__": _BUILTINS,
            LAST_STEP: last_step(escapes),
            MARK: marker(escapes),
            RUNTIME: runtime,
            MEMBER: stream_member,
            INCLUDE: stream_include,
            FILTER + SAFE: Markup,
            **{FILTER + name: function for name, function in self.filters.items()},
        }

    def template(self, code: CodeType, source: Source, lookup: Lookup) -> Any:
        """Make the template of compiled code."""
        module = ModuleType(f"newel_mako:{source.file}")
        module.__dict__.update(self.names)
        exec(code, module.__dict__)  # noqa: S102 - compiled from the programmer's template
        return ModuleTemplate(module, template_filename=source.file, lookup=lookup)


@final
class Lookup:
    """Finds other templates for Mako's runtime: names are relative to the roots, from wherever they are asked for."""

    __slots__ = ("_load",)

    def __init__(self, load: Callable[[str, str | None], Any]) -> None:
        self._load: Final = load

    def adjust_uri(self, uri: str, relativeto: str | None) -> tuple[str, str | None]:
        """Keep the name as it is, with the template that asks."""
        return uri, relativeto

    def get_template(self, asked: tuple[str, str | None]) -> Any:
        """Return the template of a name."""
        return self._load(*asked)


@final
class PageContext(runtime.Context):  # type: ignore[misc]
    """The values of one page. Nothing else is defined but the shared functions: no built-in function of Python."""

    def __init__(self, template: Any, values: Mapping[str, Any]) -> None:
        # NOTE: Mako's own __init__ takes the values as keyword arguments, so that none could be named `buffer`
        self._buffer_stack = [FastEncodingBuffer()]
        self._kwargs = values
        self._with_template = template
        self._outputting_as_unicode = True
        self.namespaces: dict[Any, Any] = {}
        self.caller_stack = runtime.CallerStack()
        self._data = {**FUNCTIONS, **values, "caller": self.caller_stack}
        self._data["capture"] = functools.partial(captured, self)

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default."""
        return self._data.get(key, default)

    def _copy(self) -> PageContext:
        copy = PageContext.__new__(PageContext)
        copy.__dict__.update(self.__dict__)
        copy._data = self._data.copy()
        return copy


def captured(context: PageContext, function: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """Return what a def or block prints, marked as escaped already."""
    text = runtime.capture(context, function, *arguments, **named)
    mark: Callable[[str], str] = vars(context._with_template.module)[MARK]
    return mark(text)


def render(template: Any, values: Mapping[str, Any]) -> str:
    """Return the text of a template: it begins at the far end of its inheritance."""
    context = PageContext(template, values)
    function, context_of_function = runtime._populate_self_namespace(context, template)
    function(context_of_function, **values)
    text: str = context._pop_buffer().getvalue()
    return text


def stream(template: Any, values: Mapping[str, Any]) -> Iterator[str]:
    """Give the text of a template piece by piece, while it is rendered."""
    context = PageContext(template, values)
    function, context_of_function = runtime._populate_self_namespace(context, template)
    return drained(context._buffer_stack[0], twin_of(function)(context_of_function, **values))
