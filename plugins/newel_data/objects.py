"""Between objects and rows: what is written of an object, and objects made of what was read.

A row is read into an object without a call for each field: the loop that does it is made for the model, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, final

from newel.errors import nearest
from newel_data.errors import missing
from newel_data.schema import StoredField
from newel_data.values import Loader, Rules, fold

Values = dict[str, Any]
Write = Callable[[Values], Any]


class Tracked:
    """What every object of a model carries beside its values: the row it was read from, and the unit that did.

    `_row` is the snapshot (None: never loaded or added); `_unit` tells whether that unit was rolled back.
    """

    __slots__ = ("__dict__", "__weakref__", "_row", "_unit")

    __declaration__: ClassVar[Any]
    _row: Sequence[Any] | None
    _unit: Any


@final
class Mapper:
    """Rows of one model: writing and reading them."""

    __slots__ = ("_names", "_writers", "fields", "load", "loaders", "model")

    def __init__(self, model: type[Tracked], fields: Sequence[StoredField], rules: Mapping[str, Rules]) -> None:
        self.model: Final = model
        self.fields: Final = tuple(fields)
        self.loaders: Final[dict[str, Loader]] = {
            name: loader for name, rule in rules.items() if (loader := rule.loader()) is not None
        }
        self._names: Final = frozenset(field.name for field in fields if field.role != "folded")
        self._writers: Final = tuple(_writer(model, field, rules[field.name]) for field in fields)
        self.load: Final[Callable[[Iterable[Sequence[Any]], Any], list[Any]]] = _make_load(self)

    def row(self, values: Values) -> tuple[Any, ...]:
        """Return the row of an object's values, checked and normalised. Raises `ConstraintViolation`, `OutOfRange`."""
        if len(values) != len(self._names):
            self._refuse_strays(values)
        return tuple([write(values) for write in self._writers])

    def settle(self, obj: Tracked, row: Sequence[Any], unit: Any) -> None:
        """Let an object hold what was stored of it. A referenced object that it held stays, where it is the same."""
        values = vars(obj)
        for field, value in zip(self.fields, row, strict=True):
            if field.role == "reference":
                if key_of(values.get(field.name)) != value:
                    values[field.name] = value
            elif field.role != "folded":
                values[field.name] = self.python(field, value)
        obj._row, obj._unit = row, unit

    def python(self, field: StoredField, value: Any) -> Any:
        """Return the object's value of a port value."""
        loader = self.loaders.get(field.name)
        return value if loader is None or value is None else loader(value)

    def _refuse_strays(self, values: Values) -> None:
        for name in values.keys() - self._names:
            near = nearest(name, self._names)
            hint = f"; did you mean {near!r}?" if near else ""
            raise AttributeError(f"{self.model.__name__} has no field {name!r}, which was assigned{hint}", name=name)


def key_of(value: Any) -> Any:
    """Return the id that a reference holds: it may be an object, an id or None."""
    return vars(value)["id"] if isinstance(value, Tracked) else value


def stored_none(model: type[Any], field: StoredField) -> str | None:
    """Return what is stored of a None: null, or where a field of JSON takes no null, JSON's own.

    Raises `ConstraintViolation` where it is no value of the field.
    """
    if field.nullable:
        return None
    if field.type.kind == "json":
        return "null"
    raise missing(model.__name__, field.name)


def _writer(model: type[Tracked], field: StoredField, rules: Rules) -> Write:
    """Return the function that takes a field's port value out of an object's values."""
    name, stored = field.name, rules.stored
    if field.role == "folded":
        return lambda values: None if (value := values.get(name)) is None else fold(stored(value))
    if field.role == "reference":
        return _reference_writer(model, field, rules)

    def write(values: Values) -> Any:
        value = values.get(name)
        if value is not None:
            return stored(value)
        if name not in values and not field.nullable:
            raise missing(model.__name__, name)
        return stored_none(model, field)

    return write


def _reference_writer(model: type[Tracked], field: StoredField, rules: Rules) -> Write:
    target = field.reference.target if field.reference is not None else Tracked

    def write(values: Values) -> Any:
        value = values.get(field.name)
        if value is None:
            return stored_none(model, field)
        if isinstance(value, target):
            value = vars(value)["id"]
        elif not isinstance(value, str):
            rules.wrong_type(value, f"a {target.__name__} or its id")
        return rules.stored(value)

    return write


def _make_load(mapper: Mapper) -> Callable[[Iterable[Sequence[Any]], Any], list[Any]]:
    """Make the loop that turns rows into objects.

    PERF: as the standard library's dataclasses do, the function is written as text, because one dictionary display a
    row costs half of what building it in a loop does. Names in it are field names, which are checked identifiers.
    """
    variables = [f"v{number}" for number in range(len(mapper.fields))]
    items = [
        f"{field.name!r}: {_expression(field, variable, mapper.loaders)}"
        for field, variable in zip(mapper.fields, variables, strict=True)
        if field.role != "folded"
    ]
    source = _LOAD.format(variables=", ".join(variables), items=", ".join(items))
    loaders = {f"load_{name}": loader for name, loader in mapper.loaders.items()}
    namespace: dict[str, Any] = {"new": mapper.model.__new__, "model": mapper.model, **loaders}
    exec(source, namespace)  # noqa: S102
    return namespace["load"]  # type: ignore[no-any-return]


_LOAD: Final = """
def load(rows, unit):
    objects = []
    for row in rows:
        {variables}, = row
        obj = new(model)
        obj.__dict__ = {{{items}}}
        obj._row = row
        obj._unit = unit
        objects.append(obj)
    return objects
"""


def _expression(field: StoredField, variable: str, loaders: Mapping[str, Loader]) -> str:
    if field.name not in loaders:
        return variable
    call = f"load_{field.name}({variable})"
    return f"None if {variable} is None else {call}" if field.nullable else call
