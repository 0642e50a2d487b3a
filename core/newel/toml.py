"""TOML with places: a document, and the line on which each of its keys stands.

`tomllib` tells what a document says, not where. So it parses, and `lines_of` walks the same text, known to be valid by
then, and looks at nothing but keys: it skips values by their brackets and quotes. Follows TOML 1.0.

NOTE: imported late, by name, and only where a file or an environment variable is read: `tomllib` costs milliseconds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Final, NamedTuple

import msgspec

from newel.errors import Place

Path = tuple[str, ...]

_TOKEN: Final = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<text> \"{3} (?: \\[\s\S] | [^\\] )*? \"{3} (?!\")
              | '{3} [\s\S]*? '{3} (?!')
              | " (?: \\. | [^"\\\n] )* "
              | ' [^'\n]* ' )
    | (?P<newline> \n )
    | (?P<space> [^\S\n]+ )
    | (?P<mark> [\[\]{}=.,] )
    | (?P<word> [^\s"'\#\[\]{}=.,]+ )
    """,
    re.VERBOSE,
)
_SHOWN: Final = re.compile(r"\s*(?:\[{1,2}[\w.\s-]*\]{0,2}\s*$|[\w.\s-]+=)")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_POSITION: Final = re.compile(r"\(at line (\d+), column \d+\)")


class Malformed(ValueError):
    """A text that is no TOML: what the parser said of it, and the line it stopped at (0: the end)."""

    def __init__(self, reason: str, line: int) -> None:
        self.reason: Final = reason
        self.line: Final = line
        super().__init__(reason, line)


def parse(text: str) -> dict[str, Any]:
    """Return what a document says. Raises `Malformed`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = _POSITION.search(str(error))
        reason = str(error).partition(" (at ")[0]
        raise Malformed(reason, int(position[1]) if position else 0) from None


def decode(data: bytes) -> str:
    """Return the text of a file's bytes: UTF-8, as TOML demands, a byte order mark left out. Raises `Malformed`."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {data[error.start]:#x} is not UTF-8", data.count(b"\n", 0, error.start) + 1) from None


def literal(text: str) -> Any:
    """Return the value that a TOML literal stands for: `8080`, `true`, `["a"]`. Raises `Malformed`."""
    document = parse(f"value = {text}")
    if list(document) != ["value"]:  # a line break in the text could otherwise bring keys of its own
        raise Malformed("more than one value", 0)
    return document["value"]


def text_of(value: Any) -> str:
    """Return a value as TOML spells it. What TOML has no type for (a path, a URL) is a text."""
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return text_of(value.value)
        case int() | float() | datetime() | date() | time():
            return str(value) if isinstance(value, (int, float)) else value.isoformat()
        case Mapping():
            return "{" + ", ".join(f"{_key(str(key))} = {text_of(item)}" for key, item in value.items()) + "}"
        case list() | tuple() | set() | frozenset():
            return f"[{', '.join(map(text_of, value))}]"
        case _:
            return _quoted(str(value))


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """Return a basic string: what JSON escapes, and DEL."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


def lines_of(text: str) -> dict[Path, int]:
    """Return the line of every key of a valid document, tables and parts of dotted keys included.

    A key inside an inline table or an array has the line on which its statement starts, so it is not listed: see
    `line_in`. The first mention counts, and a table's own header more than a mention on the way to something else.
    """
    lines: dict[Path, int] = {}
    headers: dict[Path, int] = {}
    table: Path = ()
    for statement in _statements(text):
        path = statement.key if statement.header else table + statement.key
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], statement.line)
        if statement.header:
            table = path
            headers.setdefault(path, statement.line)
    return lines | headers


def line_in(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of a key, or of the nearest enclosing one that has a line of its own; 0 if none has."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class _Statement(NamedTuple):
    key: Path
    line: int
    header: bool


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        yield _Token(match.lastgroup or "", match[0], line)
        line += match[0].count("\n")


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the headers and the `key = ` of a document; values are passed over."""
    key: list[str] = []
    header, value, depth, line = False, False, 0, 0
    for token in _tokens(text):
        if value:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.text, 0)
            value = token.kind != "newline" or depth > 0
            continue
        if token.kind in {"word", "text"}:
            key.append(_name(token))
            line = line or token.line
        elif token.text == "[":
            header = True
        elif key and token.text in {"]", "="}:
            yield _Statement(tuple(key), line, header)
            value = token.text == "="
            key, header, line = [], False, 0


def _name(token: _Token) -> str:
    """Return the name that one part of a key spells."""
    if token.kind == "word":
        return token.text
    return str(literal(token.text))


def place_in(file: str, line: int, text: str) -> Place:
    """Return the place of a line that could not be read, with nothing shown of any value.

    SECURITY: it may be a secret whose quotes were forgotten, or one line of a list of them.
    """
    if not line:
        return Place(file)
    lines = text.split("\n")
    shown = _SHOWN.match(lines[line - 1]) if line <= len(lines) else None
    return Place(file, line, text=f"{shown[0].strip()} ..." if shown else "...")
