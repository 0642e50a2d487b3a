"""Names and values as a query string or a form carries them: `q=gr%C3%BCn&tag=a&tag=b` (WHATWG URL standard, 5.1)."""

from __future__ import annotations

from codecs import unicode_escape_decode
from typing import Final

from newel.errors import HTTPError
from newel.patterns import pattern

_BROKEN: Final = pattern(rb"%(?![0-9a-fA-F]{2})")
"""A `%` that begins no escape."""


def split_fields(text: str) -> dict[str, list[str]]:
    """Return each name with all its values; a broken `%` stands for itself.

    The text is given as Latin-1, as in the environ. Raises 400 for what is not UTF-8.
    """
    fields: dict[str, list[str]] = {}
    text = text.replace("+", " ")
    encoded = "%" in text or not text.isascii()
    for pair in text.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if encoded and ("%" in pair or not pair.isascii()):  # PERF: most pairs need no decoding
            name, value = _decoded(name), _decoded(value)
        if name in fields:
            fields[name].append(value)
        else:
            fields[name] = [value]
    return fields


def _decoded(text: str) -> str:
    """Decode one name or value."""
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
