"""The Jinja2 environment of pages: whitespace, names, loading, and what a template may reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from types import CodeType
from typing import Any, ClassVar, Final, NoReturn, final

import jinja2
from jinja2 import nodes
from jinja2.filters import FILTERS
from jinja2.utils import Cycler, Joiner, Namespace, missing

from newel.contracts.templates import TemplateFunction, TemplateNotFound
from newel.templating.code import compile_at
from newel.templating.engine import refuse_mixed
from newel.templating.files import Source
from newel.templating.markup import FUNCTIONS, SAFE, filters_of, is_private, last_step
from newel.templating.outline import Outline
from newel_jinja2.compiler import PageCode
from newel_jinja2.reading import normalise, outline_of, refuse

Load = Callable[[str], jinja2.Template]


class UndefinedName(jinja2.UndefinedError):
    """A template evaluated a name that the page did not pass."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        super().__init__(f"{name!r} is undefined")


@jinja2.pass_environment
def _attr(environment: jinja2.Environment, obj: Any, name: str) -> Any:
    """The filter `attr`, which before Jinja2 3.1.6 goes past the environment."""
    found = getattr(obj, name, missing) if not is_private(name) else missing
    return environment.undefined(obj=obj, name=name) if found is missing else found


@final
class PageEnvironment(jinja2.Environment):
    """One environment for all templates that escape, or for all that do not.

    Whitespace: a line that holds only a block or comment leaves no trace (`trim_blocks`, `lstrip_blocks`), and the
    newline at the end of a file is kept.
    """

    code_generator_class: ClassVar[type[PageCode]] = PageCode  # type: ignore[misc]

    def __init__(
        self,
        load: Load,
        not_found: Callable[[TemplateNotFound], str],
        filters: Mapping[str, TemplateFunction],
        *,
        escapes: bool,
    ) -> None:
        super().__init__(
            autoescape=escapes,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self._load: Final = load
        self._not_found: Final = not_found
        self.write_text: Final = last_step(escapes)
        self.filters = {**FILTERS, "attr": _attr, **filters_of(escapes, filters)}
        del self.filters[SAFE]
        self.globals = {**FUNCTIONS, "cycler": Cycler, "joiner": Joiner, "namespace": Namespace}

    # --- compiling ----------------------------------------------------------------------------------------------------

    def tree(self, source: Source) -> nodes.Template:
        """Parse a template, refuse what the contract does not allow, and settle what it leaves to the author."""
        try:
            tree = self._parse(source.text, source.name, source.file)
        except jinja2.TemplateSyntaxError as error:
            raise source.error(error.lineno, error.message or "") from error
        refuse(tree, source)
        normalise(tree)
        return tree

    def generated(self, tree: nodes.Template, source: Source) -> PageCode:
        """Generate the code of a template."""
        code = PageCode(self, source.name, source.file)
        try:
            code.visit(tree)
        except jinja2.TemplateSyntaxError as error:
            raise source.error(error.lineno, error.message or "") from error
        return code

    def translate(self, source: Source) -> CodeType:
        """Compile a template; its code has the template's lines."""
        code = self.generated(self.tree(source), source)
        return compile_at(code.stream.getvalue(), source.file, code.line_of())  # type: ignore[attr-defined]

    def outline(self, source: Source) -> Outline:
        """Read what is written down in a template."""
        tree = self.tree(source)
        return outline_of(tree, frozenset(self.generated(tree, source).reads))

    # --- other templates ----------------------------------------------------------------------------------------------

    def join_path(self, template: str, parent: str) -> str:
        """Return the name as it is, for names are relative to the roots; one page never escapes in two ways."""
        refuse_mixed(template, parent)
        return template

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> jinja2.Template:
        try:
            return self._load(name)
        except TemplateNotFound as error:
            raise jinja2.TemplateNotFound(name, self._not_found(error)) from error

    # --- what compiled templates call ---------------------------------------------------------------------------------

    def strict_undefined(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None
    ) -> jinja2.Undefined:
        """Raise for a name that is not there. With a hint (an argument not given), its use is the error."""
        if hint is None and name is not None:
            raise UndefinedName(name)
        return self.undefined(hint, obj, name)

    def attribute(self, obj: Any, attribute: str) -> Any:
        """Evaluate `obj.attribute`. Raises where there is no such attribute or item."""
        try:
            return getattr(obj, attribute)
        except AttributeError:
            pass
        try:
            return obj[attribute]
        except (TypeError, LookupError, AttributeError):
            self._raise_undefined(obj, attribute)

    def item(self, obj: Any, argument: Any) -> Any:
        """Evaluate `obj[argument]`. Raises where there is no such item or attribute."""
        try:
            return obj[argument]
        except (TypeError, LookupError, AttributeError):
            value = self.getitem(obj, argument)
        if isinstance(value, jinja2.Undefined):
            self._raise_undefined(obj, argument)
        return value

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Evaluate an attribute that may be missing, or that a filter names."""
        return self.undefined(obj=obj, name=attribute) if is_private(attribute) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Evaluate an item that may be missing, or that a filter names. An item may have a private name."""
        if not isinstance(argument, str) or not is_private(argument):
            return super().getitem(obj, argument)
        try:
            return obj[argument]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=obj, name=argument)

    def _raise_undefined(self, obj: Any, name: Any) -> NoReturn:
        self.undefined(obj=obj, name=name)._fail_with_undefined_error()
