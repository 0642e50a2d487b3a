"""What the noticeboard stores. No line here knows which database it is stored in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from newel_data import Field, Model, Ref, field, ref, utcnow, version


class Author(Model, public=("id", "name")):
    name: Field[str] = field(max_length=80, unique=True)


class Notice(Model, public=("id", "title", "body", "author", "tags", "price", "posted", "edited", "version")):
    title: Field[str] = field(max_length=120, index=True)
    body: Field[str] = field(default="", max_length=5000)
    author: Ref[Author] = ref(on_delete="cascade")
    tags: Field[list[str]] = field(default_factory=list)
    price: Field[Decimal | None] = field(precision=10, scale=2, default=None)
    posted: Field[datetime] = field(default_factory=utcnow, index=True)
    edited: Field[datetime | None] = field(default=None)
    version: Field[int] = version()


class Comment(Model, public=("id", "name", "text", "posted")):
    notice: Ref[Notice] = ref(on_delete="cascade")
    name: Field[str] = field(max_length=80)
    text: Field[str] = field(max_length=1000)
    posted: Field[datetime] = field(default_factory=utcnow, index=True)
