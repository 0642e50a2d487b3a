"""The errors of persistence: one family, alike from every backend.

```
DataError
├── NotFound                 404   no row with that key
├── UniqueViolation          409   another row has these values
├── ReferenceViolation       409   a reference dangles, or a row is still referred to
├── StaleWrite               409   the row was changed or removed since it was read
├── ConstraintViolation      422   a value breaks a rule of its field
│   └── WrongType            422   a value is not of the declared type (a TypeError too)
├── OutOfRange               422   a number beyond what every backend can hold
├── BadPageToken             400   the token of a page is not one, or is of another query
├── Conflict                 503   lost a race and may be tried again (retryable)
├── DatabaseUnavailable      503   the server cannot be reached
├── TransactionsUnavailable  503   the server has no transactions
├── NotPermitted             500   the server does not let its user do that
├── NotPortable              500   not the same on every backend: refused where it is declared
├── NotLoaded                500   a reference that was not included
├── UnitFailed               500   written after the unit had failed
├── UnitClosed               500   used after the unit had ended, or read on past its end
├── ReadOnly                 500   written in a unit that only reads
└── Detached                 500   saved, and never loaded or added, or rolled back since
```

A backend raises these itself, with the driver's exception as the cause (`raise UniqueViolation(...) from error`).
`http_status` is the status that a response gets when the error leaves a handler.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from newel.errors import NewelError


class DataError(NewelError):
    """The base of every error of the persistence contract."""

    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False


class NotFound(DataError):
    """There is no row with that key."""

    http_status = 404

    def __init__(self, model: str, key: object) -> None:
        self.model = model
        self.key = key
        super().__init__(model, key)

    def __str__(self) -> str:
        return f"there is no {self.model} with the id {self.key!r}"


class UniqueViolation(DataError):
    """Another row has the same values in `fields` (the attributes of one unique set, in its order)."""

    http_status = 409

    def __init__(self, model: str, fields: Sequence[str]) -> None:
        self.model = model
        self.fields = tuple(fields)
        super().__init__(model, self.fields)

    def __str__(self) -> str:
        return f"another {self.model} has the same {' and '.join(self.fields)}"


class ReferenceViolation(DataError):
    """A reference leads nowhere, or a row that others refer to (`on_delete="restrict"`) was to be deleted.

    `field` is the reference's attribute, `model` the model that has it; both are empty where the server does not say.
    """

    http_status = 409

    def __init__(self, model: str = "", field: str = "", *, deleting: bool = False) -> None:
        self.model = model
        self.field = field
        self.deleting = deleting
        super().__init__(model, field)

    def __str__(self) -> str:
        which = f"{self.model}.{self.field}" if self.field else f"a reference of {self.model or 'a row'}"
        if self.deleting:
            return f"{which} still refers to the row that was to be deleted"
        return f"{which} refers to a row that is not there"


class StaleWrite(DataError):
    """Nothing matched: the row was changed (its version moved on) or removed since it was read."""

    http_status = 409

    def __init__(self, model: str, key: object) -> None:
        self.model = model
        self.key = key
        super().__init__(model, key)

    def __str__(self) -> str:
        return f"{self.model} {self.key!r} was changed or removed since it was read: load it again"


class ConstraintViolation(DataError):
    """A value breaks a rule of its field: `field` names it (empty where only the server saw it), `code` the rule.

    `code` is one of the validators' codes ("missing", "type", "too_long", "too_large", "choice", "invalid", ...), so
    that `form.error(error.field, error.code)` says the right thing.
    """

    http_status = 422

    def __init__(self, model: str, field: str, code: str, text: str) -> None:
        self.model = model
        self.field = field
        self.code = code
        self.text = text
        super().__init__(model, field, code, text)

    def __str__(self) -> str:
        return f"{self.model}.{self.field}: {self.text}" if self.field else f"{self.model}: {self.text}"


class WrongType(ConstraintViolation, TypeError):
    """A value is not of the type that the field declares."""


class OutOfRange(DataError):
    """A number is beyond what every backend can hold (64 bit; 34 decimal digits; finite floats)."""

    http_status = 422

    def __init__(self, model: str, field: str, text: str) -> None:
        self.model = model
        self.field = field
        self.text = text
        super().__init__(model, field, text)

    def __str__(self) -> str:
        return f"{self.model}.{self.field}: {self.text}" if self.field else f"{self.model}: {self.text}"


class BadPageToken(DataError):
    """The `after` of a page is no token, or one of a query with another order."""

    http_status = 400


class Conflict(DataError):
    """The unit lost a race (serialization failure, deadlock, lock timeout) and rolled back; it may be run again."""

    http_status = 503
    retryable = True


class DatabaseUnavailable(DataError):
    """The server cannot be reached, did not answer in time, or lets nobody in."""

    http_status = 503
    circumstance = True


class TransactionsUnavailable(DataError):
    """The server offers no transactions, and the contract needs them; the text says how to get them."""

    http_status = 503
    circumstance = True


class NotPermitted(DataError):
    """The server does not let the user of the application do that: a table was to be made, or written."""

    circumstance = True


class NotPortable(DataError):
    """Something was declared or asked for that is not the same on every backend."""

    def __init__(self, feature: str, reason: str, instead: str) -> None:
        self.feature = feature
        self.reason = reason
        self.instead = instead
        super().__init__(feature, reason, instead)

    def __str__(self) -> str:
        return f"{self.feature} is not portable: {self.reason}. Instead: {self.instead}"


class NotLoaded(DataError):
    """An attribute of a referenced object was read that had not been loaded."""

    def __init__(self, model: str, attribute: str) -> None:
        self.model = model
        self.attribute = attribute
        super().__init__(model, attribute)

    def __str__(self) -> str:
        return (
            f"{self.model}.{self.attribute} was not loaded: this {self.model} holds only its id. Load it with the "
            f"query (.include(...) of the reference that led here) or by db.get({self.model}, id)"
        )


class UnitFailed(DataError):
    """The unit of work had failed before: it was rolled back, and takes no writes. The cause is that error."""


class UnitClosed(DataError):
    """The unit of work is over, or a query was still being read when it ended."""


class ReadOnly(DataError):
    """Something was to be written in a unit that only reads (a route with only safe methods)."""


class Detached(DataError):
    """An object was to be saved or deleted that the database does not know: never loaded or added, or rolled back."""


def missing(model: str, field: str) -> ConstraintViolation:
    """Return the violation of a None where a value must be."""
    return ConstraintViolation(model, field, "missing", "takes a value, not None")
