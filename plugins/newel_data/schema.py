"""What a backend sees of the models: tables, stored fields, types, references and indexes.

Everything here is decided and checked before a backend sees it. Records are compared by identity: one model has one set
of `StoredField` for the life of the process, and one `Table` in each closed set of models (its name may carry a
plugin's prefix). They are therefore good keys of a cache.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

Kind = Literal[
    "str", "int", "float", "decimal", "bool", "bytes", "datetime", "date", "time", "timedelta", "uuid", "list", "json"
]  # fmt: skip

OnDelete = Literal["restrict", "cascade", "set_null"]

Role = Literal["key", "plain", "reference", "version", "folded"]


class Type(msgspec.Struct, frozen=True, kw_only=True):
    """The type of a stored field, as every backend must keep it.

    kind         which Python type crosses the port (see `newel_data.port`, "Values")
    min_length   the least number of code points (str), bytes (bytes) or items (list)
    max_length   the greatest; None: no limit but that of a document. Always set where an index holds the field
    minimum      the least value allowed, or None; for an int never None (64 bit at least)
    maximum      the greatest value allowed, or None; for an int never None
    choices      the only values allowed (an enum's values are choices), or None
    precision    of a decimal: all digits, 1 to 34
    scale        of a decimal: digits after the point, 0 to precision. Values have exactly that many
    element      of a list: the type of its items (never a list, json or nullable)
    """

    kind: Kind
    min_length: int = 0
    max_length: int | None = None
    minimum: Any = None
    maximum: Any = None
    choices: tuple[Any, ...] | None = None
    precision: int = 0
    scale: int = 0
    element: Type | None = None


class Reference(msgspec.Struct, frozen=True, eq=False):
    """Where a reference points: the model whose key is held, and what a delete of the other side does.

    `check="weak"`: the backend need not keep a concurrent delete of the parent and insert of a child apart.
    """

    target: type[Any]
    on_delete: OnDelete
    check: Literal["strict", "weak"] = "strict"


class StoredField(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One value of a row.

    name       the attribute of the model ("author"); what errors name
    column     the name it is stored under ("author_id"); `_id` in MongoDB for the key
    type       of the value; a reference has the type of the key it holds
    nullable   whether None is a value of it
    role       "folded" is the companion of a `case_insensitive` field: newel_data fills and reads it, a backend stores
               it as any other
    reference  where it points, for role "reference"
    """

    name: str
    column: str
    type: Type
    nullable: bool = False
    role: Role = "plain"
    reference: Reference | None = None

    def __repr__(self) -> str:
        return f"<{self.name}: {self.type.kind}{' | None' if self.nullable else ''}>"


class Index(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """An index of the database, unique or not.

    `fields` are what is indexed, in order; `names` are the attributes to name in a `UniqueViolation` (a folded
    companion is told as its field). In a unique index nulls are distinct: rows with a null in it never collide.
    """

    name: str
    fields: tuple[StoredField, ...]
    names: tuple[str, ...]
    unique: bool = False


class Table(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A model in a closed set of models: a table or a collection.

    `fields` is the order of a whole row: the key first, then as declared, each folded companion right after its field.
    `indexes` holds every index but that of the key; each reference has one that begins with it and holds all its rows.
    `existing`: something else made the table, and looks after it: `sync` leaves it alone, `verify` compares it.
    """

    name: str
    model: type[Any]
    fields: tuple[StoredField, ...]
    key: StoredField
    version: StoredField | None
    references: tuple[StoredField, ...]
    indexes: tuple[Index, ...]
    existing: bool = False

    def __repr__(self) -> str:
        return f"<Table {self.name}>"
