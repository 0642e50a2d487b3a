"""`python -m newel`: the command line, where the script `newel` is not on the path."""

from __future__ import annotations

from newel.cli import main

if __name__ == "__main__":
    main(prog_name="newel")
