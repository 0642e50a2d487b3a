"""The bounds and choices of a field as port values: refused with the model, so that none fails at its first use."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from newel_data.errors import DataError
from newel_data.kinds import Complain
from newel_data.schema import Type
from newel_data.values import Rules


def port_limits(rules: Rules, complain: Complain) -> Type:
    """Return the type of these rules with its bounds and choices as they are compared, after complaining of others."""
    type_ = rules.type
    if type_.element is not None:
        return replace(type_, element=port_limits(rules.item(), complain))
    least = _limit(rules, "minimum", type_.minimum, complain)
    most = _limit(rules, "maximum", type_.maximum, complain)
    choices = type_.choices and tuple(_limit(rules, "choice", each, complain) for each in type_.choices)
    if (least is not None and most is not None and least > most) or choices == ():
        complain("has limits that leave no value.", "correct minimum, maximum or choices.")
    return replace(type_, minimum=least, maximum=most, choices=choices)


def _limit(rules: Rules, what: str, value: Any, complain: Complain) -> Any:
    """Return a limit as it is stored, or None: where there is none, or it is no value of the field."""
    if value is None:
        return None
    free = replace(rules.type, minimum=None, maximum=None, choices=None)
    try:
        return Rules(rules.model, rules.field, free, normalize=rules.normalize).stored(value)
    except DataError as error:
        complain(f"has the {what} {value!r}, which is none of its values ({error}).", f"correct the {what}.")
        return None
