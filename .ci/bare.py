"""Check that nothing but the kernel's own libraries is there, then answer one request."""

from __future__ import annotations

import importlib.util
import runpy
from pathlib import Path

ABSENT = ("jinja2", "mako", "pymongo", "sqlalchemy", "flask", "django", "bottle")


def main() -> None:
    """Fail when a plugin's library is installed: then the environment proves nothing."""
    if present := [name for name in ABSENT if importlib.util.find_spec(name)]:
        raise SystemExit(f"not a bare environment: {', '.join(present)} installed")
    runpy.run_path(str(Path(__file__).with_name("smoke.py")), run_name="__main__")


if __name__ == "__main__":
    main()
