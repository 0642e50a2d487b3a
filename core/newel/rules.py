"""Rules: the text of a route's path (`/notices/<int:id>`) or host (`<tenant>.example.org`), understood.

The syntax is Werkzeug's: plain text, `<name>`, `<converter:name>`, `<converter(argument, name=argument):name>`. A rule
is written as people read it, not percent-encoded. `/x/` asked for as `/x` is redirected; `/x` asked for as `/x/` is not
found.

What differs from Werkzeug, because a mistake is better told than served: `?`, `#`, percent escapes, `{name}`, empty and
dotted segments are refused, a rule has one variable that spans segments at most, and variables that share a segment
must be such that one pass tells them apart (`newel.segments`).
"""

from __future__ import annotations

import inspect
import keyword
import re
import sys
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, final

import msgspec

from newel.annotations import converter_for, is_suitable, shown
from newel.converters import CONVERTERS, Converter
from newel.errors import BootError, Place, Problem
from newel.segments import Pattern, Variable, undecided, variables_of

Token = str | Variable

# PERF: compiled at first use, by `re` and its cache: an application of plain paths starts without
_VARIABLE: Final = r"""(?xa)
    <
    (?:(?P<converter>[A-Za-z_]\w*)
       (?:\((?P<arguments>(?:"[^"]*"|'[^']*'|[^"'()])*)\))?
     :)?
    (?P<name>[A-Za-z_]\w*)
    >"""
_ARGUMENT: Final = r"""(?xa)
    \s*
    (?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?
    (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s,"'=()][^,"'=()]*?))
    \s*(?:,|\Z)"""
_CONSTANTS: Final[Mapping[str, Any]] = {"None": None, "True": True, "False": False}


@final
class Rule(msgspec.Struct, frozen=True, eq=False):
    """A rule, understood: `segments` are what stands between its slashes (a host rule has one).

    `tokens` are its texts and variables in the order of writing; `converters` are those that were known by name.
    """

    text: str
    tokens: tuple[Token, ...]
    segments: tuple[str | Pattern, ...]
    place: Place
    converters: Mapping[str, type[Converter]]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables in the order of writing."""
        return tuple(variables_of(self.segments))

    @property
    def names(self) -> tuple[str, ...]:
        """The variables' names in the order of writing."""
        return tuple(variable.name for variable in self.variables)

    @property
    def static(self) -> bool:
        """Whether it has no variables."""
        return all(isinstance(segment, str) for segment in self.segments)

    @property
    def shape(self) -> Hashable:
        """Equal for rules that match the same texts, whatever their variables are called."""
        return tuple(segment if isinstance(segment, str) else segment.shape for segment in self.segments)

    def typed(self, annotations: Mapping[str, Any]) -> Rule:
        """Return the rule with the converters that the handler's annotations ask for.

        A variable without a converter takes the one whose `type` is its annotation; an Enum or Literal becomes a
        choice. Raises `BootError` where a converter contradicts an annotation, or none gives what it asks for.
        """
        problems: list[Problem] = []
        tokens = tuple(self._typed_token(token, annotations, problems) for token in self.tokens)
        if problems:
            raise BootError(problems)
        if tokens == self.tokens:
            return self
        return _assembled(self.text, tokens, self.place, self.converters, host=not self.text.startswith("/"))

    def _typed_token(self, token: Token, annotations: Mapping[str, Any], problems: list[Problem]) -> Token:
        if isinstance(token, str) or token.name not in annotations:
            return token
        wanted = annotations[token.name]
        if is_suitable(token.converter, wanted):
            return token
        if token.explicit:
            problems.append(_contradiction(self, token, wanted))
            return token
        try:
            converter, key = converter_for(wanted, {**CONVERTERS, **self.converters})
        except (LookupError, TypeError, ValueError):
            problems.append(_no_converter_gives(self, token, wanted))
            return token
        return Variable(token.name, converter, key, token.text, explicit=False)


def parse_rule(
    text: str, converters: Mapping[str, type[Converter]], place: Place, *, taken: Collection[str] = ()
) -> Rule:
    """Read the rule of a path.

    `converters` are known by name besides `CONVERTERS`; `taken` are names that the route's host rule uses already.
    Raises `BootError` with everything that is wrong with the rule.
    """
    parser = _Parser(text, converters, place, taken)
    parser.problems.extend(_path_problems(text, place))
    return _assembled(text, parser.finished(), place, converters, host=False)


def parse_host(text: str, converters: Mapping[str, type[Converter]], place: Place) -> Rule:
    """Read the rule of a host: a name without port, in which variables may stand. Raises `BootError`."""
    parser = _Parser(text, converters, place, ())
    tokens = tuple(token.lower() if isinstance(token, str) else token for token in parser.finished())
    problems = _host_problems(text, tokens, place)
    if problems:
        raise BootError(problems)
    return _assembled(text, tokens, place, converters, host=True)


