"""Streaming, which Mako does not have: each render function of a template gets a twin that is a generator.

Mako writes to a buffer and returns at the end. The twin of `render_body` and of each block writes to the same buffer
and yields at each turn of a loop, so that whoever runs it can take what has been written. In its turn it runs the twins
of the blocks, of what the layout calls (`${next.body()}`) and of included files. What is captured or filtered, and what
a def prints, is written as a whole.
"""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterator
from typing import Any, Final, final

from mako import runtime

RENDER: Final = "render_"
TWIN: Final = "__M_stream_"
MEMBER: Final = "__M_stream_member"
INCLUDE: Final = "__M_stream_include"
PRINTERS: Final = frozenset({"__M_writer", "__M_write"})
RELAYS: Final = frozenset({"self", "next"})
"""The namespaces whose members are bodies and blocks that print where they are called."""


def add_twins(python: str, module: ast.Module) -> None:
    """Add the twin of each render function to the generated module of a template."""
    for twin in ast.parse(python).body:  # PERF: parsing again takes a fifth of the time of copying
        if isinstance(twin, ast.FunctionDef) and twin.name.startswith(RENDER):
            twin.name = TWIN + twin.name.removeprefix(RENDER)
            _Twin().visit_body(twin)
            module.body.append(ast.fix_missing_locations(twin))


@final
class _Twin(ast.NodeTransformer):
    """Makes a render function a generator; the functions inside of it stay as they are."""

    def visit_body(self, function: ast.FunctionDef) -> None:
        function.body = [self.visit(statement) for statement in function.body]
        function.body.append(_statement("yield"))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, _statement("yield"))
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, _statement("yield"))
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Relay to the twin of what the statement runs, where there is one; what it returns is printed as before."""
        holder: Any = None
        value = node.value
        while isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in PRINTERS:
            holder, value = value, value.args[0]
        relayed = _relayed(value)
        if relayed is not None and holder is None:
            node.value = relayed
        elif relayed is not None:
            holder.args[0] = relayed
        return node


def _relayed(called: ast.expr) -> ast.expr | None:
    """Return the code that runs the twin of what a call runs, or None where it has none."""
    if not isinstance(called, ast.Call) or not isinstance(called.func, ast.Attribute):
        return None
    if called.func.attr == "_include_file":
        relayed = ast.Call(_name(INCLUDE), called.args, called.keywords)
    elif _is_relay(called.func.value):
        member = ast.Constant(called.func.attr)
        relayed = ast.Call(_name(MEMBER), [called.func.value, member, *called.args], called.keywords)
    else:
        return None
    return ast.copy_location(ast.YieldFrom(relayed), called)


def _is_relay(value: ast.expr) -> bool:
    if isinstance(value, ast.Subscript):  # context['self'].block(): how Mako runs a block where it stands
        return ast.unparse(value) == "context['self']"
    return isinstance(value, ast.Name) and value.id in RELAYS


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _statement(source: str) -> ast.stmt:
    return ast.parse(source).body[0]


# --- while a page is rendered -----------------------------------------------------------------------------------------


def stream_member(namespace: Any, name: str, /, *arguments: Any, **named: Any) -> Generator[None, None, Any]:
    """Run a block or body of a template, by its twin where it has one."""
    owner = namespace
    while owner is not None:
        if owner.template.has_def(name):
            twin = twin_of(owner.template.get_def(name).callable_)
            return (yield from twin(owner.context, *arguments, **named))
        owner = owner.inherits
    return getattr(namespace, name)(*arguments, **named)


def stream_include(context: Any, name: str, of: str, /, **named: Any) -> Iterator[None]:
    """Run an included template, by its twin."""
    template = runtime._lookup_template(context, name, of)
    function, included = runtime._populate_self_namespace(context._clean_inheritance_tokens(), template)
    yield from twin_of(function)(included, **runtime._kwargs_for_include(function, context._data, **named))


def twin_of(function: Any) -> Any:
    """Return the twin of a render function."""
    return function.__globals__[TWIN + function.__name__.removeprefix(RENDER)]


def drained(buffer: Any, steps: Iterator[None]) -> Iterator[str]:
    """Give what has been written to a buffer, after each step and at the end."""
    for _ in steps:
        if buffer.data:
            yield buffer.getvalue()
            buffer.data.clear()  # NOTE: not `truncate`, which would part the buffer from those who write to it
    yield buffer.getvalue()
