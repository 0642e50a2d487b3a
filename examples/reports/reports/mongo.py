"""The trends in MongoDB: pipelines of its aggregation framework."""

from __future__ import annotations

from typing import Any

from newel_data import Database
from reports.trends import Best, Step


class MongoTrends:
    """Pipelines over the collection of the model, in the unit of the request."""

    def __init__(self, db: Database) -> None:
        self._sales = db.native["sale"]

    def running(self, region: str) -> list[Step]:
        """Sum over a window that ends with the document."""
        window = {"total": {"$sum": "$cents", "window": {"documents": ["unbounded", "current"]}}}
        order = {"sold": 1, "_id": 1}
        found = self._sales.aggregate([
            {"$match": {"region": {"$eq": region}}},
            {"$setWindowFields": {"sortBy": order, "output": window}},
            {"$sort": order},
        ])  # fmt: skip
        return [Step(each["sold"].date(), each["cents"], each["total"]) for each in found]

    def best(self, places: int) -> list[Best]:
        """Number the documents of each region, and take the first ones.

        `$documentNumber` sorts by one field alone; to count those up to this one goes by several.
        """
        numbered: dict[str, Any] = {
            "partitionBy": "$region",
            "sortBy": {"cents": -1, "_id": 1},
            "output": {"place": {"$sum": 1, "window": {"documents": ["unbounded", "current"]}}},
        }
        found = self._sales.aggregate([
            {"$setWindowFields": numbered},
            {"$match": {"place": {"$lte": places}}},
            {"$sort": {"region": 1, "place": 1}},
        ])  # fmt: skip
        return [Best(each["region"], each["place"], each["cents"]) for each in found]
