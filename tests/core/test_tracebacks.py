from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from newel.errors import place_of_caller
from newel.tracebacks import of_user
from tests.core.command_line import written


def caught(folder: Path, text: str) -> str:
    """Return how an error is told that a module raises while it is imported."""
    written(folder, mine=text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        with pytest.raises(Exception) as error:  # noqa: PT011  -- which one is the case's affair
            importlib.import_module("mine")
    # what pytest did stands before the import, as click and the kernel do before a user's module
    trace = error.value.__traceback__
    assert trace is not None
    return of_user(error.value.with_traceback(trace.tb_next))


def test_the_frames_of_the_import_system_are_left_out(tmp_path: Path) -> None:
    assert caught(tmp_path, "def fail():\n    1 / 0\n\n\nfail()\n").splitlines()[:2] == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/mine.py", line 5, in <module>',
    ]


def test_a_syntax_error_is_told_by_its_place_alone(tmp_path: Path) -> None:
    assert caught(tmp_path, "x = (\n").splitlines() == [
        f'  File "{tmp_path}/mine.py", line 1',
        "    x = (",
        "        ^",
        "SyntaxError: '(' was never closed",
    ]


def test_an_error_that_never_left_the_kernel_is_shown_whole() -> None:
    with pytest.raises(ValueError, match="deep enough") as error:
        place_of_caller(1_000_000)
    trace = error.value.__traceback__
    assert trace is not None
    assert "/newel/errors.py" in of_user(error.value.with_traceback(trace.tb_next))
