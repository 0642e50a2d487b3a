"""The validator of dataclasses and msgspec structs, by msgspec.

What is read is what a class declares: annotations, `Annotated[str, msgspec.Meta(max_length=120)]`, defaults. A
`__post_init__` may refuse the whole with a `ValueError`, whose text is shown to people, or a field of it with
`InvalidInput.at("ends", "This is before the start.")`. It may run more than once for one input, so it must change
nothing but the value.
"""

from __future__ import annotations

from datetime import tzinfo
from importlib import import_module
from typing import Any, Final, final, get_origin

from newel.contracts.validator import ReadDocument, ReadFields, ReadForm
from newel_essentials.fields import is_object

_COLLECTIONS: Final = (list, dict, set, frozenset, tuple)


@final
class MsgspecValidator:
    """Reads dataclasses and structs; and, as JSON only, lists and dicts of them or of scalars."""

    def accepts(self, kind: Any, /) -> bool:
        """Tell whether a class is one of these."""
        return is_object(kind) or kind is Any or (get_origin(kind) or kind) in _COLLECTIONS

    def compile(self, kind: Any, timezone: tzinfo, /) -> MsgspecReader:
        """Prepare the reading of a class."""
        return MsgspecReader(kind, timezone)


@final
class MsgspecReader:
    """Reads one class. Each way of reading is compiled when it is first taken, which a route does while booting."""

    __slots__ = ("_data", "_form", "_kind", "_query", "_timezone")

    def __init__(self, kind: Any, timezone: tzinfo) -> None:
        self._kind = kind
        self._timezone = timezone
        self._form: ReadForm[Any] | None = None
        self._query: ReadFields[Any] | None = None
        self._data: ReadDocument[Any] | None = None

    @property
    def form(self) -> ReadForm[Any]:
        """Read a browser's form. Raises `TypeError`, when taken, for a class that forms cannot hold."""
        if self._form is None:
            self._form = _form_reader(self._kind, self._timezone)
        return self._form

    @property
    def query(self) -> ReadFields[Any]:
        """Read a query string. Raises `TypeError`, when taken, for a class that query strings cannot hold."""
        if self._query is None:
            self._query = _query_reader(self._kind, self._timezone)
        return self._query

    @property
    def data(self) -> ReadDocument[Any]:
        """Read a JSON document. Raises `TypeError`, when taken, for a class that JSON cannot hold."""
        if self._data is None:
            self._data = _document_reader(self._kind)
        return self._data


def _form_reader(kind: Any, timezone: tzinfo) -> ReadForm[Any]:
    """PERF: loaded by the first route that reads a form as a class."""
    read: ReadForm[Any] = import_module("newel_essentials.forms").form_reader(kind, timezone)
    return read


def _query_reader(kind: Any, timezone: tzinfo) -> ReadFields[Any]:
    """PERF: loaded by the first route that reads a query string as a class."""
    read: ReadFields[Any] = import_module("newel_essentials.forms").query_reader(kind, timezone)
    return read


def _document_reader(kind: Any) -> ReadDocument[Any]:
    """PERF: loaded by the first route that reads JSON."""
    read: ReadDocument[Any] = import_module("newel_essentials.documents").document_reader(kind)
    return read
