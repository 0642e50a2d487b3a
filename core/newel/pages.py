"""What the functions that plugins give to templates are for one page: the same functions in every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import msgspec

from newel.scope import Scope

TemplateFunction = Callable[..., Any]


@final
class TemplateName(msgspec.Struct, frozen=True):
    """A function, and the contracts of those of its parameters that the scope supplies: the first ones, and by name."""

    function: TemplateFunction
    first: Sequence[Any] = ()
    named: Mapping[str, Any] = {}

    def of(self, scope: Scope) -> TemplateFunction:
        """Return the function bound to a scope, in which it opens what it asks for when it is called."""
        if not self.first and not self.named:
            return self.function

        def call(*arguments: Any, **named: Any) -> Any:
            supplied = {name: scope[contract] for name, contract in self.named.items()}
            return self.function(*(scope[contract] for contract in self.first), *arguments, **named, **supplied)

        return call


@final
class TemplateNames(msgspec.Struct, frozen=True):
    """The functions every template may call, by name. Nothing is opened for them before a page calls one."""

    functions: Mapping[str, TemplateName] = {}

    def of(self, scope: Scope) -> dict[str, TemplateFunction]:
        """Return the functions bound to one scope, by name."""
        return {name: found.of(scope) for name, found in self.functions.items()}
