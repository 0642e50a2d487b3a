"""The project as the meta tests see it: its folders, packages and modules, found and not listed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
KERNEL: Final = ROOT / "core" / "newel"
PLUGINS: Final = tuple(sorted(path.parent for path in (ROOT / "plugins").glob("*/__init__.py")))
PACKAGES: Final = (KERNEL, *PLUGINS)
SOURCES: Final = ("core", "plugins", "tests", "benchmarks", "examples", "docs", ".ci")


def pyproject() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def modules() -> list[str]:
    """Return the dotted names of all modules that are shipped, in order."""
    return [_dotted(path, package.parent) for package in PACKAGES for path in sorted(package.rglob("*.py"))]


def _dotted(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shipped_files() -> Iterator[Path]:
    """Give each Python file of the kernel and the plugins."""
    for package in PACKAGES:
        yield from sorted(package.rglob("*.py"))


def written_files(*suffixes: str) -> Iterator[Path]:
    """Give each file that people wrote, of these suffixes; caches and hidden folders left out."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "__pycache__" not in path.parts and path.is_file():
                yield path


def shown(path: Path) -> str:
    """Return a path as people say it: relative to the project."""
    return path.relative_to(ROOT).as_posix()
