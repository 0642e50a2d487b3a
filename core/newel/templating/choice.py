"""Several engines in one application: which one renders a page."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final, final

from newel.contracts.templates import TemplateNotFound, Templates
from newel.errors import nearest


@final
class EngineChoice:
    """Chooses the engine of a page: the nearest root decides, then the order of `[use] templates`.

    So an application's template overrides a plugin's in whichever engine either is written. A choice is kept, unless
    files may change (`reload`).
    """

    __slots__ = ("_chosen", "_engines", "_reload")

    def __init__(self, engines: Iterable[Templates], *, reload: bool = False) -> None:
        self._engines: Final = tuple(engines)
        self._chosen: Final[dict[str, Templates]] = {}
        self._reload: Final = reload

    def of(self, name: str) -> Templates:
        """Return the engine that renders the page of a name. Raises `TemplateNotFound`, as each engine would."""
        if not self._reload and name in self._chosen:
            return self._chosen[name]
        found = [(file.root, number) for number, engine in enumerate(self._engines) if (file := engine.find(name))]
        if not found:
            raise TemplateNotFound(name, near=self._near(name))
        chosen = self._engines[min(found)[1]]
        self._chosen[name] = chosen
        return chosen

    def twice(self) -> list[str]:
        """Return the names that more than one engine has a template of, in order: they are to print the same."""
        names = sorted(file.name for engine in self._engines for file in engine.files())
        return sorted({name for name, other in itertools.pairwise(names) if name == other})

    def _near(self, name: str) -> list[str]:
        from_all = sorted({file.name for engine in self._engines for file in engine.files()})
        near = nearest(name, from_all)
        return [near] if near else []
