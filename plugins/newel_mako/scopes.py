"""Which names a template reads and which it binds, as Python itself sees them.

Mako's own analysis takes the variable of a comprehension for one of the template, so that `${x} ${[x for x in xs]}`
would never be given the value `x`. Filters are no names at all here: they are looked up when a template is compiled.
"""

from __future__ import annotations

import ast
import symtable
import textwrap
from collections.abc import Iterator
from typing import Any

from mako import parsetree

from newel_mako.fragments import completed, filters, walk


def settle(tree: Any) -> None:
    """Correct what the nodes of a template say about names."""
    for node in walk(tree):
        if isinstance(node, parsetree.Expression):
            node.code.undeclared_identifiers = _names(f"({node.text}\n)")[0] | _in_filters(node)
            node.code.declared_identifiers = set()
            node.escapes_code.undeclared_identifiers = set()
        elif isinstance(node, parsetree.Code):
            node.code.undeclared_identifiers, node.code.declared_identifiers = _names(node.text)
        elif isinstance(node, parsetree.ControlLine) and not node.isend:
            node._undeclared_identifiers, node._declared_identifiers = _names(completed(node))
        elif isinstance(node, parsetree.DefTag | parsetree.BlockTag):
            node.expression_undeclared_identifiers |= _in_filters(node)
            node.filter_args.undeclared_identifiers = set()


def _in_filters(node: Any) -> set[str]:
    """Return the names that the arguments of filters read."""
    calls = [written for written in filters(node) if isinstance(written, ast.Call)]
    arguments = [ast.unparse(argument) for call in calls for argument in [*call.args, *call.keywords]]
    return {name for argument in arguments for name in _names(f"dict({argument})")[0]} - {"dict"}


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a piece of a function's body reads from outside, and those that it binds."""
    tree = _Plain().visit(ast.parse(f"def _():\n{textwrap.indent(source, ' ')}\n"))
    function = symtable.symtable(ast.unparse(tree), "<template>", "exec").get_children()[0]
    read = {symbol.get_name() for table in _tables(function) for symbol in table.get_symbols() if symbol.is_global()}
    return read, {symbol.get_name() for symbol in function.get_symbols() if symbol.is_local()}


class _Plain(ast.NodeTransformer):
    """Makes every comprehension a generator: since Python 3.12 the others have no symbol table of their own."""

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        return ast.GeneratorExp(node.elt, node.generators)

    visit_SetComp = visit_ListComp  # noqa: N815 - the name is Python's

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        self.generic_visit(node)
        return ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)
