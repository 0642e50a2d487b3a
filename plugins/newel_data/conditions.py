"""Looking into conditions: which model they are about, and whether they look across a reference."""

from __future__ import annotations

from typing import Any, Final

from newel_data.errors import NotPortable
from newel_data.schema import Table
from newel_data.tree import And, Compare, Condition, Null, Or, Target

MAX_COMPARISONS: Final = 500
"""The most comparisons of one query; an `in_` is one, whatever the number of its values."""


def targets(condition: Condition) -> tuple[Target, ...]:
    """Return what the leaves of a condition look at."""
    if isinstance(condition, (Compare, Null)):
        return (condition.target,)
    if isinstance(condition, (And, Or)):
        return tuple([target for item in condition.items for target in targets(item)])
    return ()


def check_owned(table: Table, condition: Any) -> None:
    """Refuse what is no condition, or one about another model."""
    if not isinstance(condition, Condition):
        raise TypeError(
            f"where() takes conditions such as {table.model.__name__}.id == id, not {condition!r}; a comparison that "
            "Python answered itself has lost its column"
        )
    for target in targets(condition):
        field = target.field if target.via is None else target.via
        if field not in table.fields:
            raise TypeError(f"where() of {table.model.__name__} got a condition about {field!r} of another model")


def check_size(table: Table, condition: Condition) -> None:
    """Refuse a condition of more comparisons than every server takes: SQLite ends at a thousand, one in the other."""
    if len(condition.values) > MAX_COMPARISONS:
        raise NotPortable(
            f"where() of {table.model.__name__} with {len(condition.values)} comparisons",
            f"servers limit them, and {MAX_COMPARISONS} are what every one takes",
            "in_() takes many values as one comparison; or ask in several queries",
        )


def crosses(condition: Condition) -> bool:
    """Tell whether a condition looks across a reference."""
    return any(target.via is not None for target in targets(condition))
