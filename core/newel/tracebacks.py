"""Tracebacks for the one whose code failed: what the command line did before calling it is left out."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path
from types import TracebackType
from typing import Final

import click

_BEFORE: Final = (str(Path(__file__).parent), str(Path(click.__file__).parent), str(importlib.__file__), "<frozen")
"""Whose frames stand before the user's: the kernel's, click's, the import system's."""


def of_user(error: BaseException) -> str:
    """Return the traceback of an error from the user's first frame on.

    One without any is shown whole: it is a mistake of ours. The place of a `SyntaxError` is in its text.
    """
    shown = _from_user(error.__traceback__)
    whole = error.__traceback__ if shown is None and not isinstance(error, SyntaxError) else shown
    return "".join(traceback.format_exception(type(error), error, whole)).rstrip()


def _from_user(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_BEFORE):
        trace = trace.tb_next
    return trace
