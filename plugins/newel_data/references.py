"""A reference as queries see it: `Notice.author.name == "Ada"`, `include(Notice.author)`.

Type checkers see the other model's class; at run time it is a `Reference` that looks one step further.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, final

from newel_data.columns import Column
from newel_data.errors import NotPortable
from newel_data.tree import Condition


@final
class ReferenceColumn:
    """The reference of a model, on the class. Its attributes are the columns of the other model, one step away."""

    __slots__ = ("_columns", "column", "id", "model", "stored", "target", "via")

    def __init__(self, column: Column[str | None], target: type[Any]) -> None:
        self.column: Final = column
        """The id that the reference holds."""
        self.id: Final = column
        """The same, as queries name it: of the other side's key, what is stored here is asked."""
        self.model: Final = column.model
        self.stored: Final = column.field
        self.via: Final = column.target.via
        self.target: Final = target
        self._columns: Final[dict[str, Any]] = {}

    def __repr__(self) -> str:
        step = f"{self.via.name}." if self.via is not None else ""
        return f"{self.model.__name__}.{step}{self.stored.name}"

    def __getattr__(self, name: str) -> Any:
        if (found := self._columns.get(name)) is None:
            found = self._columns[name] = self._further(name)
        return found

    def _further(self, name: str) -> Any:
        if self.via is not None:
            raise NotPortable(
                f"{self!r}.{name}: a filter across two references",
                "not every backend can join",
                "ask in two steps: the ids of the rows between, then .id.in_(...) of them",
            )
        return self.target.__declaration__.column(name, via=self)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self._refuse("==")

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self._refuse("!=")

    def _refuse(self, operator: str) -> NoReturn:
        raise TypeError(f"{self!r} {operator} ... compares a model: write {self!r}.id {operator} an id")
