"""What went wrong on a server, in the contract's words: from PyMongo's exception to an error of `newel_data`.

SECURITY: messages are made of names of the models only, never of the driver's text, which may hold values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, final

from bson.errors import InvalidDocument
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WTimeoutError,
)

from newel_data.errors import (
    Conflict,
    ConstraintViolation,
    DatabaseUnavailable,
    DataError,
    OutOfRange,
    TransactionsUnavailable,
    UniqueViolation,
)
from newel_data.schema import Table
from newel_mongo.codecs import KEY, stored_name

DUPLICATE: Final = 11000
_INVALID: Final = 121
_CONVERSION: Final = 241
_NO_TRANSACTIONS: Final = 20
_TOO_LARGE: Final = frozenset({10334, 17419, 17420})
_CONFLICTS: Final = frozenset({24, 112, 246, 251})
_TRANSIENT: Final = "TransientTransactionError"

_LOST: Final = "another unit of work was in the way (write conflict): run it again"

_CODES: Final = {
    "required": "missing",
    "bsonType": "type",
    "maxLength": "too_long",
    "minLength": "too_short",
    "maxItems": "too_long",
    "minItems": "too_short",
    "maximum": "too_large",
    "minimum": "too_small",
    "enum": "choice",
}
"""What a rule of a validator that was broken is called among the validators' codes."""


@final
class Failures:
    """The errors of one backend; `where` says which database it is, without its password."""

    __slots__ = ("where",)

    def __init__(self, where: str) -> None:
        self.where: Final = where

    def error(self, error: PyMongoError | InvalidDocument, table: Table | None = None, field: str = "") -> DataError:
        """Return the error that an exception is, for whoever used a table and computed that field."""
        match error:
            case NotPrimaryError():
                return Conflict(_LOST)
            case ConnectionFailure() | WaitQueueTimeoutError() | ExecutionTimeout() | WTimeoutError():
                return self.unavailable()
            case DocumentTooLarge() | InvalidDocument():
                return self._too_large(table)
            case OperationFailure():
                return self._refused(error, table, field)
            case _:
                return DataError(f"{self.where} could not be used as it was meant to")

    def unavailable(self) -> DatabaseUnavailable:
        """Return the error of a database that cannot be reached."""
        return DatabaseUnavailable(f"{self.where} cannot be reached, or did not answer in time")

    def _refused(self, error: OperationFailure, table: Table | None, field: str) -> DataError:
        code, details = _first(error)
        if code in _CONFLICTS or error.has_error_label(_TRANSIENT):
            return Conflict(_LOST)
        if code == _NO_TRANSACTIONS:
            return TransactionsUnavailable(f"{self.where} has no transactions")
        if code in _TOO_LARGE:
            return self._too_large(table)
        violation = None if table is None else _violation(code, details, table, field)
        return violation or DataError(f"{self.where} refused a command (code {code})")

    def _too_large(self, table: Table | None) -> DataError:
        name = table.model.__name__ if table is not None else ""
        return ConstraintViolation(name, "", "too_long", "is larger than a document of MongoDB may be")


def _violation(code: int | None, details: Mapping[str, Any], table: Table, field: str) -> DataError | None:
    """Return the error of a rule that was broken, or None for what is no such error."""
    if code == DUPLICATE:
        return UniqueViolation(table.model.__name__, names_of(table, details.get("keyPattern", {})))
    if code == _INVALID:
        return _broken(table, details)
    if code == _CONVERSION:
        return OutOfRange(table.model.__name__, field, "a number became too large to hold")
    return None


def _first(error: OperationFailure) -> tuple[int | None, Mapping[str, Any]]:
    """Return code and details of an error, or of the first one of a batch of writes."""
    details = error.details or {}
    if isinstance(error, BulkWriteError) and details.get("writeErrors"):
        details = details["writeErrors"][0]
    return details.get("code", error.code), details


def is_duplicate(error: PyMongoError) -> bool:
    """Tell whether a key was there already."""
    return isinstance(error, OperationFailure) and _first(error)[0] == DUPLICATE


def names_of(table: Table, pattern: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the attributes of the unique set whose index has this key pattern."""
    columns = tuple(pattern)
    if columns == (KEY,):
        return (table.key.name,)
    for index in table.indexes:
        if index.unique and tuple(stored_name(field) for field in index.fields) == columns:
            return index.names
    return columns


# --- validators


def _broken(table: Table, details: Mapping[str, Any]) -> ConstraintViolation:
    """Name the field and the rule that a refused document broke, as far as `errInfo` tells (MongoDB 5.0 and later)."""
    name = table.model.__name__
    fields = {stored_name(field): field.name for field in table.fields}
    for stored, rule, null in _rules(details.get("errInfo", {}).get("details", {})):
        if stored in fields:
            code = "missing" if null else _CODES.get(rule, "invalid")
            return ConstraintViolation(name, fields[stored], code, f"breaks a rule of the database ({rule})")
    return ConstraintViolation(name, "", "invalid", "breaks a rule of the database")


def _rules(details: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield the stored names of fields with the rules that they broke, and whether they were null."""
    if isinstance(details, list):
        for each in details:
            yield from _rules(each)
    if not isinstance(details, Mapping):
        return
    for missing in details.get("missingProperties", ()):
        yield missing, "required", True
    for broken in details.get("propertiesNotSatisfied", ()):
        for each in broken.get("details", ()):
            null = "consideredValue" in each and each["consideredValue"] is None
            yield broken.get("propertyName", ""), each.get("operatorName", ""), null
    if details.get("operatorName") in {"$not", "$nor"} and isinstance(details.get("specifiedAs"), Mapping):
        for stored, rule in details["specifiedAs"].items():
            yield stored, _bound_of(rule), False
    for part in ("clausesNotSatisfied", "schemaRulesNotSatisfied", "details"):
        yield from _rules(details.get(part))


def _bound_of(rule: Any) -> str:
    """Return which bound a rule of the form `{"$not": {"$lt": bound}}` is."""
    return "minimum" if "$lt" in str(rule) else "maximum"
