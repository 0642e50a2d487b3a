"""The closed set of models: names, references and indexes checked together, and the tables that a backend sees.

All that is wrong with all of them is found at once. A model outside the set is an error where it is first used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, final

from newel.errors import BootError, Problem, ProblemError, place_of
from newel_data.declaration import Declaration
from newel_data.indexes import MAX_INDEX, index_of, index_problems, problem_of, without_needless
from newel_data.kinds import MAX_FOREIGN, foreign_name, good_name
from newel_data.model import Model
from newel_data.objects import Mapper
from newel_data.schema import StoredField, Table

ModelType = type[Model]

_GOOD_TABLE: Final = (
    f"give it a table= of ASCII letters, digits and underscores, beginning with a letter, {MAX_FOREIGN} at most."
)


@final
class Models:
    """A closed set of models. Made by boot from `[data] models` and the hook `newel_models`, or by hand.

    `prefixes` gives a model of a plugin the plugin's short name, which its stored name begins with. Raises `BootError`
    with every problem of every model.
    """

    def __init__(self, models: Iterable[ModelType], prefixes: Mapping[ModelType, str] | None = None) -> None:
        self._given: Final = tuple(dict.fromkeys(models))
        self._prefixes: Final = prefixes or {}
        self._check()
        made = {model: self._table(model) for model in self._given}
        self._tables: Final[dict[type[Any], Table]] = made
        self.tables: Final = _in_order(made)
        self.referring: Final = {table.model: self._referring(table) for table in self.tables}
        self._walked: Final = frozenset(table.model for table in self.tables if self._needs_walk(table))

    def __repr__(self) -> str:
        return f"<Models {', '.join(table.name for table in self.tables)}>"

    def table(self, model: type[Any]) -> Table:
        """Return the table of a model. Raises `ProblemError` for one outside the set, `TypeError` for what is none."""
        try:
            return self._tables[model]
        except (KeyError, TypeError):
            raise self._outside(model) from None

    def mapper(self, table: Table) -> Mapper:
        """Return what turns the rows of a table into objects and back."""
        declaration: Declaration = table.model.__declaration__
        return declaration.mapper

    def walks(self, table: Table) -> bool:
        """Tell whether a delete is walked by newel_data even where the database has foreign keys.

        So it is where their answer would depend on their order, or be another: a cascade that comes back to a row or
        reaches it in two ways, one of them restricted; and where a reference set to None has a version to count up.
        """
        return table.model in self._walked

    # --- references

    def _referring(self, table: Table) -> tuple[tuple[Table, StoredField], ...]:
        """Return every reference that leads to a table, with the table that has it."""
        return tuple(
            (other, field)
            for other in self.tables
            for field in other.references
            if field.reference is not None and field.reference.target is table.model
        )

    def cascade(self, table: Table) -> tuple[Table, ...]:
        """Return the tables that a delete may remove rows of, beginning with this one, each once."""
        found = [table]
        for each in found:
            found += [
                other
                for other, field in self.referring[each.model]
                if field.reference is not None and field.reference.on_delete == "cascade" and other not in found
            ]
        return tuple(found)

    def _needs_walk(self, table: Table) -> bool:
        removed = self.cascade(table)
        edges = [(other, field.reference) for each in removed for other, field in self.referring[each.model]]
        return any(
            (reference.on_delete == "restrict" and other in removed)
            or (reference.on_delete == "cascade" and (other is table or _comes_back(self, other)))
            or (reference.on_delete == "set_null" and other.version is not None)
            for other, reference in edges
            if reference is not None
        )

    # --- checking

    def _check(self) -> None:
        names = _unambiguous(self._given)
        problems: list[Problem] = []
        for model in self._given:
            model.__declaration__.resolve(names)
            problems += model.__declaration__.problems
            problems += self._problems(model)
        problems += self._collisions()
        if problems:
            raise BootError(problems)

    def _problems(self, model: ModelType) -> list[Problem]:
        declaration = model.__declaration__
        if declaration.abstract:
            return [problem_of(declaration, "is a base of models (abstract=True).", "list the models below it.")]
        problems = []
        if not (good_name if declaration.given_table is None else foreign_name)(self._name(model)):
            what = f"is stored as {self._name(model)!r}, which is no name everywhere."
            problems.append(problem_of(declaration, what, _GOOD_TABLE))
        if (declaration.fields["id"].options.max_length or 0) > MAX_INDEX:
            problems.append(problem_of(declaration, "has a key too long to index.", f"shorten it to {MAX_INDEX}."))
        for wish in declaration.wishes:
            problems += index_problems(declaration, wish)
        for field in declaration.stored:
            target = field.reference.target if field.reference is not None else model
            if target not in self._given:
                what = f"refers by {field.name!r} to {target.__name__}, which is not in the set of models."
                problems.append(
                    problem_of(declaration, what, f"list the module of {target.__name__} in [data] models.")
                )
        return problems

    def _collisions(self) -> list[Problem]:
        seen: dict[str, ModelType] = {}
        problems: list[Problem] = []
        for model in self._given:
            other = seen.setdefault(self._name(model).lower(), model)
            if other is not model:
                problems.append(
                    Problem(
                        what=f"two models are stored as {self._name(model)!r}: {_path(other)} and {_path(model)}.",
                        places=(other.__declaration__.place, model.__declaration__.place),
                        remedy="give one of them another name by table=.",
                    )
                )
        return problems

    def _outside(self, model: Any) -> Exception:
        if not (isinstance(model, type) and issubclass(model, Model)):
            return TypeError(f"{model!r} is no model: a class is, that derives from newel_data.Model")
        problem = Problem(
            what=f"{_path(model)} was used, and is not in the closed set of models.",
            found=model.__name__,
            allowed=tuple(table.model.__name__ for table in self.tables),
            places=(place_of(model),),
            remedy=f"list its module ({model.__module__}) in [data] models.",
        )
        return ProblemError(problem)

    # --- tables

    def _name(self, model: ModelType) -> str:
        prefix = "" if model.__declaration__.existing else self._prefixes.get(model, "")
        name = model.__declaration__.table
        return f"{prefix}_{name}" if prefix else name

    def _table(self, model: ModelType) -> Table:
        declaration, name = model.__declaration__, self._name(model)
        stored = declaration.stored
        indexes = [index_of(declaration, name, wish) for wish in declaration.wishes]
        return Table(
            name=name,
            model=model,
            fields=stored,
            key=stored[0],
            version=next((field for field in stored if field.role == "version"), None),
            references=tuple(field for field in stored if field.reference is not None),
            indexes=tuple(without_needless(indexes)),
            existing=declaration.existing,
        )


def _unambiguous(models: Iterable[ModelType]) -> dict[str, ModelType]:
    """Return the models by the names of their classes, without names that several have."""
    names: dict[str, list[ModelType]] = {}
    for model in models:
        names.setdefault(model.__name__, []).append(model)
    return {name: found[0] for name, found in names.items() if len(found) == 1}


def _in_order(tables: Mapping[ModelType, Table]) -> tuple[Table, ...]:
    """Return the tables so that what is referred to comes first, as far as cycles allow; else as given."""
    placed: dict[type[Any], Table] = {}

    def place(model: type[Any], waiting: frozenset[type[Any]]) -> None:
        if model in placed or model in waiting:
            return
        for field in tables[model].references:
            if field.reference is not None:
                place(field.reference.target, waiting | {model})
        placed[model] = tables[model]

    for model in tables:
        place(model, frozenset())
    return tuple(placed.values())


def _comes_back(models: Models, table: Table) -> bool:
    """Tell whether a cascade from a table may come back to it."""
    return any(
        other is table and field.reference is not None and field.reference.on_delete == "cascade"
        for each in models.cascade(table)
        for other, field in models.referring[each.model]
    )


def _path(model: type[Any]) -> str:
    return f"{model.__module__}.{model.__qualname__}"
