"""The identifiers of rows, and the clock of their times: both made in Python, when an object is constructed."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from typing import Final, final

KEY_LENGTH: Final = 36
"""The length of an identifier that Newel makes: a UUID in its lower-case form with dashes."""

_RANDOM_BITS: Final = 74
_VERSION_AND_VARIANT: Final = (0x7 << 76) | (0b10 << 62)


@final
class Identifiers:
    """Makes UUIDv7 (RFC 9562, section 5.7), each greater than the one before, from any thread.

    Within one millisecond, or when the clock went back, the random part is counted up by a random step (method 2 of
    section 6.2), so that identifiers sort as they were made and still cannot be guessed from one another.
    """

    __slots__ = ("_last", "_lock")

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def make(self) -> str:
        """Return a new identifier: 36 characters, lower-case."""
        milliseconds = time.time_ns() // 1_000_000
        random = int.from_bytes(os.urandom(10), "big") >> (80 - _RANDOM_BITS)
        with self._lock:
            moment = milliseconds << _RANDOM_BITS
            step = 1 + (random & 0xFFFFFFFF)
            self._last = moment | random >> 1 if moment > self._last else self._last + step
            return _written(self._last)


def _written(count: int) -> str:
    moment, rest = count >> _RANDOM_BITS, count & ((1 << _RANDOM_BITS) - 1)
    high, low = rest >> 62, rest & ((1 << 62) - 1)
    digits = f"{(moment << 80) | (high << 64) | low | _VERSION_AND_VARIANT:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


# NOTE: the one object of the process that counts: "monotonic within a process" has no smaller home. It holds no state
# of any application, and a fork goes on with random steps of its own.
new_id: Final = Identifiers().make
"""Make an identifier: the default of every model's `id`."""


def utcnow() -> datetime:
    """Return the time now, aware, in UTC, in whole milliseconds: what every backend can hold."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
