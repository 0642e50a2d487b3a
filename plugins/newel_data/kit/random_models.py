"""Generated models: any fields with any options, rows of theirs, and whether they come back and are found alike.

Needs hypothesis.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import new_class
from typing import Any, Final
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from newel_data.errors import DataError
from newel_data.fields import Field, field
from newel_data.kit.generated import LETTERS, VALUES, shown
from newel_data.kit.harness import Kit, OpenBackend
from newel_data.kit.models import Colour, Rank
from newel_data.model import Model
from newel_data.models import Models

ANY_FIELD: Final[Any] = Field

KINDS: Final[dict[Any, st.SearchStrategy[Any]]] = {
    str: st.text(LETTERS, max_size=12),
    int: VALUES["whole"],
    float: VALUES["real"],
    Decimal: st.decimals(-999, 999, allow_nan=False, allow_infinity=False, places=2),
    bool: st.booleans(),
    bytes: st.binary(max_size=12),
    datetime: VALUES["moment"],
    date: st.dates(),
    time: st.times(),
    timedelta: VALUES["span"],
    UUID: st.uuids(),
    Colour: st.sampled_from(Colour),
    Rank: st.sampled_from(Rank),
    list[str]: st.lists(st.text(LETTERS, max_size=4), max_size=3),
}


class FieldPlan(msgspec.Struct, frozen=True):
    """A field to be declared: its type, whether it may be None, and its options."""

    kind: Any
    nullable: bool
    options: dict[str, Any]


class ModelPlan(msgspec.Struct, frozen=True):
    """A model to be declared, with rows for it; some break its rules."""

    fields: dict[str, FieldPlan]
    rows: list[dict[str, Any]]


@st.composite
def models(draw: st.DrawFn) -> ModelPlan:
    """Draw a model of one to five fields, and rows of it."""
    names = draw(st.lists(st.sampled_from(["a", "order", "x1", "name", "group_by"]), min_size=1, unique=True))
    fields = {name: draw(_fields()) for name in names}
    row = st.fixed_dictionaries({name: _values(plan) for name, plan in fields.items()})
    return ModelPlan(fields, draw(st.lists(row, min_size=1, max_size=5)))


@st.composite
def _fields(draw: st.DrawFn) -> FieldPlan:
    kind = draw(st.sampled_from(list(KINDS)))
    options: dict[str, Any] = {}
    if kind is Decimal:
        options |= {"precision": 8, "scale": 2}
    if kind in {str, bytes}:
        options["max_length"] = draw(st.integers(3, 12))
    if kind is str:
        options["case_insensitive"] = draw(st.booleans())
    if kind is int and draw(st.booleans()):
        options |= {"minimum": -2, "maximum": 5}
    if kind != list[str]:
        options |= {"unique": draw(st.booleans()), "index": draw(st.booleans())}
    return FieldPlan(kind, draw(st.booleans()), options)


def _values(plan: FieldPlan) -> st.SearchStrategy[Any]:
    return st.none() | KINDS[plan.kind] if plan.nullable else KINDS[plan.kind]


def declared(plan: ModelPlan) -> type[Model]:
    """Declare the model of a plan."""
    annotations = {name: ANY_FIELD[f.kind | None if f.nullable else f.kind] for name, f in plan.fields.items()}
    body = {name: field(**each.options) for name, each in plan.fields.items()}
    body |= {"__annotations__": annotations, "__module__": __name__}
    return new_class("Generated", (Model,), {}, lambda namespace: namespace.update(body))


def outcome(open_backend: OpenBackend, plan: ModelPlan) -> list[Any]:
    """Store each row in a unit of its own; return what was refused, and all rows in the order of each field."""
    model = declared(plan)
    kit = Kit(open_backend, Models([model]))
    try:
        found: list[Any] = [_stored(kit, model, f"{number:02}", row) for number, row in enumerate(plan.rows)]
        with kit.unit(read_only=True) as db:
            for name, each in plan.fields.items():
                column = getattr(model, name)
                if each.kind != list[str]:
                    found.append([shown(obj) for obj in db.query(model).order_by(column.desc())])
                values = [row[name] for row in plan.rows if row[name] is not None]
                found += [sorted(obj.id for obj in db.query(model).where(column == value)) for value in values]
        return found
    finally:
        kit.close()


def _stored(kit: Kit, model: Any, key: str, row: dict[str, Any]) -> Any:
    db = kit.database()
    try:
        obj = db.add(model(id=key, **row))
        db.finish(200)
    except DataError as error:
        return error.http_status
    finally:
        db.close()
    return shown(obj)
