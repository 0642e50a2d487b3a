"""A command as MongoDB's shell would write it, with a question mark for each value."""

from __future__ import annotations

import json
from typing import Any

from newel_data.telling import Insert, Tree
from newel_data.tree import Aggregate, Select, Update, Upsert
from newel_mongo.statements import Finding, Statements

_VALUE = "?"


def told(statements: Statements, tree: Tree) -> str:
    """Return the command of a tree on one line."""
    name = f"db.{tree.table.name}"
    match tree:
        case Insert():
            return f"{name}.{'insertOne' if len(tree.rows) == 1 else 'insertMany'}({_VALUE})"
        case Select():
            return name + _found(statements.find(tree), tree)
        case Aggregate():
            grouped = statements.group(tree)
            stages = [*map(_stage, grouped._matching.stages(tree.values)), grouped._grouping.stage]
            return f"{name}.aggregate({_text(stages)})"
        case Update():
            updating = statements.update(tree)
            wanted, changes = updating.filter(tree.values), updating.changes(tree.values)
            return f"{name}.updateMany({_masked(wanted)}, {_masked(changes)})"
        case Upsert():
            wanted, changes = statements.upsert(tree).command(tree.row)
            return f"{name}.findOneAndUpdate({_masked(wanted)}, {_masked(changes)}, upsert)"
        case _:
            return f"{name}.deleteMany({_masked(statements.delete(tree)(tree.values))})"


def _found(finding: Finding, tree: Select) -> str:
    if finding._matching.across:
        stages = [*finding._matching.stages(tree.values), *finding._tail(tree.limit or 0, tree.offset or 0)]
        return f".aggregate({_text([_stage(stage) for stage in stages])})"
    sort = f".sort({_text(dict(finding._sort))})" if finding._sort else ""
    skip = f".skip({_VALUE})" if tree.offset is not None else ""
    limit = f".limit({_VALUE})" if tree.limit is not None else ""
    return f".find({_masked(finding._matching.filter(tree.values))}){sort}{skip}{limit}"


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    """Return a stage of a pipeline without values: those are in conditions, and numbers of rows."""
    return {name: _hidden(inner) if name in {"$match", "$limit", "$skip"} else inner for name, inner in stage.items()}


def _masked(document: Any) -> str:
    return _text(_hidden(document))


def _hidden(value: Any) -> Any:
    """Return a document with its names only. SECURITY: a text with a dollar may be a value, so that none is shown."""
    if isinstance(value, dict):
        return {name: _hidden(inner) for name, inner in value.items()}
    if isinstance(value, list):
        parts = [_hidden(inner) for inner in value]
        return parts if any(part != _VALUE for part in parts) else [_VALUE]
    return _VALUE


def _text(document: Any) -> str:
    return json.dumps(document, default=str).replace(f'"{_VALUE}"', _VALUE)
