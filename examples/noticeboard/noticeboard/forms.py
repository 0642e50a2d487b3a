"""What people may send: each field with its bounds. Everything else they send is ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from newel.contracts.validator import FieldError, InvalidInput

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Title = Annotated[str, Meta(min_length=3, max_length=120)]


@dataclass
class NoticeForm:
    """A notice as the page's form sends it; `version` is that of the notice that was shown for editing."""

    title: Title
    author: Name
    body: Annotated[str, Meta(max_length=5000)] = ""
    tags: str = ""
    price: Decimal | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        check_price(self.price)


@dataclass
class CommentForm:
    """A comment."""

    name: Name
    text: Annotated[str, Meta(min_length=1, max_length=1000)]


@dataclass
class NewNotice:
    """A notice as a program sends it to the API."""

    title: Title
    author: Name
    body: Annotated[str, Meta(max_length=5000)] = ""
    tags: list[Annotated[str, Meta(min_length=1, max_length=40)]] = field(default_factory=list)
    price: Decimal | None = None

    def __post_init__(self) -> None:
        check_price(self.price)


@dataclass
class ChangedNotice(NewNotice):
    """A notice changed by a program, which says which version it saw."""

    version: int = 0


def check_price(price: Decimal | None) -> None:
    """Refuse a price that cannot be one: it is told beside its field."""
    if price is not None and not 0 <= price < 100_000_000:
        raise InvalidInput([FieldError(("price",), "too_small" if price < 0 else "too_large", "This is no price.")])


def split_tags(text: str) -> list[str]:
    """Return the tags of a text with commas between them: small letters, each once."""
    return list(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip().lower()[:40])))
