"""The persistence contract: one model, one query language, one unit of work, on every backend.

Plugged into an application by `[use] database`: a database plugin brings it in. Handlers ask for `Database`; models
are declared with `Model`, `Field` and `Ref`. Whoever writes a backend begins with `newel_data.port`.
"""

from newel_data.aggregates import avg, count, max_, min_, sum_
from newel_data.database import Database
from newel_data.errors import (
    BadPageToken,
    Conflict,
    ConstraintViolation,
    DatabaseUnavailable,
    DataError,
    Detached,
    NotFound,
    NotLoaded,
    NotPermitted,
    NotPortable,
    OutOfRange,
    ReadOnly,
    ReferenceViolation,
    StaleWrite,
    TransactionsUnavailable,
    UniqueViolation,
    UnitClosed,
    UnitFailed,
    WrongType,
)
from newel_data.fields import Field, Ref, field, key, ref, version
from newel_data.identity import utcnow
from newel_data.kinds import Json
from newel_data.model import Model
from newel_data.models import Models
from newel_data.pages import Slice
from newel_data.plugin import DataPlugin
from newel_data.query import Query

__all__ = [
    "BadPageToken",
    "Conflict",
    "ConstraintViolation",
    "DataError",
    "DataPlugin",
    "Database",
    "DatabaseUnavailable",
    "Detached",
    "Field",
    "Json",
    "Model",
    "Models",
    "NotFound",
    "NotLoaded",
    "NotPermitted",
    "NotPortable",
    "OutOfRange",
    "Query",
    "ReadOnly",
    "Ref",
    "ReferenceViolation",
    "Slice",
    "StaleWrite",
    "TransactionsUnavailable",
    "UniqueViolation",
    "UnitClosed",
    "UnitFailed",
    "WrongType",
    "avg",
    "count",
    "field",
    "key",
    "max_",
    "min_",
    "ref",
    "sum_",
    "utcnow",
    "version",
]
