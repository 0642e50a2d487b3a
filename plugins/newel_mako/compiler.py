"""Mako's code generator with the contract's rules where Mako's own differ.

- What is printed goes through the last step, after the filters that the template names; that holds for `${...}`, for
  what `<%call>` returns, and for defs and blocks with a filter.
- Filters are looked up by name when the template is compiled; they are no values of the page.
- Text that is captured or buffered is marked as escaped already.
- A name that the page did not pass is left unbound, so that Python raises where it is evaluated and nowhere else.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any, Final, final

from mako import codegen
from mako.pygen import PythonPrinter
from mako.util import FastEncodingBuffer

from newel.templating.code import compile_at
from newel.templating.files import Source
from newel_mako.streaming import add_twins

LAST_STEP: Final = "__M_write"
MARK: Final = "__M_mark"
FILTER: Final = "__M_filter_"
RUNTIME: Final = "__M_runtime"
"""Names that a compiled template finds in its module; no template may use names that begin with two underscores."""

_CALLS_OF_MAKO: Final = (
    "runtime._include_file(",
    "loop = __M_loop = runtime.",
    "context.caller_stack.nextcaller = runtime.",
)


def translate(tree: Any, source: Source) -> CodeType:
    """Generate and compile the code of a template; it has the template's lines."""
    printer = _Printer(FastEncodingBuffer())
    settings = codegen._CompileContext(
        uri=source.name,
        filename=source.file,
        default_filters=[],
        buffer_filters=[],
        imports=None,
        future_imports=None,
        source_encoding="utf-8",
        generate_magic_comment=False,
        strict_undefined=False,
        enable_loop=True,
        reserved_names=codegen.RESERVED_NAMES,
    )
    PageCode(printer, settings, tree)
    python = printer.stream.getvalue()
    return compile_at(python, source.file, printer.line_of(), partial(add_twins, python))


@final
class _Printer(PythonPrinter):  # type: ignore[misc]
    """Prints generated code; what it calls of Mako's runtime has a name that no value of a page can hide."""

    def writeline(self, line: str | None) -> None:
        if line is not None and line.startswith(_CALLS_OF_MAKO):
            line = line.replace("runtime.", f"{RUNTIME}.", 1)
        super().writeline(line)

    def line_of(self) -> Callable[[int], int]:
        """Return the function that leads from a line of generated code to the template's line."""
        generated = [0, *sorted(self.source_map)]
        written = [1, *(self.source_map[line] for line in sorted(self.source_map))]
        return lambda line: written[bisect_right(generated, line) - 1]


@final
class PageCode(codegen._GenerateRenderMethod):  # type: ignore[misc]
    """Generates the code of one template, or of one def or block of it."""

    def write_toplevel(self) -> list[Any]:
        """Write the head of the module; its defs are written by `write_metadata_struct`, by this class."""
        self._defs = super().write_toplevel()
        return []

    def write_metadata_struct(self) -> None:
        """Write the defs and blocks of the template. Mako's map of lines is not needed: see `compile_at`."""
        for node in self._defs:
            PageCode(self.printer, self.compiler, node)

    def write_inherit(self, node: Any) -> None:
        """Write what finds the layout; an error there is an error of the tag's line."""
        self.printer.start_source(node.lineno)
        super().write_inherit(node)

    def visitBlockTag(self, node: Any) -> None:  # noqa: N802 - Mako's name
        """Run a block where it stands; it passes through the tag's line."""
        self.printer.start_source(node.lineno)
        super().visitBlockTag(node)

    def visitExpression(self, node: Any) -> None:  # noqa: N802 - Mako's name
        """Print an expression."""
        self.printer.start_source(node.lineno)
        self.printer.writeline(f"__M_writer({self.create_filter_callable(node.escapes_code.args, node.text, True)})")

    def create_filter_callable(self, args: list[str], target: str, is_expression: bool) -> str:
        """Return code that applies the filters and then the last step.

        What is no expression is the text of a def or block: escaped already before the filters, and again after them
        where one of them gave text that is not marked.
        """
        value = f"({target}\n)" if is_expression else f"{MARK}({target})"
        for written in args:
            value = _filtered(value, written)
        value = f"{LAST_STEP}({value})"
        return value if is_expression else f"{MARK}({value})"

    def write_variable_declares(self, identifiers: Any, toplevel: bool = False, limit: Any = None) -> None:
        """Bind the values that a function of the template reads; those that are not there stay unbound.

        A block binds no name, so that a value may be named as it is: `<%block name="title">${title}</%block>`.
        """
        blocks = {name: node for name, node in identifiers.topleveldefs.items() if node.is_block}
        for name in blocks:
            del identifiers.topleveldefs[name]
        super().write_variable_declares(identifiers, toplevel, limit)
        bound = {"loop", *self.compiler.namespaces, *(node.funcname for node in identifiers.defs)}
        read = identifiers.undeclared - identifiers.argument_declared - identifiers.locally_declared - bound
        for name in sorted(read):
            self.printer.writeline(f"if {name} is UNDEFINED: del {name}")
        identifiers.topleveldefs.update(blocks)


def _filtered(value: str, written: str) -> str:
    tree = ast.parse(written.strip(), mode="eval").body
    if isinstance(tree, ast.Call):
        arguments = ", ".join(ast.unparse(argument) for argument in [*tree.args, *tree.keywords])
        return f"{FILTER}{ast.unparse(tree.func)}({value}, {arguments})"
    return f"{FILTER}{ast.unparse(tree)}({value})"
