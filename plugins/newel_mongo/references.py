"""References without foreign keys: a write of what refers counts up a token in the row that it refers to.

MongoDB's transactions see a snapshot, and conflict only where both write one document. A check that only reads would
let the delete of a parent and the insert of its child commit both; with the token both write the parent, and one of
them is a `Conflict`. An update that changes nothing does not conflict, therefore the token counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, final

from newel_data.errors import ReferenceViolation
from newel_data.models import Models
from newel_data.schema import StoredField, Table
from newel_mongo.codecs import KEY
from newel_mongo.connections import Mongo, Session

TOKEN: Final = "_referred"  # noqa: S105  (it counts writes)
"""The field that is counted up; it begins with an underscore, which no name of a model does."""


@final
class References:
    """What keeps references from dangling. Without transactions (`single_document_only`) they are only looked up."""

    __slots__ = ("_alone", "_models")

    def __init__(self, models: Models, *, alone: bool) -> None:
        self._models: Final = models
        self._alone: Final = alone

    def check(
        self, database: Mongo, session: Session | None, table: Table, field: StoredField, keys: Iterable[Any]
    ) -> None:
        """Check that rows with these keys are there, and will be at commit. Raises `ReferenceViolation`."""
        wanted = list({key: None for key in keys if key is not None})
        if not wanted or field.reference is None:
            return
        collection = database[self._models.table(field.reference.target).name]
        named = {KEY: {"$in": wanted}}
        if self._alone or field.reference.check == "weak":
            found = collection.count_documents(named, session=session)
        else:
            found = collection.update_many(named, {"$inc": {TOKEN: 1}}, session=session).matched_count
        if found < len(wanted):
            raise ReferenceViolation(table.model.__name__, field.name)
