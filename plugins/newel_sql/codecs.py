"""How a port value stands in a column: the column's SQL type, and the two functions between value and column.

A codec whose functions are None passes values through as the driver has them, which costs nothing. `Coded` is the same
codec as a SQLAlchemy type, so that the tables that make our statements are those of `db.native` too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import msgspec
from sqlalchemy import Dialect as EngineDialect
from sqlalchemy.types import Text, TypeDecorator, TypeEngine

from newel_data.encoding import item_text
from newel_data.schema import Type
from newel_data.turning import Function


@final
class Codec(msgspec.Struct, frozen=True, eq=False):
    """The SQL type of a column; `encode` makes what the driver takes, `decode` the port value. Neither sees a None."""

    type: TypeEngine[Any]
    encode: Function | None = None
    decode: Function | None = None

    def as_type(self) -> TypeEngine[Any]:
        """Return the type that a column of SQLAlchemy has."""
        return Coded(self) if self.encode or self.decode else self.type


@final
class Coded(TypeDecorator[Any]):
    """A codec as a SQLAlchemy type."""

    impl = Text
    cache_ok = True

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def load_dialect_impl(self, dialect: EngineDialect) -> TypeEngine[Any]:
        """Return the SQL type that the codec names."""
        return dialect.type_descriptor(self.codec.type)

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        """Encode a value on its way to the driver."""
        return value if value is None or self.codec.encode is None else self.codec.encode(value)

    def process_result_value(self, value: Any, dialect: EngineDialect) -> Any:
        """Decode a value that the driver returned."""
        return value if value is None or self.codec.decode is None else self.codec.decode(value)


def list_text(type_: Type, values: Sequence[Any]) -> str:
    """Write a list as canonical JSON in which each item stands on a line of its own.

    A line break never stands inside of an item (JSON escapes it), so that "has this item" is a search for its line, and
    the number of items half that of the line breaks: plain text functions, alike on every server.
    """
    element = type_.element or type_
    if not values:
        return "[]"
    return "[\n" + "\n,\n".join([item_text(element, value) for value in values]) + "\n]"


def item_line(type_: Type, value: Any) -> str:
    """Write one item as `list_text` does, with the line breaks around it."""
    return f"\n{item_text(type_.element or type_, value)}\n"
