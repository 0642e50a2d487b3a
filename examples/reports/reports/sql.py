"""The trends in SQL: window functions, and a common table expression. The same on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from newel_data import Database
from reports.models import Sale
from reports.trends import Best, Step


class SqlTrends:
    """Statements of SQLAlchemy over the mapped twin of the model, in the unit of the request."""

    def __init__(self, db: Database) -> None:
        self._session = db.native
        self._sale: Any = db.mapped(Sale)

    def running(self, region: str) -> list[Step]:
        """Sum over a window that ends with the row."""
        sale = self._sale
        order = (sale.sold, sale.id)
        total = func.sum(sale.cents).over(order_by=order, rows=(None, 0))
        rows = self._session.execute(select(sale.sold, sale.cents, total).where(sale.region == region).order_by(*order))
        return [Step(sold, cents, int(total)) for sold, cents, total in rows]

    def best(self, places: int) -> list[Best]:
        """Number the rows of each region in a CTE, and take the first ones."""
        sale = self._sale
        place = func.row_number().over(partition_by=sale.region, order_by=(sale.cents.desc(), sale.id))
        ranked = select(sale.region, sale.cents, place.label("place")).cte("ranked")
        first = select(ranked).where(ranked.c.place <= places).order_by(ranked.c.region, ranked.c.place)
        return [Best(region, place, cents) for region, cents, place in self._session.execute(first)]
