"""The reports: those that portable queries make, and those that the contract `Trends` stands for."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from newel import Json, Router
from newel_data import Database, count, max_, sum_
from reports.models import Sale
from reports.trends import Best, Step, Trends

router = Router()


class NewSale(msgspec.Struct):
    """What is told of a sale."""

    region: str
    sold: date
    cents: int


@router.post("/sales")
def add(db: Database, sale: Json[NewSale]) -> Sale:
    """Take a sale down."""
    new = sale.value
    return db.add(Sale(region=new.region, sold=new.sold, cents=new.cents))


@router.get("/months")
def months(db: Database) -> list[dict[str, Any]]:
    """Return what each region sold in each month: a portable query."""
    rows = db.query(Sale).group_by(Sale.region, month=Sale.sold.by_month()).aggregate(
        sales=count(), cents=sum_(Sale.cents), most=max_(Sale.cents)
    )  # fmt: skip
    found = [
        {"region": row.region, "month": row.month, "sales": row.sales, "cents": row.cents, "most": row.most}
        for row in rows
    ]
    return sorted(found, key=lambda each: (each["region"], each["month"]))


@router.get("/running/<region>")
def running(trends: Trends, region: str) -> list[Step]:
    """Return the sales of a region with the total so far: native, where the database has it."""
    return trends.running(region)


@router.get("/best")
def best(trends: Trends, places: int = 3) -> list[Best]:
    """Return the greatest sales of each region: native, where the database has it."""
    return trends.best(places)
