"""What is written down in a Mako template and what boot and audit want to know of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from mako import parsetree

from newel.contracts.templates import RESERVED_NAMES
from newel.templating.markup import FUNCTIONS, SAFE
from newel.templating.outline import Bypass, Call, Outline, Reference
from newel_mako.fragments import filters, is_name, trees, walk
from newel_mako.guard import NAMESPACES


def outline_of(tree: Any) -> Outline:
    """Read what is written down in a template."""
    return Outline(
        reads=_reads(tree),
        references=tuple(_references(tree)),
        calls=tuple(sorted(_calls(tree), key=lambda found: found.line)),
        bypasses=tuple(
            Bypass(node.lineno, f"| {SAFE}")
            for node in walk(tree)
            for written in filters(node)
            if is_name(written, SAFE)
        ),
    )


def _reads(tree: Any) -> frozenset[str]:
    """Return the names that are read somewhere and bound nowhere."""
    read, bound = set[str](), {*FUNCTIONS, *NAMESPACES, *RESERVED_NAMES}
    for node in walk(tree):
        read.update(getattr(node, "undeclared_identifiers", set)())
        bound.update(getattr(node, "declared_identifiers", set)())
        if isinstance(node, parsetree.DefTag):
            bound.add(node.funcname)
        if isinstance(node, parsetree.NamespaceTag):
            bound.update(re.findall(r"\w+", node.attributes.get("import", "")), [node.name])
    return frozenset(read - bound)


def _references(tree: Any) -> Iterator[Reference]:
    for node in walk(tree):
        if isinstance(node, parsetree.InheritTag | parsetree.IncludeTag | parsetree.NamespaceTag):
            name = ast.parse(node.parsed_attributes.get("file", "None"), mode="eval").body
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield Reference(node.lineno, (name.value,))


def _calls(tree: Any) -> Iterator[Call]:
    for node in walk(tree):
        for part in [*trees(node), *filters(node)]:
            for call in ast.walk(part):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args:
                    argument = call.args[0]
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield Call(call.lineno, call.func.id, argument.value)
