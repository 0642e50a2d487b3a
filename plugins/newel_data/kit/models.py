"""The models that the cases use."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, Final
from uuid import UUID

from newel_data.fields import Field, Ref, field, key, ref, version
from newel_data.identity import utcnow
from newel_data.kinds import Json
from newel_data.model import Model


class Author(Model):
    """Someone who writes."""

    name: Field[str] = field(max_length=80, unique=True)
    born: Field[date | None] = field(default=None)


class Notice(Model, unique=[("author", "title")], index=[("posted", "views")], public=("id", "title", "author")):
    """What is written: the model of the contract's page."""

    title: Field[str] = field(max_length=120, index=True)
    body: Field[str] = field(default="")
    author: Ref[Author] = ref(on_delete="cascade")
    editor: Ref[Author | None] = ref(on_delete="set_null", default=None)
    tags: Field[list[str]] = field(default_factory=list)
    price: Field[Decimal | None] = field(precision=12, scale=2, default=None)
    posted: Field[datetime] = field(default_factory=utcnow, index=True)
    views: Field[int] = field(default=0, minimum=0, maximum=1_000_000)
    version: Field[int] = version()


class Comment(Model):
    """What answers a notice: it goes when the notice goes."""

    notice: Ref[Notice] = ref(on_delete="cascade")
    text: Field[str] = field(max_length=200)


class Award(Model):
    """What keeps an author from being removed."""

    author: Ref[Author] = ref(on_delete="restrict")
    year: Field[int] = field(minimum=1900, maximum=2100)


class Topic(Model):
    """A tree: a topic goes with the one above it."""

    name: Field[str] = field(max_length=40)
    above: Ref[Topic | None] = ref(on_delete="cascade", default=None)


class Person(Model):
    """Who has a superior: an employee stays when the superior goes."""

    name: Field[str] = field(max_length=40, case_insensitive=True, unique=True)
    superior: Ref[Person | None] = ref(on_delete="set_null", default=None)
    version: Field[int] = version()


class Chapter(Model):
    """Reached from a topic by a cascade; forbids to remove the topic as well: the strict answer counts."""

    topic: Ref[Topic] = ref(on_delete="cascade")
    source: Ref[Topic | None] = ref(on_delete="restrict", default=None)


class Country(Model):
    """A natural key."""

    id: Field[str] = key(max_length=2)
    name: Field[str] = field(max_length=40)


class Colour(Enum):
    """Texts as choices; their order is that of their values."""

    red = "red"
    blue = "blue"
    green = "green"


class Rank(IntEnum):
    """Numbers as choices."""

    low = 1
    high = 10


class Everything(Model):
    """A field of every type, and each may be null."""

    text: Field[str | None] = field(max_length=200, default=None, index=True)
    whole: Field[int | None] = field(default=None, index=True)
    real: Field[float | None] = field(default=None)
    exact: Field[Decimal | None] = field(precision=20, scale=4, default=None)
    great: Field[Decimal | None] = field(precision=34, scale=10, default=None)
    yes: Field[bool | None] = field(default=None)
    raw: Field[bytes | None] = field(max_length=60, default=None)
    moment: Field[datetime | None] = field(default=None, index=True)
    day: Field[date | None] = field(default=None)
    clock: Field[time | None] = field(default=None)
    span: Field[timedelta | None] = field(default=None)
    uid: Field[UUID | None] = field(default=None)
    colour: Field[Colour | None] = field(default=None)
    rank: Field[Rank | None] = field(default=None)
    words: Field[list[str] | None] = field(default=None)
    numbers: Field[list[int] | None] = field(default=None)
    prices: Field[list[Decimal] | None] = field(precision=10, scale=2, default=None)
    moments: Field[list[datetime] | None] = field(default=None)
    extra: Field[Json | None] = field(default=None)


def holding(name: str, value: Any) -> Everything:
    """Make an `Everything` that holds a value in one field."""
    values: dict[str, Any] = {name: value}
    return Everything(**values)


class Account(Model):
    """What a database checks as well: lengths, ranges, choices, and unique sets with nulls."""

    code: Field[str] = field(max_length=20, min_length=2, normalize=False, unique=True)
    email: Field[str | None] = field(max_length=60, unique=True, default=None)
    level: Field[int] = field(default=1, minimum=1, maximum=9)
    kind: Field[str] = field(max_length=10, choices=["free", "paid"], default="free")
    balance: Field[Decimal] = field(precision=10, scale=2, default=Decimal(0), minimum=Decimal("-100.00"))
    ratio: Field[float] = field(default=1.0)
    hits: Field[int] = field(default=0)


class Maker(Model, table="MAKER List"):
    """Stored under names that something else gave."""

    id: Field[str] = key(max_length=10, column="Maker-No")
    name: Field[str] = field(max_length=40, column="Select", unique=True)


class Ware(Model, table="WARES", unique=[("maker", "name")]):
    """What refers to it: capitals, spaces, hyphens, reserved words, and what a backend might call something itself."""

    id: Field[str] = key(max_length=12, column="WARE_NO")
    name: Field[str] = field(max_length=40, column="Order", index=True)
    maker: Ref[Maker] = ref(on_delete="cascade", column="Made By")
    price: Field[Decimal | None] = field(precision=10, scale=2, column="P0", default=None)
    stock: Field[int] = field(default=0, minimum=0, column="G0")
    version: Field[int] = version(column="Row Version")


class Sale(Model):
    """What keeps a ware, which has a version, from being removed."""

    ware: Ref[Ware] = ref(on_delete="restrict")
    terms: Field[Json] = field(default_factory=dict)


MODELS: Final = (
    Author, Notice, Comment, Award, Topic, Person, Chapter, Country, Everything, Account, Maker, Ware, Sale,
)  # fmt: skip
