"""Paths of files and folders, as texts.

PERF: `pathlib` and what it imports take as long to load as a twelfth of a start, and a start that reads no file needs
none of it. So paths are texts until somebody asks for one (`as_path`).
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def as_path(path: str | os.PathLike[str]) -> Path:
    """Return a path of `pathlib`."""
    made: Path = importlib.import_module("pathlib").Path(path)
    return made


def absolute(path: str | os.PathLike[str]) -> str:
    """Return a path from the root on; links and `..` stay as they are."""
    text = os.fspath(path)
    return text if os.path.isabs(text) else os.path.join(os.getcwd(), text)


def folder_of(file: str) -> str:
    """Return the folder that a file stands in."""
    return os.path.dirname(file)


def below(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> str:
    """Return a path that is relative to a folder; one from the root on stays what it is."""
    return os.path.join(folder, path)


def is_folder(path: str) -> bool:
    """Tell whether there is a folder of that path."""
    return os.path.isdir(path)
