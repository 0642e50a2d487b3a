"""The objects of the contestants that bring none: dataclasses with slots, the cheapest that can be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(slots=True)
class Author:
    id: str
    name: str


@dataclass(slots=True)
class Notice:
    id: str
    title: str
    body: str
    author_id: str
    price: Decimal | None
    views: int
    open: bool
    posted: datetime
    author: Author | None = None


def with_authors(notices: list[Notice], authors: dict[Any, Author]) -> list[Notice]:
    """Let each notice hold its author."""
    for notice in notices:
        notice.author = authors[notice.author_id]
    return notices
