"""What the functions that plugins give to templates are for one page: the same functions in every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import msgspec

from newel.scope import Scope

TemplateFunction = Callable[..., Any]


@final
class TemplateNames(msgspec.Struct, frozen=True):
    """The functions every template may call. A function's leading contract parameters are supplied by the scope.

    `functions` holds each function with the contracts of these parameters. Nothing is opened before a page calls it.
    """

    functions: Mapping[str, tuple[TemplateFunction, Sequence[Any]]] = {}

    def of(self, scope: Scope) -> dict[str, TemplateFunction]:
        """Return the functions bound to one scope, by name."""
        return {
            name: supplied(function, contracts, scope) if contracts else function
            for name, (function, contracts) in self.functions.items()
        }


def supplied(function: TemplateFunction, contracts: Sequence[Any], scope: Scope) -> TemplateFunction:
    """Return the function with its leading parameters opened in the scope when it is called."""

    def call(*arguments: Any, **named: Any) -> Any:
        return function(*(scope[contract] for contract in contracts), *arguments, **named)

    return call
