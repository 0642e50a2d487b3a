"""Write the lowest version of every library that pyproject.toml allows at run time, as a requirements file."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUN_TIME_EXTRAS = ("jinja2", "mako", "mariadb", "mongo", "postgresql", "sql")


def main() -> None:
    """Turn each `name>=version` into `name==version`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = [*project["dependencies"]]
    for extra in RUN_TIME_EXTRAS:
        allowed += project["optional-dependencies"][extra]
    lowest = [requirement.replace(">=", "==") for requirement in allowed]
    Path(sys.argv[1]).write_text("\n".join(lowest) + "\n", encoding="utf-8")
    print(*lowest)


if __name__ == "__main__":
    main()
