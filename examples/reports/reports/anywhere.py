"""The trends by portable queries: slower, for every row is read, and right on any database. Tests compare with it."""

from __future__ import annotations

from itertools import accumulate, groupby

from newel_data import Database
from reports.models import Sale
from reports.trends import Best, Step


class PortableTrends:
    """What the others do, in Python."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def running(self, region: str) -> list[Step]:
        """Add up."""
        sales = self._db.query(Sale).where(Sale.region == region).order_by(Sale.sold).all()
        totals = accumulate(sale.cents for sale in sales)
        return [Step(sale.sold, sale.cents, total) for sale, total in zip(sales, totals, strict=True)]

    def best(self, places: int) -> list[Best]:
        """Read the sales of each region, greatest first, and keep the first ones."""
        sales = sorted(self._db.query(Sale).all(), key=lambda sale: (sale.region, -sale.cents, sale.id))
        return [
            Best(region, place, sale.cents)
            for region, found in groupby(sales, key=lambda sale: sale.region)
            for place, sale in enumerate(found, start=1)
            if place <= places
        ]
