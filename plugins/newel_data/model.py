"""`Model`, the base of every model: what is declared in a class is stored in a table or collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform

from newel_data.declaration import Declaration
from newel_data.fields import Field, field, identifier, key, ref, version
from newel_data.identity import new_id
from newel_data.objects import Tracked, key_of


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field, ref, key, version, identifier))
class Declarative(Tracked):
    """What models do. A class below `Model`, so that type checkers know `id` as a field of every model."""

    __slots__ = ()

    __declaration__: ClassVar[Declaration]

    def __init_subclass__(
        cls,
        *,
        table: str | None = None,
        unique: Sequence[Sequence[str]] = (),
        index: Sequence[Sequence[str]] = (),
        public: Sequence[str] = (),
        abstract: bool = False,
        existing: bool = False,
    ) -> None:
        super().__init_subclass__()
        cls.__declaration__ = Declaration(
            cls, table=table, unique=unique, index=index, public=public, abstract=abstract, existing=existing
        )

    def __init__(self, **values: Any) -> None:
        self.__dict__ = self.__declaration__.construct(values)
        self._row = self._unit = None

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.__dict__["id"] == other.__dict__["id"])

    def __hash__(self) -> int:
        return hash((type(self), self.__dict__["id"]))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__dict__['id']}>"

    def __public__(self) -> dict[str, Any]:
        """Return what may be rendered: the fields that the class lists as `public`, a reference as the id it holds.

        Raises `TypeError` for a model that lists none.
        """
        names, model = self.__declaration__.public, type(self).__name__
        if not names:
            raise TypeError(
                f"a {model} was to be rendered, and it declares nothing public: "
                f"class {model}(Model, public=(...)) says what anybody may see"
            )
        return {name: key_of(getattr(self, name)) for name in names}


class Model(Declarative, abstract=True):
    """The base of models.

    A class below it declares fields and references; `id` is there unless it is declared as a natural `key()`. Arguments
    of the class: `table` (its stored name, else the snake_case of the class), `unique` and `index` (sets of fields),
    `public` (the fields that may be rendered as data; without it none may), `abstract=True` for a base of models,
    `existing=True` for a table that something else made and looks after.

    Two objects are equal that are of one model and have one id. Models know no backend.
    """

    __slots__ = ()

    id: Field[str] = identifier(default_factory=new_id)
