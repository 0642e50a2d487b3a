"""What the reports ask of a database that the portable queries have not: a contract of this application."""

from __future__ import annotations

from datetime import date
from typing import Protocol

import msgspec


class Step(msgspec.Struct, frozen=True):
    """One sale of a region, with what had been sold until then."""

    sold: date
    cents: int
    total: int


class Best(msgspec.Struct, frozen=True):
    """One of the greatest sales of its region."""

    region: str
    place: int
    cents: int


class Trends(Protocol):
    """Reports that every kind of database makes in its own way, with the same results."""

    def running(self, region: str) -> list[Step]:
        """Return the sales of a region, oldest first, each with the total so far."""
        ...

    def best(self, places: int) -> list[Best]:
        """Return the greatest sales of each region, by region and place. Equal sales go by key."""
        ...
