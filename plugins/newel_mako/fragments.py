"""The Python that is written down in a Mako template, as trees with the template's lines."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, Final

from mako import parsetree

_COMPLETED: Final = {
    "try": "{0}pass\nexcept:pass",
    "elif": "if 0:pass\n{0}pass",
    "else": "if 0:pass\n{0}pass",
    "except": "try:pass\n{0}pass",
    "finally": "try:pass\n{0}pass",
}
"""How a control line becomes a statement; the others (`for`, `if`, `while`, `with`) only need a body."""

_LINES_BEFORE: Final = frozenset({"elif", "else", "except", "finally"})


def walk(node: Any) -> Iterator[Any]:
    """Give a node and all below it, in the order of the template."""
    yield node
    for child in node.nodes if isinstance(node, parsetree.TemplateNode | parsetree.Tag) else ():
        yield from walk(child)


def trees(node: Any) -> Iterator[ast.AST]:
    """Give the Python of one node, without that of the nodes below it. Filters are not Python: see `filters`."""
    for kind, read in _READERS.items():
        if isinstance(node, kind):
            for source, offset in read(node):
                tree = ast.parse(source)
                ast.increment_lineno(tree, node.lineno + offset - 1)
                yield tree


def filters(node: Any) -> list[ast.expr]:
    """Return the filters written down at a node: names and calls."""
    if isinstance(node, parsetree.Expression):
        written = node.escapes
    elif isinstance(node, parsetree.DefTag | parsetree.BlockTag | parsetree.TextTag):
        written = node.attributes.get("filter", "")
    else:
        written = ""
    return as_filters(written, node.lineno) if written.strip() else []


def as_filters(written: str, line: int) -> list[ast.expr]:
    """Read a list of filters: `trim, truncate(20)`."""
    tree = ast.parse(f"({written.strip().rstrip(',')},)", mode="eval")
    ast.increment_lineno(tree, line - 1)
    return tree.body.elts if isinstance(tree.body, ast.Tuple) else []


def is_name(node: ast.AST, name: str) -> bool:
    """Tell whether a piece of Python is that name."""
    return isinstance(node, ast.Name) and node.id == name


Part = tuple[str, int]
"""Python source, and how many lines of the template come before its first line, counted from the node's."""


def _of_expression(node: Any) -> Iterator[Part]:
    yield f"({node.text}\n)", 0


def _of_code(node: Any) -> Iterator[Part]:
    yield textwrap.dedent(node.text), 0


def completed(node: Any) -> str:
    """Return the statement that a control line begins, with as little as makes it complete."""
    text, form = node.text.replace("\\\n", " ").strip(), _COMPLETED.get(node.keyword, "{0}pass")
    for end in range(len(text), 0, -1):  # the colon that ends the line, and not one of a comment behind it
        if text[end - 1] == ":" and _parses(form.format(text[:end])):
            return form.format(text[:end])
    return form.format(text)


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _of_control_line(node: Any) -> Iterator[Part]:
    if not node.isend:
        yield completed(node), -1 if node.keyword in _LINES_BEFORE else 0


def _of_tag(node: Any) -> Iterator[Part]:
    for key, expression in node.parsed_attributes.items():
        if key not in {"filter", "expression_filter", "args", "decorator", "expr", "name"}:
            yield expression, 0
    if "args" in node.attributes and isinstance(node, parsetree.IncludeTag):
        yield f"dict({node.attributes['args']})", 0
    elif "args" in node.attributes:
        yield f"lambda {node.attributes['args']}: 0", 0
    if isinstance(node, parsetree.CallTag | parsetree.CallNamespaceTag):
        yield node.expression, 0
    if isinstance(node, parsetree.DefTag):
        yield f"def {node.attributes['name']}: pass", 0


_READERS: Final[dict[Any, Callable[[Any], Iterator[Part]]]] = {
    parsetree.Expression: _of_expression,
    parsetree.Code: _of_code,
    parsetree.ControlLine: _of_control_line,
    parsetree.Tag: _of_tag,
}