def _assembled(
    text: str, tokens: tuple[Token, ...], place: Place, converters: Mapping[str, type[Converter]], *, host: bool
) -> Rule:
    segments = (_whole(tokens),) if host else tuple(_segments(tokens))[1:]  # nothing is before the first slash
    unclear = [(segment, pair) for segment in segments if isinstance(segment, Pattern) and (pair := undecided(segment))]
    if unclear:
        raise BootError(_unclear(text, pattern, *pair, place) for pattern, pair in unclear)
    return Rule(text, tokens, segments, place, converters)


def _whole(tokens: tuple[Token, ...]) -> str | Pattern:
    """Return all tokens as one segment."""
    literals, variables = [""], []
    for token in tokens:
        if isinstance(token, str):
            literals[-1] += token
        else:
            literals.append("")
            variables.append(token)
    return Pattern(tuple(literals), tuple(variables)) if variables else literals[0]


def _segments(tokens: tuple[Token, ...]) -> Iterator[str | Pattern]:
    """Yield what stands between the slashes; from the first variable that spans segments on, all is one pattern."""
    current: list[Token] = []
    spans = False
    for token in tokens:
        if isinstance(token, str) and not spans:
            first, *others = token.split("/")
            current.append(first)
            for text in others:
                yield _whole(tuple(current))
                current = [text]
        else:
            current.append(token)
            spans = spans or (isinstance(token, Variable) and token.converter.spans)
    yield from _last(_whole(tuple(current)))


def _last(segment: str | Pattern) -> Iterator[str | Pattern]:
    if isinstance(segment, Pattern) and segment.spans and segment.literals[-1].endswith("/"):
        literals = (*segment.literals[:-1], segment.literals[-1][:-1])
        yield Pattern(literals, segment.variables, slash=True)
        yield ""
    else:
        yield segment


@final
class _Parser:
    """Cuts the text of a rule into tokens, and collects what is wrong with it."""

    def __init__(
        self, text: str, converters: Mapping[str, type[Converter]], place: Place, taken: Collection[str]
    ) -> None:
        self._text: Final = text
        self._known: Final[Mapping[str, type[Converter]]] = {**CONVERTERS, **converters}
        self._place: Final = place
        self._names: Final = set(taken)
        self.problems: Final[list[Problem]] = []

    def finished(self) -> tuple[Token, ...]:
        """Return the tokens, or raise `BootError` with the problems."""
        tokens = tuple(self._tokens())
        if self.problems:
            raise BootError(self.problems)
        return tokens

    def _tokens(self) -> Iterator[Token]:
        at = 0
        while at < len(self._text):
            opened = self._text.find("<", at)
            static = self._text[at:] if opened < 0 else self._text[at:opened]
            if ">" in static:
                self._wrong("a '>' closes no variable", "write a variable as <name> or <converter:name>")
            if static:
                yield static
            if opened < 0:
                return
            found = re.compile(_VARIABLE).match(self._text, opened)
            if found is None:
                self._unreadable(opened)
                return
            if (variable := self._variable(found)) is not None:
                yield variable
            at = found.end()

    def _unreadable(self, opened: int) -> None:
        closed = self._text.find(">", opened)
        if closed < 0:
            self._wrong(f"the bracket of {self._text[opened:]!r} is never closed", "close it: <name>")
        else:
            written = self._text[opened : closed + 1]
            self._wrong(
                f"{written!r} cannot be read", "write a variable as <name>, <converter:name> or <converter(min=1):name>"
            )

    def _variable(self, found: re.Match[str]) -> Variable | None:
        name = found["name"]
        if keyword.iskeyword(name):
            self._wrong(f"the variable {name!r} is a word of Python, so no parameter can be called that", "rename it")
        if name in self._names:
            self._wrong(f"the variable {name!r} is there twice", "give each variable its own name")
        self._names.add(name)
        cls = self._known.get(found["converter"] or "default")
        if cls is None:
            self._wrong(
                f"{found[0]!r} asks for the converter {found['converter']!r}, and there is none of that name",
                "use one of these, or register one of your own: router.converter(name, class)",
                found=found["converter"],
                allowed=tuple(self._known),
            )
            return None
        return self._converted(found, cls)

    def _converted(self, found: re.Match[str], cls: type[Converter]) -> Variable | None:
        try:
            positional, named = _arguments(found["arguments"] or "")
            key = (cls, _canonical(cls, positional, named)) if positional or named else (cls, ())
            converter = cls(*positional, **named)
            converter.reader()
        except (TypeError, ValueError, re.error) as error:
            self._bad_arguments(found, cls, error)
            return None
        name = sys.intern(found["name"])  # PERF: it is the parameter's own name then, which a call finds at once
        return Variable(name, converter, key, found[0], found["converter"] is not None)

    def _bad_arguments(self, found: re.Match[str], cls: type[Converter], error: Exception) -> None:
        allowed = tuple(inspect.signature(cls).parameters)
        given = [name for match in re.finditer(_ARGUMENT, found["arguments"] or "") if (name := match["name"])]
        unknown = next((name for name in given if name not in allowed), "")
        self._wrong(
            f"the converter of {found[0]!r} does not take these arguments: {error}",
            "correct the arguments of the converter",
            found=unknown,
            allowed=allowed if unknown else (),
        )

    def _wrong(self, what: str, remedy: str, *, found: str = "", allowed: Iterable[str] = ()) -> None:
        self.problems.append(
            Problem(
                what=f"in the rule {self._text!r}, {what}",
                remedy=remedy,
                found=found,
                allowed=tuple(allowed),
                places=(self._place,),
            )
        )


