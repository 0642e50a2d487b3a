"""Which files are no application's: Newel's own, what is installed, Python's.

For what shows an application's author where something happened: the innermost line that is his own.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Final

_KERNEL: Final = Path(__file__).parent
_FOLDERS: Final = (
    str(_KERNEL),
    str(_KERNEL.parents[1] / "plugins"),  # in a working copy of Newel; where it is installed, the rules below hold
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<frozen",
)


def is_library(file: str) -> bool:
    """Tell whether the file of a code object is Newel's, installed, or Python's own."""
    return file.startswith(_FOLDERS) or "site-packages" in file or "dist-packages" in file
