"""Statements: a tree of `newel_data` is read once for each shape, and then runs with other values.

What is kept is closures over names and places; running one builds the documents that the driver takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeVar, final

from newel_data.models import Models
from newel_data.port import Row
from newel_data.schema import StoredField, Table
from newel_data.tree import Aggregate, Change, Condition, Delete, Order, Select, Update, Upsert
from newel_mongo.codecs import KEY, Document, Reader, Writer, codec_of, reader_of, stored_name
from newel_mongo.conditions import Conditions, Filter, MakeFilter, Values, beside
from newel_mongo.connections import Mongo, Session
from newel_mongo.grouping import Grouping

T = TypeVar("T")

LIMIT: Final = 1000
"""Shapes that are kept. An application has some hundred; more of them come of queries put together from input."""

Pipeline = list[Document]


@final
class Matching:
    """The stages that leave the documents of a condition: what a document holds itself first, then what lies across."""

    __slots__ = ("_lookups", "_own", "_where", "across", "count")

    def __init__(self, models: Models, where: Condition | None) -> None:
        conditions = Conditions()
        self._where: Final = conditions.make(where)
        self.count: Final = conditions.count
        self.across: Final = bool(conditions.vias)
        self._lookups: Final = [stage for via in conditions.vias for stage in _lookup(models, via)]

    def filter(self, values: Values) -> Filter:
        """Return the filter, of a condition that does not look across a reference."""
        return self._where(values)

    def stages(self, values: Values) -> Pipeline:
        """Return the stages, with what lies across a reference brought beside each document.

        NOTE: MongoDB's optimizer moves the parts of a `$match` that concern the document itself before the `$lookup`.
        """
        found = self._where(values)
        return [*self._lookups, {"$match": found}] if found else [*self._lookups]


def _lookup(models: Models, via: StoredField) -> Pipeline:
    """Return the stages that bring what a reference leads to beside the document; nothing, where it is null."""
    if via.reference is None:
        raise TypeError(f"{via!r} leads nowhere")
    name, other = beside(via), models.table(via.reference.target).name
    return [
        {"$lookup": {"from": other, "localField": stored_name(via), "foreignField": KEY, "as": name}},
        {"$unwind": {"path": f"${name}", "preserveNullAndEmptyArrays": True}},
    ]


# --- reading ----------------------------------------------------------------------------------------------------------


@final
class Finding:
    """A `Select`: a find, or a pipeline where its condition looks across a reference."""

    __slots__ = ("_limited", "_matching", "_offset", "_projection", "_sort", "read", "table")

    def __init__(self, models: Models, tree: Select) -> None:
        self.table: Final = tree.table
        self.read: Final[Reader] = reader_of(tree.fields)
        self._matching: Final = Matching(models, tree.where)
        self._sort: Final = _sort(tree.order)
        self._limited: Final = tree.limit is not None
        self._offset: Final = tree.offset is not None
        self._projection: Final = None if tree.fields == tree.table.fields else _projection(tree.fields)

    def cursor(self, database: Mongo, session: Session | None, values: Values, size: int = 0) -> Any:
        """Return a cursor over the documents, which takes `size` of them at a time (0: as many as fit)."""
        at = self._matching.count
        limit = values[at] if self._limited else 0
        offset = values[at + self._limited] if self._offset else 0
        if self._matching.across:
            stages = [*self._matching.stages(values), *self._tail(limit, offset)]
            options: Document = {"batchSize": size} if size else {}
            return database[self.table.name].aggregate(stages, session, allowDiskUse=True, **options)
        return database[self.table.name].find(
            self._matching.filter(values),
            self._projection,
            skip=offset,
            limit=limit,
            sort=self._sort,
            batch_size=size,
            allow_disk_use=True,
            session=session,
        )

    def _tail(self, limit: int, offset: int) -> Pipeline:
        stages: Pipeline = [{"$sort": dict(self._sort)}] if self._sort else []
        stages += [{"$skip": offset}] if offset else []
        stages += [{"$limit": limit}] if limit else []
        return [*stages, {"$project": self._projection}] if self._projection else stages


def _sort(order: Sequence[Order]) -> list[tuple[str, int]] | None:
    """Return the order as MongoDB takes it: null is the least of all there, and text goes by code point."""
    return [(stored_name(term.field), -1 if term.descending else 1) for term in order] or None


def _projection(fields: Sequence[StoredField]) -> Document:
    names = [stored_name(field) for field in fields]
    return {KEY: KEY in names, **dict.fromkeys(names, True)}


@final
class Grouped:
    """An `Aggregate`: a pipeline that groups."""

    __slots__ = ("_grouping", "_matching", "_name", "_options")

    def __init__(self, models: Models, tree: Aggregate) -> None:
        self._name: Final = tree.table.name
        self._matching: Final = Matching(models, tree.where)
        self._grouping: Final = Grouping(tree)
        self._options: Final[Document] = {"allowDiskUse": True} if tree.groups else {}  # one group fits into memory

    def rows(self, database: Mongo, session: Session | None, values: Values) -> Sequence[Row]:
        """Return one row for each group."""
        stages = [*self._matching.stages(values), self._grouping.stage]
        with database[self._name].aggregate(stages, session, **self._options) as cursor:
            return self._grouping.rows(cursor)


# --- writing ----------------------------------------------------------------------------------------------------------


@final
class Updating:
    """An `Update`: operators, or a pipeline where a change is computed from the document.

    `references` are the places of values that are keys of other rows; `computed` names the field that is computed, if
    it is one alone.
    """

    __slots__ = ("_assigned", "_counted", "_pipeline", "computed", "filter", "references", "table")

    def __init__(self, tree: Update) -> None:
        self.table: Final = tree.table
        self.filter: Final[MakeFilter] = Conditions(len(tree.changes)).make(tree.where)
        places = list(enumerate(tree.changes))
        self._counted: Final = [stored_name(change.field) for change in tree.changes if counts_up(change)]
        assigned = [(slot, change) for slot, change in places if not counts_up(change)]
        computed = [change.field.name for _, change in assigned if change.source is not None]
        self._pipeline: Final = bool(computed)
        expressed = assignment if computed else literal
        self._assigned: Final = [(stored_name(change.field), slot, expressed(change)) for slot, change in assigned]
        self.computed: Final = computed[0] if len(computed) == 1 else ""
        self.references: Final = [(slot, change.field) for slot, change in places if change.field.reference is not None]

    def changes(self, values: Values) -> Any:
        """Return what MongoDB's update takes."""
        assigned = {name: write(values[slot]) for name, slot, write in self._assigned}
        if self._pipeline:
            return [{"$set": assigned | {name: {"$add": [f"${name}", 1]} for name in self._counted}}]
        operators: Document = {"$set": assigned} if assigned else {}
        return operators | ({"$inc": dict.fromkeys(self._counted, 1)} if self._counted else {})


