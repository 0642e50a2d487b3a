"""Percent-encoding of what stands in a URL (RFC 3986, section 2.1), as `urllib.parse.quote` does it.

PERF: `urllib.parse` and what it imports take as long to load as a twentieth of a start, and only links need it.
"""

from __future__ import annotations

import functools
from typing import Final

UNRESERVED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
"""What stands for itself wherever it is (RFC 3986, section 2.3)."""


def quote(text: str | bytes, safe: str, errors: str = "strict") -> str:
    """Return a text with each byte encoded that neither is unreserved nor in `safe`; a str is sent as UTF-8.

    Raises `UnicodeEncodeError` for what is no Unicode, unless `errors` says otherwise, as for `str.encode`.
    """
    octets = text if isinstance(text, bytes) else text.encode(errors=errors)
    return octets.decode("latin-1").translate(_table(safe))


@functools.lru_cache(32)
def _table(safe: str) -> tuple[str, ...]:
    """Return what is written for each byte."""
    kept = (UNRESERVED + safe).encode("ascii")
    return tuple(chr(octet) if octet in kept else f"%{octet:02X}" for octet in range(256))
