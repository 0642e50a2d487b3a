"""What a Mako template may not do: print past the escape without being seen, or what every engine leaves out."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Final, final

from mako import parsetree

from newel.contracts.templates import TemplateError, TemplateFunction
from newel.errors import nearest
from newel.templating.files import Source
from newel.templating.markup import SAFE, is_private
from newel_mako.fragments import filters, is_name, trees, walk

REFUSED_ATTRIBUTES: Final = {
    "cached": "pages are not cached: what one visitor sees is not what the next one may see.",
    "decorator": "a decorator could write past the escape: call a function instead.",
    "expression_filter": "write the filters where they are used.",
    "module": "a template imports templates, never Python: functions come from plugins and from the page's values.",
}
"""Attributes of tags that the contract leaves no place for, and why."""

REFUSED_STATEMENTS: Final = (
    ast.Import, ast.ImportFrom, ast.ClassDef, ast.Global, ast.Nonlocal, ast.Await, ast.Yield, ast.YieldFrom,
    ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith,
)  # fmt: skip

NAMESPACES: Final = frozenset({"self", "local", "next", "parent", "caller"})
"""Mako's own objects: a template calls what they hold, and does not hand them around."""

HIDDEN_MEMBERS: Final = frozenset(
    {
        "attr", "cache", "callables", "context", "get_cached", "get_namespace", "get_template", "include_file",
        "inherits", "module", "template",
    }
)  # fmt: skip
"""Members of Mako's objects that lead to the machinery behind them."""

SWITCHES: Final = frozenset({"buffered", "enable_loop", "inheritable"})
"""Attributes of tags that Mako evaluates when it compiles."""

WRITERS: Final = frozenset({"write", "writelines", "writer"})
CONTEXT_MEMBERS: Final = frozenset({"get", "keys"})


@final
class Guard:
    """Raises `TemplateError` for what would go around the escape without being seen, or means something else here."""

    def __init__(self, tree: Any, source: Source, known: Mapping[str, TemplateFunction]) -> None:
        self._tree: Final = tree
        self._source: Final = source
        self._known: Final = known
        self._defs: Final = {node.funcname for node in walk(tree) if isinstance(node, parsetree.DefTag)}
        self._namespaces: Final = NAMESPACES | {
            node.attributes["name"]
            for node in walk(tree)
            if isinstance(node, parsetree.NamespaceTag) and "name" in node.attributes
        }

    def check(self) -> None:
        """Look at every node of the template."""
        for node in walk(self._tree):
            self._check_node(node)
            for tree in trees(node):
                self._check_python(tree)
            for filtered in filters(node):
                self._check_filter(filtered)

    def _check_node(self, node: Any) -> None:
        if isinstance(node, parsetree.Code) and node.ismodule:
            raise self._error(node, REFUSED_ATTRIBUTES["module"])
        if isinstance(node, parsetree.TextTag) and "filter" in node.attributes:
            raise self._error(node, "<%text> has no filters: put it into <%block filter=...>.")
        if isinstance(node, parsetree.Expression) and node.text.strip() in self._defs:
            raise self._error(node, f"{node.text.strip()!r} is a def of this template: call it, or rename it.")
        attributes: Mapping[str, str] = getattr(node, "attributes", {})
        for attribute in attributes:
            if attribute in REFUSED_ATTRIBUTES or attribute.startswith("cache_"):
                why = REFUSED_ATTRIBUTES.get(attribute, REFUSED_ATTRIBUTES["cached"])
                raise self._error(node, f"{attribute!r} is not allowed here: {why}")
            if attribute in SWITCHES and attributes[attribute] not in {"True", "False"}:
                raise self._error(node, f"{attribute!r} is True or False.")
        if attributes.get("name", "").startswith("__"):
            raise self._error(node, "a name that begins with two underscores is private.")

    def _check_filter(self, written: ast.expr) -> None:
        called = written.func if isinstance(written, ast.Call) else written
        if not isinstance(called, ast.Name):
            raise self._error(written, f"{ast.unparse(written)!r} is no filter.")
        if called.id == "n":
            raise self._error(written, "'n' would print past the escape. Write '| safe', which `newel audit` lists.")
        if called.id != SAFE and called.id not in self._known:
            near = nearest(called.id, {*self._known, SAFE})
            hint = f"; did you mean {near!r}?" if near else ""
            raise self._error(written, f"No filter named {called.id!r}{hint}")
        for argument in [*written.args, *written.keywords] if isinstance(written, ast.Call) else ():
            self._check_python(argument)

    # --- Python -------------------------------------------------------------------------------------------------------

    def _check_python(self, tree: ast.AST) -> None:
        allowed: set[int] = set()
        for node in ast.walk(tree):  # NOTE: parents come before what they hold
            if isinstance(node, REFUSED_STATEMENTS):
                raise self._error(node, f"{type(node).__name__.lower()!r} has no place in a template.")
            if isinstance(node, ast.Attribute):
                self._check_attribute(node, allowed)
            elif isinstance(node, ast.Subscript | ast.Call):
                self._allow(node, allowed)
            elif isinstance(node, ast.Name) and id(node) not in allowed:
                self._check_name(node)
            self._check_bound(node)

    def _allow(self, node: ast.Subscript | ast.Call, allowed: set[int]) -> None:
        """Note the names that stand where Mako's objects may stand."""
        if isinstance(node, ast.Subscript):
            allowed.update([id(node.value)] if is_name(node.value, "context") else [])
        elif isinstance(node.func, ast.Name) and node.func.id == "capture":
            allowed.add(id(node.func))

    def _check_attribute(self, node: ast.Attribute, allowed: set[int]) -> None:
        if is_private(node.attr):
            raise self._error(node, f"{node.attr!r} begins with an underscore: it is private.")
        if node.attr in WRITERS:
            raise self._error(node, f"{node.attr!r} would write past the escape: print a value by ${{...}}.")
        if not isinstance(node.value, ast.Name):
            return
        name = node.value.id
        if name in self._namespaces and node.attr in HIDDEN_MEMBERS:
            raise self._error(node, f"'{name}.{node.attr}' belongs to Mako, not to templates.")
        if name in self._namespaces or (name == "context" and node.attr in CONTEXT_MEMBERS):
            allowed.add(id(node.value))

    def _check_bound(self, node: ast.AST) -> None:
        """Keep the names that compiled templates use for themselves, wherever Python binds or reads a name."""
        for field in ("id", "name", "arg", "rest"):
            name = getattr(node, field, None)
            if isinstance(name, str) and name.startswith("__"):
                raise self._error(node, f"{name!r} begins with two underscores: it is private.")

    def _check_name(self, node: ast.Name) -> None:
        if node.id == "context":
            raise self._error(node, "'context' may only be asked for values: context.get('name', default).")
        if node.id in self._namespaces or node.id == "capture":
            raise self._error(node, f"{node.id!r} may only be called upon: {node.id}.name(...).")

    def _error(self, node: Any, message: str) -> TemplateError:
        return self._source.error(getattr(node, "lineno", 0) or getattr(node.value, "lineno", 0), message)
