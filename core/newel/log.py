"""The kernel's log, `newel`.

PERF: `logging` and what it imports take as long to load as a fifth of the kernel. A start without fault logs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger


def log() -> Logger:
    """Return the logger of the kernel."""
    logger: Logger = importlib.import_module("logging").getLogger("newel")
    return logger
