"""What a database has, beside what the models say: the findings of `newel db sync` and `newel db verify`.

Further indexes and fields of documents are nobody's business here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

import msgspec

from newel_data.port import DriftKind
from newel_data.schema import Index, Table
from newel_mongo.connections import Mongo
from newel_mongo.schema import keys_of, keys_there, mending_index, mending_validator, same, validator


@final
class Finding(msgspec.Struct, frozen=True, eq=False):
    """One thing that is not as the models say, in words. `index` is the one that is missing, `statement` mends it."""

    kind: DriftKind
    table: Table
    what: str
    statement: str
    index: Index | None = None


def findings(database: Mongo, table: Table) -> Iterator[Finding]:
    """Compare the collection of one table."""
    there = list(database.list_collections(filter={"name": table.name}))
    if not there:
        yield Finding("missing table", table, f"there is no collection {table.name}", "newel db sync")
        return
    options = there[0].get("options", {})
    if not same(options.get("validator", {}), validator(table)):
        mending = "" if table.existing else mending_validator(table)
        yield Finding("difference", table, "the validator is another one", mending)
    if options.get("collation"):
        what = "the collection has a collation, by which texts are equal and in order otherwise"
        yield Finding("difference", table, what, "copy the documents into a collection without one")
    information = database[table.name].index_information()
    for index in table.indexes:
        yield from _index(table, index, information)


def _index(table: Table, index: Index, information: Mapping[str, Any]) -> Iterator[Finding]:
    there = {name: keys_there(each) for name, each in information.items()}
    wanted = keys_of(index)
    if any(wanted.same(each) for each in there.values()):
        return
    in_place = next((name for name, each in there.items() if name == index.name or each.keys == wanted.keys), "")
    if in_place:
        what = f"the index {in_place} is another one than {index.name}"
        yield Finding("difference", table, what, "" if table.existing else mending_index(table, index, drop=in_place))
    else:
        what = f"there is no index {index.name}"
        yield Finding("missing index", table, what, mending_index(table, index), index)
