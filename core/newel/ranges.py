"""The one range of bytes that a Range header asks for (RFC 9110, 14.1.2 and 14.2).

NOTE: `werkzeug.http` calls a suffix that is longer than the file unsatisfiable, where the RFC wants the whole file.
"""

from __future__ import annotations

import re
from typing import Final

_single: Final = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE | re.ASCII).fullmatch


def single_range(header: str, size: int) -> tuple[int, int] | None:
    """Return begin and end (not included) of the range within a file; an empty one where no such bytes are (416).

    None where the whole is to be sent: a malformed header, another unit, or several ranges, which a server may ignore
    (14.2) and which are how a small request becomes a large answer (17.15).
    """
    found = _single(header)
    if found is None:
        return None
    first, last = found.groups()
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    begin = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    return (begin, end) if begin < end else (size, size)
