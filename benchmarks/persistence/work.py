"""What every contestant does: the same rows into objects with the same values, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

import msgspec

AUTHORS: Final = 20
NOTICES: Final = 2000
FEW: Final = 12
MANY: Final = 1000
FIRST_DAY: Final = datetime(2024, 5, 1, 12, tzinfo=UTC)

STREAM_SIZE: Final = 500
"""How many rows a stream takes from its cursor at a time."""

INSERTED: Final = "f"
"""What the keys of inserted notices begin with, and no other's."""

Values = dict[str, Any]


class Store(Protocol):
    """One contestant on one database. Its tables are made and filled when it is made.

    A unit is whatever its operations need: a session, a connection, a `Database`. Notices have the attributes that
    `notice_values` names, and `author` where an author was asked for.
    """

    author: str
    """What a new notice takes its author's key as: "author" or "author_id"."""

    def unit(self, *, writes: bool) -> AbstractContextManager[Any]:
        """Open a unit of work: committed at the end, rolled back by an exception."""
        ...

    def forget(self) -> None:
        """Remove every notice that was inserted since the store was made."""
        ...

    def get(self, unit: Any, number: int) -> Any:
        """Return one notice by its key."""
        ...

    def few(self, unit: Any, number: int) -> Any:
        """Return the newest notices, `FEW` of them."""
        ...

    def many(self, unit: Any, number: int) -> Any:
        """Return the newest notices, `MANY` of them."""
        ...

    def include(self, unit: Any, number: int) -> Any:
        """Return the newest notices, `FEW` of them, with their authors."""
        ...

    def insert(self, unit: Any, values: Values) -> Any:
        """Make a notice of values, and store it."""
        ...

    def insert_many(self, unit: Any, values: list[Values]) -> Any:
        """Make notices of values, `MANY` of them, and store them."""
        ...

    def update(self, unit: Any, number: int) -> Any:
        """Read one notice by its key, change its views to `number`, and store it."""
        ...

    def aggregate(self, unit: Any, number: int) -> Any:
        """Count the notices of one author, add their views up, and find the latest: three values."""
        ...

    def stream(self, unit: Any) -> Iterator[Any]:
        """Yield every notice from a cursor, in any order, some hundred at a time."""
        ...


Shape = Literal["notice", "notices", "with authors", "values", "nothing"]


class Operation(msgspec.Struct, frozen=True):
    """One thing to do: `method` of a `Store` returns answers of `shape`; `inserts` counts the rows that it adds."""

    name: str
    method: str
    shape: Shape
    writes: bool = False
    inserts: int = 0

    def argument(self, store: Store, number: int) -> Any:
        """Return what the method is given when it is called for that time. Made before the clock starts."""
        if not self.inserts:
            return number
        made = [new_notice(number * self.inserts + each, store.author) for each in range(self.inserts)]
        return made if self.inserts > 1 else made[0]


OPERATIONS: Final = (
    Operation("get by key", "get", "notice"),
    Operation(f"{FEW} rows", "few", "notices"),
    Operation(f"{MANY} rows", "many", "notices"),
    Operation(f"{FEW} rows with authors", "include", "with authors"),
    Operation("aggregate", "aggregate", "values"),
    Operation("insert 1", "insert", "nothing", writes=True, inserts=1),
    Operation(f"insert {MANY}", "insert_many", "nothing", writes=True, inserts=MANY),
    Operation("update 1", "update", "nothing", writes=True),
)


# --- data -------------------------------------------------------------------------------------------------------------


def author_key(number: int) -> str:
    """Return the key of an author."""
    return f"00000000-0000-7000-9000-{number % AUTHORS:012d}"


def notice_key(number: int) -> str:
    """Return the key of a stored notice."""
    return f"00000000-0000-7000-8000-{number % NOTICES:012d}"


def authors() -> Iterator[Values]:
    """Give the authors."""
    for number in range(AUTHORS):
        yield {"id": author_key(number), "name": f"Émilie Nr. {number}"}


def notices(author: str = "author_id") -> Iterator[Values]:
    """Give the notices that every contestant's database holds; `author` is what the author's key is called."""
    for number in range(NOTICES):
        yield _notice(notice_key(number), number, author)


def new_notice(number: int, author: str) -> Values:
    """Return a notice to be inserted."""
    return _notice(f"{INSERTED}0000000-0000-7000-8000-{number:012d}", number, author)


def _notice(key: str, number: int, author: str) -> Values:
    return {
        "id": key,
        "title": f'Notice <{number}> & "so on"',
        "body": f"Für Leser Nr. {number}: it's short, as notices are, and ends here.",
        author: author_key(number),
        "price": None if number % 10 == 9 else Decimal(number * 7 + 50).scaleb(-2),
        "views": number % 977,
        "open": number % 3 == 0,
        "posted": FIRST_DAY + timedelta(hours=number, milliseconds=number % 1000),
    }


# --- answers ----------------------------------------------------------------------------------------------------------


def notice_values(notice: Any) -> Values:
    """Return what a notice holds, whatever made it. Raises `TypeError` for a value of another type than was asked."""
    values = {
        "id": notice.id,
        "title": notice.title,
        "body": notice.body,
        "author_id": _author_of(notice),
        "price": notice.price,
        "views": notice.views,
        "open": notice.open,
        "posted": notice.posted,
    }
    return {name: _typed(name, value) for name, value in values.items()}


def _author_of(notice: Any) -> str:
    """Return the key that a notice refers to; Newel's hold an object in its place."""
    key: str = notice.author_id if hasattr(notice, "author_id") else notice.author.id
    return key


def _typed(name: str, value: Any) -> str:
    wanted = {"price": Decimal, "views": int, "open": bool, "posted": datetime}.get(name, str)
    if value is None and name == "price":
        return "None"
    if type(value) is not wanted or getattr(value, "tzinfo", UTC) is not UTC:
        raise TypeError(f"{name} is {value!r}, no {wanted.__name__} (times in UTC)")
    return str(value)


def answer_of(store: Store, operation: Operation, unit: Any, number: int) -> Any:
    """Do an operation once, and return what every contestant's answer must equal: of a write, what is stored then."""
    found = getattr(store, operation.method)(unit, operation.argument(store, number))
    if operation.shape == "notice":
        return notice_values(found)
    if operation.shape == "notices":
        return [notice_values(notice) for notice in found]
    if operation.shape == "with authors":
        return [[notice_values(notice), notice.author.name] for notice in found]
    if operation.shape == "values":
        counted, total, latest = found
        return [counted, total, str(latest)]
    return [notice_values(notice) for notice in store.few(unit, number)] + [notice_values(store.get(unit, number))]