@final
class Upserting:
    """An `Upsert`: one command of MongoDB that finds and overwrites, or inserts."""

    __slots__ = ("_by", "_counted", "_overwrite", "_rest", "_write", "names", "read", "table")

    def __init__(self, tree: Upsert) -> None:
        self.table: Final = tree.table
        self.read: Final = reader_of(tree.table.fields)
        self.names: Final = tuple(field.name for field in tree.by)
        self._write: Final = Writer(tree.table.fields)
        self._by: Final = [stored_name(field) for field in tree.by]
        self._overwrite: Final = [stored_name(field) for field in tree.overwrite]
        self._counted: Final = None if tree.bump is None else stored_name(tree.bump)
        placed = {*self._by, *self._overwrite, self._counted}
        self._rest: Final = [name for name in map(stored_name, tree.table.fields) if name not in placed]

    def command(self, row: Row) -> tuple[Filter, Document]:
        """Return the filter and the changes. A version counts up from nothing to 1, as a new row has it."""
        document = self._write.document(row)
        changes: Document = {
            "$set": {name: document[name] for name in self._overwrite},
            "$setOnInsert": {name: document[name] for name in self._rest},
            "$inc": {} if self._counted is None else {self._counted: 1},
        }
        wanted = {name: {"$eq": document[name]} for name in self._by}
        return wanted, {operator: fields for operator, fields in changes.items() if fields}


