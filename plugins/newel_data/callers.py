"""Who asked for a query: the line of the application, a handler's or a template's, that was running."""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType

from newel.libraries import is_library


def caller() -> str:
    """Return file, line and function of the innermost frame that is the application's; else of the first of others.

    Neither Newel's own packages nor what is installed is the application's. Empty, where nobody else is there.
    """
    frame: FrameType | None = sys._getframe(1)
    other = ""
    while frame is not None:
        if not is_library(frame.f_code.co_filename):
            return _told(frame)
        if not other and not _is_newels(frame):
            other = _told(frame)
        frame = frame.f_back
    return other


def _is_newels(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return package == "newel" or package.startswith("newel_")


def _told(frame: FrameType) -> str:
    return f"{_short(frame.f_code.co_filename)}:{frame.f_lineno} in {_name(frame.f_code)}"


def _name(code: CodeType) -> str:
    """Return the function that code belongs to; a comprehension has a frame of its own before Python 3.12."""
    names = [name for name in code.co_qualname.split(".") if not name.startswith("<")]
    return names[-1] if names else code.co_name


def _short(file: str) -> str:
    """Return a file as seen from the folder of the process, where it is below it."""
    return file.removeprefix(f"{os.getcwd()}{os.sep}")  # noqa: PTH109  # PERF: asked for every statement
