# ruff: noqa: N802 - the names of visitors are Jinja2's
"""Jinja2's code generator with the contract's rules where Jinja2's own differ.

- What is printed goes through the last step (`write_text`), whatever printed it: an expression, a filter block, a call.
- A name or attribute that is not there is an error where it is evaluated, not where its value is used. Only
  `is defined`, `is undefined` and the filter `default` may look at one that is missing.
- The filter `safe` is compiled, so no other filter (`map`) can reach it without being seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, final

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.idtracking import VAR_LOAD_RESOLVE

from newel.templating.markup import SAFE

MAY_MISS: Final = frozenset({"defined", "undefined", "default", "d"})
"""The tests and filters that may be given what is not there."""


@final
class PageCode(CodeGenerator):
    """Generates the code of one template."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._may_miss: set[int] = set()
        self._printed: set[int] = set()
        self.reads: Final[set[str]] = set()

    def line_of(self) -> Callable[[int], int]:
        """Return the function that leads from a line of generated code to the template's line."""
        generated = [0, *(line for _, line in self.debug_info)]
        written = [1, *(line for line, _ in self.debug_info)]
        return lambda line: written[bisect_right(generated, line) - 1]

    def enter_frame(self, frame: Frame) -> None:
        """Note the names that are read from the page's values."""
        super().enter_frame(frame)
        for action, name in frame.symbols.loads.values():
            if action == VAR_LOAD_RESOLVE and name is not None and name not in self.environment.globals:
                self.reads.add(name)

    def write_commons(self) -> None:
        """Bind what every function of the template uses."""
        super().write_commons()
        self.writeline("undefined = environment.strict_undefined")
        self.writeline("write_text = environment.write_text")

    # --- the last step ------------------------------------------------------------------------------------------------

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        const = node.as_const(frame.eval_ctx)
        return str(const if isinstance(node, nodes.TemplateData) else self.environment.write_text(const))  # type: ignore[attr-defined]

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write("write_text(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(")")

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:
        """Print what the filters made of the block: it need not be escaped any more (`striptags`)."""
        self._printed.add(id(node.filter))
        super().visit_FilterBlock(node, frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        """Print what the call returned: it need not be a macro."""
        self._printed.add(id(node.call))
        super().visit_CallBlock(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Call a function or a macro."""
        with self._last_step(node):
            super().visit_Call(node, frame, forward_caller=forward_caller)

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        """Apply a filter to an expression, or to the block that it stands over."""
        self._allow_missing(node)
        with self._last_step(node):
            if node.name == SAFE:
                self._mark_safe(node, frame)
            else:
                super().visit_Filter(node, frame)

    def _mark_safe(self, node: nodes.Filter, frame: Frame) -> None:
        self.write("Markup(")
        if node.node is None:
            self.write(f"concat({frame.buffer})")
        else:
            self.visit(node.node, frame)
        self.write(")")

    @contextmanager
    def _last_step(self, node: nodes.Node) -> Iterator[None]:
        printed = id(node) in self._printed
        if printed:
            self.write("write_text(")
        yield
        if printed:
            self.write(")")

    # --- what is not there --------------------------------------------------------------------------------------------

    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:
        """Apply a test."""
        self._allow_missing(node)
        super().visit_Test(node, frame)

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        """Evaluate a name (`undefined` raises) or store it."""
        if id(node) in self._may_miss:
            ref = frame.symbols.ref(node.name)
            self.write(f"(environment.undefined(name={node.name!r}) if {ref} is missing else {ref})")
        else:
            super().visit_Name(node, frame)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """Evaluate an attribute."""
        self.write("environment.getattr(" if id(node) in self._may_miss else "environment.attribute(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r})")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        """Evaluate an item or a slice."""
        if isinstance(node.arg, nodes.Slice) or id(node) in self._may_miss:
            super().visit_Getitem(node, frame)
            return
        self.write("environment.item(")
        self.visit(node.node, frame)
        self.write(", ")
        self.visit(node.arg, frame)
        self.write(")")

    def _allow_missing(self, node: nodes.Filter | nodes.Test) -> None:
        if node.name in MAY_MISS and node.node is not None:
            self._may_miss.add(id(node.node))