def counts_up(change: Change) -> bool:
    """Tell whether a change counts up a version: it is never null, and `$inc` does it."""
    return change.field.role == "version" and change.source is change.field and change.operator == "add"


def literal(change: Change) -> Callable[[Any], Any]:
    """Return the function that makes a document's value of a port value."""
    encode = codec_of(change.field.type).encode
    return lambda value: value if value is None or encode is None else encode(value)


def assignment(change: Change) -> Callable[[Any], Any]:
    """Return the function that makes the expression of a change. `$literal` keeps a text with a dollar a text."""
    if change.source is None:
        write = literal(change)
        return lambda value: {"$literal": write(value)}
    operator, source = _ARITHMETIC[change.operator], f"${stored_name(change.source)}"
    if change.field.type.kind == "int":
        return lambda value: _whole({operator: [{"$toDecimal": source}, value]})
    return lambda value: _finite({"$add": [{operator: [source, value]}, 0.0]})  # 0.0 takes the sign of a zero


def _whole(expression: Document) -> Document:
    """Compute with 34 digits and convert: MongoDB's own sum of 64 bit would quietly become a double."""
    return {"$toLong": expression}


def _finite(expression: Document) -> Document:
    """Let an infinite result fail as an integer beyond 64 bit does: by a conversion that cannot be."""
    cases = {"$cond": [{"$in": ["$$result", _INFINITE]}, {"$toLong": "$$result"}, "$$result"]}
    return {"$let": {"vars": {"result": expression}, "in": cases}}


_ARITHMETIC: Final = {"add": "$add", "subtract": "$subtract", "multiply": "$multiply"}
_INFINITE: Final = [float("inf"), float("-inf")]


# --- keeping them -----------------------------------------------------------------------------------------------------


@final
class Statements:
    """The statements of one backend, made when they are first needed and kept by shape. Shared by threads."""

    __slots__ = ("_kept", "_lock", "models")

    def __init__(self, models: Models) -> None:
        self.models: Final = models
        self._kept: Final[dict[Hashable, Any]] = {}
        self._lock: Final = threading.Lock()

    def find(self, tree: Select) -> Finding:
        """Return the statement of a select."""
        return self._kept.get(tree.shape) or self._keep(tree.shape, Finding(self.models, tree))

    def group(self, tree: Aggregate) -> Grouped:
        """Return the statement of an aggregate."""
        return self._kept.get(tree.shape) or self._keep(tree.shape, Grouped(self.models, tree))

    def update(self, tree: Update) -> Updating:
        """Return the statement of an update."""
        return self._kept.get(tree.shape) or self._keep(tree.shape, Updating(tree))

    def delete(self, tree: Delete) -> MakeFilter:
        """Return the filter of a delete."""
        return self._kept.get(tree.shape) or self._keep(tree.shape, Conditions().make(tree.where))

    def insert(self, table: Table) -> Writer:
        """Return what makes documents of a table's rows."""
        key = ("insert", table)
        return self._kept.get(key) or self._keep(key, Writer(table.fields))

    def upsert(self, tree: Upsert) -> Upserting:
        """Return the statement of an upsert."""
        key = (tree.shape, tree.bump)
        return self._kept.get(key) or self._keep(key, Upserting(tree))

    def _keep(self, key: Hashable, made: T) -> T:
        with self._lock:
            if len(self._kept) >= LIMIT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = made
        return made
