"""Doing again what lost a race against something that is about to be over."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

from newel_data.errors import Conflict

PATIENCE: Final = 10.0
"""Seconds in which a server has noticed that an application is gone, and given up what that held."""


def patiently(run: Callable[[], object]) -> None:
    """Run something that may conflict with units whose connections were lost, until it does not."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            run()
        except Conflict:
            if time.monotonic() > until:
                raise
            step_aside()
        else:
            return


def step_aside() -> None:
    """Wait a little, and each time another little: units that lost to one another would only meet again."""
    time.sleep(secrets.randbelow(20) / 1000)
