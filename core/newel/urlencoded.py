"""Names and values as a query string or a form carries them: `q=gr%C3%BCn&tag=a&tag=b` (WHATWG URL standard, 5.1)."""

from __future__ import annotations

import sys
from codecs import unicode_escape_decode
from typing import Final

from newel.errors import HTTPError
from newel.patterns import pattern

_BROKEN: Final = pattern(rb"%(?![0-9a-fA-F]{2})")
"""A `%` that begins no escape."""


def split_fields(text: str, most: int = sys.maxsize) -> dict[str, list[str]]:
    """Return each name with all its values; a broken `%` stands for itself.

    The text is given as Latin-1, as in the environ. Raises 400 for what is not UTF-8, 413 for more than `most` fields.
    """
    fields: dict[str, list[str]] = {}
    text = text.replace("+", " ")
    encoded = "%" in text or not text.isascii()
    if encoded and not ("%26" in text or "%3D" in text or "%3d" in text):
        text, encoded = _decoded(text), False  # PERF: at once, as no escape hides a separator
    pairs = text.split("&", most)
    if len(pairs) > most:
        raise HTTPError(413, f"The form has more than {most} fields.")
    for pair in pairs:
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if encoded:
            name, value = _decoded(name), _decoded(value)
        if name in fields:
            fields[name].append(value)
        else:
            fields[name] = [value]
    return fields


def _decoded(text: str) -> str:
    """Decode a text that was given as Latin-1."""
    try:
        raw = text.encode("latin-1")
        return (_unescaped(raw) if "%" in text else raw).decode()
    except UnicodeError as error:
        raise HTTPError(400, "A name or value is not UTF-8.") from error


def _unescaped(raw: bytes) -> bytes:
    r"""Undo percent-encoding.

    PERF: `%C3` is read as Python's own escape `\xC3`, in C.
    """
    escaped = raw.replace(b"\\", rb"\\").replace(b"%", rb"\x")
    try:
        return unicode_escape_decode(escaped)[0].encode("latin-1")
    except UnicodeDecodeError:
        return _unescaped(_BROKEN.sub(b"%25", raw))
