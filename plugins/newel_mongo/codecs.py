"""How a port value stands in a document: its BSON type, and the two functions between value and document.

MongoDB orders most types as the contract does. Two it does not, and one it lacks: binary data sorts by its length
first, so bytes are written as hexadecimal text; a time of day and a span have no type, and are text and a number that
sort. Dates are the midnight they begin with in UTC. JSON is text: whole, opaque, and free of what field names may not
hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, final
from uuid import UUID

import msgspec
from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions
from bson.decimal128 import Decimal128, create_decimal128_context

from newel_data.encoding import EXACT, microseconds, time_text, timedelta_of
from newel_data.port import Row
from newel_data.schema import INT_MIN, Kind, StoredField, Type
from newel_data.turning import Function, Turner

Document = dict[str, Any]

OPTIONS: Final[CodecOptions[Document]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)
"""How PyMongo itself turns values: UUIDs are binary data of subtype 4.

PERF: datetimes come back without a zone. To make them aware PyMongo calls Python twice; `_in_utc` does not.
"""

NATIVE: Final[CodecOptions[Document]] = OPTIONS.with_options(tz_aware=True, tzinfo=UTC)
"""The same for `db.native`: its datetimes are aware, in UTC."""

KEY: Final = "_id"


@final
class Codec(msgspec.Struct, frozen=True, eq=False):
    """The BSON types of a value as `$jsonSchema` names them; `encode` and `decode` never see a None.

    `least` is encoded: every value of the type is at or above it, and no other type's value nor null is. A filter that
    asks for an equal value implies the bound, so that MongoDB uses a partial index that has it.
    """

    types: tuple[str, ...]
    least: Any = None
    encode: Function | None = None
    decode: Function | None = None


def _decimal128(value: Decimal) -> Decimal128:
    return Decimal128(_DECIMAL128.create_decimal(value))


def decimal_of(value: Decimal128) -> Decimal:
    """Read a decimal. PERF: `Decimal128.to_decimal` goes by a tuple of digits, in Python, and costs six times as much.

    The fields are those of IEEE 754-2008, section 3.5.2, binary encoding. What is not finite is left to PyMongo.
    """
    bits = int.from_bytes(value.bid, "little")
    if bits >> 125 & 0b11 == 0b11:
        return value.to_decimal()
    digits = bits & _DIGITS
    return Decimal(-digits if bits >> 127 else digits).scaleb((bits >> 113 & 0x3FFF) - _BIAS, EXACT)


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


def _midnight(value: date) -> datetime:
    return datetime.combine(value, time(), UTC)


_DIGITS: Final = (1 << 113) - 1
_BIAS: Final = 6176
_DECIMAL128: Final = create_decimal128_context()
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)

_CODECS: Final[dict[Kind, Codec]] = {
    "str": Codec(("string",), ""),
    "int": Codec(("int", "long"), INT_MIN, None, int),
    "float": Codec(("double",), float("-inf")),
    "decimal": Codec(("decimal",), Decimal128("-Infinity"), _decimal128, decimal_of),
    "bool": Codec(("bool",), False),
    "bytes": Codec(("string",), "", bytes.hex, bytes.fromhex),
    "datetime": Codec(("date",), _BEGINNING, None, _in_utc),
    "date": Codec(("date",), _BEGINNING, _midnight, datetime.date),
    "time": Codec(("string",), "", time_text, time.fromisoformat),
    "timedelta": Codec(("int", "long"), INT_MIN, microseconds, timedelta_of),
    "uuid": Codec(("binData",), Binary.from_uuid(UUID(int=0))),  # PyMongo encodes no UUID in the options of an index
    "json": Codec(("string",), ""),
}


def codec_of(type_: Type) -> Codec:
    """Return the codec of a type."""
    return _CODECS[type_.kind] if type_.element is None else _list_codec(codec_of(type_.element))


def _list_codec(item: Codec) -> Codec:
    encode, decode = item.encode, item.decode
    return Codec(
        ("array",),
        None,
        list if encode is None else lambda values: [encode(value) for value in values],
        None if decode is None else lambda values: [decode(value) for value in values],
    )


def stored_name(field: StoredField) -> str:
    """Return the name that a field has in documents."""
    return KEY if field.role == "key" else field.column


# --- rows -------------------------------------------------------------------------------------------------------------


@final
class Writer:
    """Makes documents of whole rows. PERF: made once for a table."""

    __slots__ = ("_encoders", "_names")

    def __init__(self, fields: Sequence[StoredField]) -> None:
        self._names: Final = [stored_name(field) for field in fields]
        encoders = [codec_of(field.type).encode for field in fields]
        self._encoders: Final = [(name, each) for name, each in zip(self._names, encoders, strict=True) if each]

    def document(self, row: Row) -> Document:
        """Return the document of a row: every field, null explicit."""
        document = dict(zip(self._names, row, strict=True))
        for name, encode in self._encoders:
            if document[name] is not None:
                document[name] = encode(document[name])
        return document


@final
class Reader:
    """Makes rows of documents. PERF: values are taken out by what runs in C."""

    __slots__ = ("_get", "_names", "_turner")

    def __init__(self, names: Sequence[str], decoders: Sequence[Function | None]) -> None:
        self._names: Final = tuple(names)
        self._get: Final = itemgetter(*names) if len(names) > 1 else None
        self._turner: Final = Turner(decoders)

    def rows(self, documents: Iterable[Document]) -> Sequence[Row]:
        """Return the rows; a field that a document lacks (it is older than the field) is null."""
        documents = list(documents)
        rows: list[Row]
        try:
            rows = self._taken(documents)
        except KeyError:
            rows = [tuple([document.get(name) for name in self._names]) for document in documents]
        return self._turner.rows(rows)

    def _taken(self, documents: list[Document]) -> list[Row]:
        if self._get is None:
            name = self._names[0]
            return [(document[name],) for document in documents]
        return list(map(self._get, documents))


def reader_of(fields: Sequence[StoredField]) -> Reader:
    """Return what reads these fields of documents."""
    return Reader([stored_name(field) for field in fields], [codec_of(field.type).decode for field in fields])
