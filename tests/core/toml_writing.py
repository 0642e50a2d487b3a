"""A writer of TOML for tests: it knows on which line it put each key, whichever of TOML's spellings it chose."""

from __future__ import annotations

import datetime
import string
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

Path = tuple[str, ...]

_BARE: Final = frozenset(string.ascii_letters + string.digits + "_-")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\"}


def literal(value: Any) -> str:
    """Return a value as TOML writes it, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name(key)} = {literal(item)}' for key, item in value.items())}}}"
    return repr(value)


def quoted(text: str) -> str:
    """Return a basic string."""
    return f'"{"".join(_ESCAPES.get(letter) or _shown(letter) for letter in text)}"'


def _shown(letter: str) -> str:
    return letter if letter >= " " and letter not in "\x7f\x85\u2028" else f"\\u{ord(letter):04x}"


def name(key: str) -> str:
    """Return a key, bare where it may be."""
    return key if key and set(key) <= _BARE else quoted(key)


def document(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a whole document of sections."""
    lines: list[str] = []
    for section, table in sections.items():
        lines.append(f"[{name(section)}]")
        lines += [f"{name(key)} = {literal(value)}" for key, value in table.items()]
    return "\n".join([*lines, ""])


texts: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names: Final = st.sampled_from(["url", "max_body", "a", "x1", "hosts", "host", "a_b_c", "use", "key"])
scalars: Final = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.dates(min_value=datetime.date(1000, 1, 1)),
    st.datetimes(min_value=datetime.datetime(1000, 1, 1)),  # noqa: DTZ001  -- a local date and time, which TOML has
)
values: Final = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | texts, inner, max_size=3),
    max_leaves=4,
)
tables: Final = st.dictionaries(names, st.dictionaries(names, values, max_size=3), max_size=3)
