"""What a collection is made with: a validator that knows what newel_data knows, and indexes that MongoDB can use.

Nulls are distinct in a unique index: MongoDB would let them collide, so the index is partial, bounded below by the
least value of the type (`{"$gte": ""}`). A look-up by an equal value implies that bound, and so uses the index; it
would not imply `$type`, and the query would scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, final

import bson
import msgspec
from bson import json_util

from newel_data.schema import INT_MAX, INT_MIN, Index, StoredField, Table, Type
from newel_mongo.codecs import OPTIONS, Codec, Document, codec_of, stored_name

_NUMBERS: Final = frozenset({"int", "float", "decimal", "timedelta"})
"""Kinds whose bounds `$jsonSchema` can hold; those of others are conditions beside it."""

_GREATEST: Final = 1.7976931348623157e308


def validator(table: Table) -> Document:
    """Return the validator of a table's collection: types, nulls, lengths, ranges and choices."""
    properties = {stored_name(field): _property(field) for field in table.fields}
    rules: Document = {"$jsonSchema": {"bsonType": "object", "required": list(properties), "properties": properties}}
    if bounds := [bound for field in table.fields for bound in _bounds(field)]:
        rules["$and"] = bounds
    return rules


def rule_of(field: StoredField) -> Document:
    """Return the part of the validator that is about one field."""
    name = stored_name(field)
    rules: Document = {"$jsonSchema": {"required": [name], "properties": {name: _property(field)}}}
    if bounds := _bounds(field):
        rules["$and"] = bounds
    return rules


def _property(field: StoredField) -> Document:
    schema = _schema(field.type)
    if field.nullable:
        schema["bsonType"] = [*schema["bsonType"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _schema(type_: Type) -> Document:
    codec = codec_of(type_)
    schema: Document = {"bsonType": list(codec.types)}
    if type_.choices is not None:
        schema["enum"] = [_encoded(codec, choice) for choice in type_.choices]
    if type_.element is not None:
        schema["items"] = _schema(type_.element)
    return schema | _lengths(type_) | _range(type_, codec)


def _lengths(type_: Type) -> Document:
    unit = "Items" if type_.kind == "list" else "Length"
    digits = 2 if type_.kind == "bytes" else 1  # bytes are hexadecimal text
    found: Document = {}
    if type_.min_length:
        found[f"min{unit}"] = type_.min_length * digits
    if type_.max_length is not None:
        found[f"max{unit}"] = type_.max_length * digits
    return found


def _range(type_: Type, codec: Codec) -> Document:
    if type_.kind not in _NUMBERS:
        return {}
    least, most = _limits(type_)
    found: Document = {}
    if least is not None:
        found["minimum"] = _encoded(codec, least)
    if most is not None:
        found["maximum"] = _encoded(codec, most)
    return found


def _limits(type_: Type) -> tuple[Any, Any]:
    """Return the bounds of a number: its own, or else what its type can hold, where BSON's can hold more."""
    least, most = type_.minimum, type_.maximum
    match type_.kind:
        case "int":
            return (None if least == INT_MIN else least), (None if most == INT_MAX else most)
        case "float":
            return (-_GREATEST if least is None else least), (_GREATEST if most is None else most)
        case "decimal":
            widest = Decimal((0, (9,) * type_.precision, -type_.scale))
            return (-widest if least is None else least), (widest if most is None else most)
        case _:
            return least, most


def _bounds(field: StoredField) -> list[Document]:
    """Return the bounds that are conditions: a negation, which null and the items of a list pass as they should."""
    type_ = field.type.element or field.type
    if type_.kind in _NUMBERS:
        return []
    codec, name = codec_of(type_), stored_name(field)
    bounds = (("$lt", type_.minimum), ("$gt", type_.maximum))
    return [{name: {"$not": {operator: _encoded(codec, bound)}}} for operator, bound in bounds if bound is not None]


def _encoded(codec: Codec, value: Any) -> Any:
    return value if codec.encode is None else codec.encode(value)


# --- indexes ----------------------------------------------------------------------------------------------------------


@final
class Keys(msgspec.Struct, frozen=True):
    """What an index is, so that two can be compared."""

    keys: tuple[tuple[str, Any], ...]
    unique: bool
    partial: Mapping[str, Any]
    plain: bool = True

    def options(self) -> Document:
        """Return what `create_index` takes beside the keys."""
        options: Document = {"unique": True} if self.unique else {}
        return options | ({"partialFilterExpression": self.partial} if self.partial else {})

    def same(self, other: Keys) -> bool:
        """Tell whether two indexes do the same."""
        flags = (self.keys, self.unique, self.plain) == (other.keys, other.unique, other.plain)
        return flags and same(self.partial, other.partial)


def keys_of(index: Index) -> Keys:
    """Return what MongoDB's index for an index of a model is."""
    partial: Document = {}
    if index.unique:
        nullable = [field for field in index.fields if field.nullable]
        partial = {stored_name(field): {"$gte": codec_of(field.type).least} for field in nullable}
    return Keys(tuple([(stored_name(field), 1) for field in index.fields]), index.unique, partial)


def keys_there(information: Mapping[str, Any]) -> Keys:
    """Return what an index of the server is, of its `index_information`. Collation, sparseness and age are foreign."""
    plain = not any(information.get(option) for option in ("collation", "sparse", "expireAfterSeconds", "hidden"))
    partial = information.get("partialFilterExpression", {})
    return Keys(tuple(map(tuple, information["key"])), bool(information.get("unique")), partial, plain)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two documents are the same BSON."""
    return bson.encode(one, codec_options=OPTIONS) == bson.encode(other, codec_options=OPTIONS)


# --- statements to be printed -----------------------------------------------------------------------------------------


def mending_validator(table: Table) -> str:
    """Return what mongosh runs to give a collection its validator."""
    return f"db.runCommand({_shown({'collMod': table.name, 'validator': validator(table)})})"


def mending_index(table: Table, index: Index, *, drop: str = "") -> str:
    """Return what mongosh runs to give a collection an index, after dropping the one that is in its place."""
    collection, keys = f"db.getCollection({_shown(table.name)})", keys_of(index)
    create = f"{collection}.createIndex({_shown(dict(keys.keys))}, {_shown(keys.options() | {'name': index.name})})"
    return f"{collection}.dropIndex({_shown(drop)}); {create}" if drop else create


def _shown(value: Any) -> str:
    """Write a value as mongosh reads it by `EJSON.deserialize`."""
    text = json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS)
    return f"EJSON.parse({text!r})" if '"$' in text.replace('"$jsonSchema"', "").replace('"$gte"', "") else text