def _arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Read `1, "two", three=3`; a word without quotes is text, unless it is a number, True, False or None."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    text = text.rstrip()
    at = 0
    while at < len(text):
        found = re.compile(_ARGUMENT).match(text, at)
        if found is None:
            raise ValueError(f"{text[at:]!r} cannot be read as arguments")
        if found["name"] is None:
            positional.append(_argument(found))
        else:
            named[found["name"]] = _argument(found)
        at = found.end()
    return positional, named


def _argument(found: re.Match[str]) -> Any:
    for quoted in (found["double"], found["single"]):
        if quoted is not None:
            return quoted
    bare = found["bare"]
    if bare in _CONSTANTS:
        return _CONSTANTS[bare]
    if re.fullmatch(r"-?[0-9]+", bare):
        return int(bare)
    return float(bare) if re.fullmatch(r"-?[0-9]+\.[0-9]+", bare) else bare


def _canonical(cls: type[Converter], positional: list[Any], named: dict[str, Any]) -> Hashable:
    """Return the arguments as they count: by name, without those that say what is the default anyway."""
    signature = inspect.signature(cls)
    given = signature.bind(*positional, **named).arguments
    return tuple(sorted((name, value) for name, value in given.items() if value != signature.parameters[name].default))


def _path_problems(text: str, place: Place) -> Iterator[Problem]:
    plain = re.sub(_VARIABLE, "x", text) if "<" in text else text
    if not plain.startswith("/"):
        yield _not_in_path(text, "does not begin with a slash", "write a slash before it", place)
    for sign, pattern, what, remedy in _NOT_IN_PATHS:
        if sign in plain and re.search(pattern, plain):
            yield _not_in_path(text, what, remedy, place)


_NOT_IN_PATHS: Final = (
    ("//", "//", "has an empty segment", "write one slash where there are two"),
    (".", r"/\.\.?(/|\Z)", "has a dotted segment, which clients resolve before they ask", "write the plain path"),
    ("?", r"\?", "has a '?'; a rule is a path without its query", "make the query's names parameters of the handler"),
    ("#", "#", "has a '#'; what follows it never reaches a server", "leave it out"),
    ("%", "%[0-9A-Fa-f]{2}", "has a percent escape; a rule is written decoded", "write the character itself"),
    ("{", r"\{\w+(:\w+)?\}", "has a name in curly brackets", "write a variable as <name>"),
)
"""A sign to look for, the pattern that it may belong to, and what is said of it."""


def _not_in_path(text: str, what: str, remedy: str, place: Place) -> Problem:
    return Problem(what=f"the rule {text!r} {what}", remedy=remedy, places=(place,))


def _host_problems(text: str, tokens: tuple[Token, ...], place: Place) -> list[Problem]:
    wrong = next(
        (found[0] for token in tokens if isinstance(token, str) for found in re.finditer(r"[^\w.-]", token)), ""
    )
    if text and not wrong:
        return []
    what = f"the host rule {text!r} has {wrong!r} in it" if wrong else "the host rule is empty"
    return [Problem(what=what, remedy="write a host's name, without scheme, port or path", places=(place,))]


def _unclear(text: str, pattern: Pattern, first: Variable, second: Variable, place: Place) -> Problem:
    return Problem(
        what=f"in the rule {text!r}, it cannot be told in one pass where {first.text} ends and {second.text} begins",
        remedy="put a slash between them, say what they are (<int:name>), or take one variable and cut its text apart",
        places=(place,),
    )


def _contradiction(rule: Rule, variable: Variable, wanted: Any) -> Problem:
    gives = shown(variable.converter.type)
    return Problem(
        what=f"in the rule {rule.text!r}, {variable.text} gives {gives}, and the handler's parameter "
        f"{variable.name!r} is annotated {shown(wanted)}",
        remedy=f"write <{variable.name}> and let the annotation decide, or annotate the parameter {gives}",
        places=(rule.place,),
    )


def _no_converter_gives(rule: Rule, variable: Variable, wanted: Any) -> Problem:
    known = {**CONVERTERS, **rule.converters}
    return Problem(
        what=f"in the rule {rule.text!r}, the handler's parameter {variable.name!r} is annotated {shown(wanted)}, "
        "and no converter gives that",
        remedy="annotate it with one of these, or register a converter with that type: router.converter(name, class)",
        allowed=tuple(shown(cls.type) for cls in known.values()),
        places=(rule.place,),
    )
