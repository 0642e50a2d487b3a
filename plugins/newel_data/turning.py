"""Turning rows: what a backend does where its driver's values and port values differ.

PERF: one comprehension a statement, written as text and compiled, as the standard library's dataclasses do it: it takes
two thirds of what cutting rows into columns and back takes, and a third for a single row. Nothing of the text comes
from outside: its names are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, final

Function = Callable[[Any], Any]
Row = Sequence[Any]
Turn = Callable[[Sequence[Row]], Sequence[Row]]


@final
class Turner:
    """Applies functions to some columns of rows, None left alone: encodes what is written, decodes what is read.

    `rows` turns rows, all of them of the width for which it was made; without functions they are returned as they are.
    """

    __slots__ = ("rows",)

    def __init__(self, functions: Sequence[Function | None]) -> None:
        self.rows: Final[Turn] = _made(functions) if any(functions) else _as_they_are

    def row(self, row: Row) -> Row:
        """Turn one row."""
        return self.rows((row,))[0]


def _as_they_are(rows: Sequence[Row]) -> Sequence[Row]:
    return rows


def _made(functions: Sequence[Function | None]) -> Turn:
    names = [f"v{number}" for number in range(len(functions))]
    items = [
        name if function is None else f"None if {name} is None else turn_{name}({name})"
        for name, function in zip(names, functions, strict=True)
    ]
    namespace: dict[str, Any] = {f"turn_{name}": function for name, function in zip(names, functions, strict=True)}
    exec(_ROWS.format(names=", ".join(names), items=", ".join(items)), namespace)  # noqa: S102
    return namespace["rows"]  # type: ignore[no-any-return]


_ROWS: Final = """
def rows(rows):
    return [({items},) for {names}, in rows]
"""
