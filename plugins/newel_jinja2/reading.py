"""What is written down in a Jinja2 template: what the contract refuses, what boot and audit want to know."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from newel.templating.files import Source
from newel.templating.markup import SAFE, is_private
from newel.templating.outline import Bypass, Call, Outline, Reference


def refuse(tree: nodes.Template, source: Source) -> None:
    """Raise `TemplateError` for what would go around the escape without being seen."""
    for switch in tree.find_all(nodes.EvalContextModifier):
        raise source.error(
            switch.lineno,
            "the suffix of the name decides escaping, not 'autoescape'. To print markup as it is, write '|safe', "
            "which `newel audit` lists.",
        )
    for attribute in tree.find_all(nodes.Getattr):
        if is_private(attribute.attr):
            raise source.error(attribute.lineno, f"{attribute.attr!r} begins with an underscore: it is private.")


def normalise(tree: nodes.Template) -> None:
    """Give parts of the tree the one meaning they have in every engine.

    An imported file sees the values of the page, as an included one does. `{% set x | filter %}` is a filter block
    that is captured, so what the filter returns is escaped.
    """
    imports: list[nodes.Import | nodes.FromImport] = [*tree.find_all(nodes.Import), *tree.find_all(nodes.FromImport)]
    for imported in imports:
        imported.with_context = True
    for block in tree.find_all(nodes.AssignBlock):
        if block.filter is not None:
            block.body = [nodes.FilterBlock(block.body, block.filter, lineno=block.lineno)]
            block.filter = None


def outline_of(tree: nodes.Template, reads: frozenset[str]) -> Outline:
    """Read what is written down in a template."""
    return Outline(
        reads=reads,
        references=tuple(sorted(_references(tree), key=lambda found: found.line)),
        calls=tuple(sorted(_calls(tree), key=lambda found: found.line)),
        bypasses=tuple(Bypass(used.lineno, f"|{SAFE}") for used in tree.find_all(nodes.Filter) if used.name == SAFE),
    )


def _references(tree: nodes.Template) -> Iterator[Reference]:
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        names = tuple(_texts(getattr(node, "template")))  # noqa: B009 - each of these has one
        if names:
            yield Reference(node.lineno, names, optional=getattr(node, "ignore_missing", False))


def _texts(node: nodes.Node) -> Iterator[str]:
    """Give the names that a tag writes down: one text, or a list of texts."""
    if isinstance(node, nodes.Const):
        yield from [node.value] if isinstance(node.value, str) else (node.value or ())
    elif isinstance(node, nodes.List | nodes.Tuple):
        for item in node.items:
            yield from _texts(item)


def _calls(tree: nodes.Template) -> Iterator[Call]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.args:
            for argument in [call.args[0]]:
                if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
                    yield Call(call.lineno, call.node.name, argument.value)
