"""What a fork of this process does: it ends there, whatever comes of it, and is waited for no longer than patience."""

from __future__ import annotations

import faulthandler
import os
import traceback
from collections.abc import Callable
from typing import Final

from tests.services import PATIENCE

_STANDARD_ERROR: Final = 2


def in_fork(run: Callable[[], object]) -> int:
    """Run something in a fork, show that it ended well, and return the fork's number.

    Where it does not end, it tells what its threads do and is ended.
    """
    child = os.fork()
    if child == 0:  # pragma: no cover
        _run_and_exit(run)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "what went wrong in the fork is on standard error"
    return child


def _run_and_exit(run: Callable[[], object]) -> None:  # pragma: no cover
    status = 1
    try:
        faulthandler.dump_traceback_later(PATIENCE, exit=True, file=_STANDARD_ERROR)
        run()
        status = 0
    except BaseException:  # noqa: BLE001  -- or else a fork would go on with the tests
        traceback.print_exc()
    finally:
        os._exit(status)
