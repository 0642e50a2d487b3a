"""Indexes that models ask for: checked, named, and without those that another one makes needless."""

from __future__ import annotations

import zlib
from typing import Final

from newel.errors import Problem
from newel_data.declaration import Declaration, IndexWish
from newel_data.schema import Index, StoredField

MAX_INDEX: Final = 640
"""The most characters that the texts of one index sum to: MariaDB's index keys end at 3072 bytes of four each."""

_MAX_NAME: Final = 60


def index_of(declaration: Declaration, table: str, wish: IndexWish) -> Index:
    """Make the index that a class asks for, of the table of that name."""
    fields = tuple(_indexed(declaration, name) for name in wish.names)
    name = "_".join([table, *(field.column for field in fields), "key" if wish.unique else "idx"])
    if len(name) > _MAX_NAME:
        name = f"{name[: _MAX_NAME - 9]}_{zlib.crc32(name.encode()):08x}"
    return Index(name=name, fields=fields, names=wish.names, unique=wish.unique)


def _indexed(declaration: Declaration, name: str) -> StoredField:
    """Return what an index on a field holds: the folded companion, where there is one."""
    return declaration.folded.get(name) or next(field for field in declaration.stored if field.name == name)


def without_needless(indexes: list[Index]) -> list[Index]:
    """Leave out plain indexes that another index begins with, and one of two that are the same."""
    kept: list[Index] = []
    for index in sorted(indexes, key=lambda each: (not each.unique, -len(each.fields))):
        if not any(_does_as_well(other, index) for other in kept):
            kept.append(index)
    return [index for index in indexes if index in kept]


def _does_as_well(other: Index, index: Index) -> bool:
    """Tell whether an index finds whatever another would, and is unique where that is.

    A unique index may be without the rows that have a null in it, as MongoDB's is: by its first fields alone not all
    rows are found there, where one of the others may be null.
    """
    first, more = other.fields[: len(index.fields)], other.fields[len(index.fields) :]
    if first != index.fields or (index.unique and not other.unique):
        return False
    return not more or not (index.unique or (other.unique and any(field.nullable for field in more)))


def index_problems(declaration: Declaration, wish: IndexWish) -> list[Problem]:
    """Return what is wrong with an index that a class asks for."""
    unknown = [name for name in wish.names if name not in declaration.fields]
    if unknown or not wish.names or len(set(wish.names)) < len(wish.names):
        return [
            problem_of(
                declaration,
                f"asks for an index over {wish.names!r}.",
                "name its fields, each once; for one field alone write unique=True or index=True on it. "
                "A conditional unique set is not portable: nulls are distinct, so a nullable field can stand for it.",
                unknown[0] if unknown else "",
                tuple(declaration.fields),
            )
        ]
    present = {field.name for field in declaration.stored}
    if not present.issuperset(wish.names):
        return []  # the field itself is a problem already
    fields = [_indexed(declaration, name) for name in wish.names]
    return [*_kind_problems(declaration, fields), *_length_problems(declaration, fields)]


def _kind_problems(declaration: Declaration, fields: list[StoredField]) -> list[Problem]:
    return [
        problem_of(
            declaration,
            f"indexes {field.name!r}, a {field.type.kind}; that is not portable.",
            "index a scalar field; a list is searched without an index.",
        )
        for field in fields
        if field.type.kind in {"list", "json"}
    ]


def _length_problems(declaration: Declaration, fields: list[StoredField]) -> list[Problem]:
    measured = [field for field in fields if field.type.kind in {"str", "bytes"}]
    unlimited = [field for field in measured if field.type.max_length is None]
    if unlimited:
        what = f"indexes {unlimited[0].name!r}, which has no max_length; servers refuse long index keys."
        return [problem_of(declaration, what, "declare field(max_length=...).")]
    length = sum(field.type.max_length or 0 for field in measured)
    if length <= MAX_INDEX:
        return []
    names = ", ".join(field.name for field in fields)
    what = f"indexes {length} characters ({names}); {MAX_INDEX} are what every server takes (case_insensitive: x 3)."
    return [problem_of(declaration, what, "shorten max_length, or index less.")]


def problem_of(
    declaration: Declaration, what: str, remedy: str, found: str = "", allowed: tuple[str, ...] = ()
) -> Problem:
    """Make the problem of a model, at the line of its class."""
    return Problem(
        what=f"{declaration.model.__name__} {what}",
        remedy=remedy,
        found=found,
        allowed=allowed,
        places=(declaration.place,),
    )
