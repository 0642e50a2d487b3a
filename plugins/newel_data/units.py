"""What makes the units of work of an application: chosen once, when it is first asked for.

In production nothing looks at what runs, and nothing asks whether something should: `newel_data.observing` has another
`Units`, which takes the place of this one in development, or where the logger of queries is at debug level.
"""

from __future__ import annotations

from typing import Final

from newel.records import SAFE_METHODS
from newel.scope import Scope
from newel_data.database import Database
from newel_data.models import Models
from newel_data.port import Backend


class Units:
    """Makes the unit of work of a request, or of a scope outside any."""

    def __init__(self, backend: Backend, models: Models) -> None:
        self.backend: Final = backend
        self.models: Final = models

    def database(self, scope: Scope) -> Database:
        """Make a unit of work."""
        return Database(self.backend, self.models, read_only=only_reads(scope))


def only_reads(scope: Scope) -> bool:
    """Tell whether a scope's unit only reads: that of a route whose methods are all safe.

    Where no route matched (an error page that reads) the request's own method says it; outside a request it may write.
    """
    if scope.route is not None:
        return scope.route.safe
    return scope.environ.get("REQUEST_METHOD") in SAFE_METHODS
