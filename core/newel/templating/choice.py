"""Several engines in one application: which one renders a page."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Final, final

from newel.contracts.templates import TemplateError, TemplateFault, TemplateNotFound, Templates
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

    def differences(self) -> list[TemplateFault]:
        """Compare the templates that exist twice: both read the same values, or one of them is behind the other.

        A template that does not compile is left to `check`.
        """
        faults: list[TemplateFault] = []
        for name in self.twice():
            with contextlib.suppress(TemplateError, TemplateNotFound):
                faults += self._compared(name)
        return faults

    def _compared(self, name: str) -> Iterator[TemplateFault]:
        engines = [engine for engine in self._engines if engine.has(name)]
        everywhere = frozenset[str]().union(*(engine.reads(name) for engine in engines))
        for engine in engines:
            missing = everywhere - engine.reads(name)
            file = engine.find(name)
            if missing and file is not None:
                words = ", ".join(map(repr, sorted(missing)))
                yield TemplateFault(
                    name, file.file, 0, f"does not read {words}, which the same page of another engine does"
                )

    def _near(self, name: str) -> list[str]:
        from_all = sorted({file.name for engine in self._engines for file in engine.files()})
        near = nearest(name, from_all)
        return [near] if near else []
