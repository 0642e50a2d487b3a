"""The command line as `python -m newel`."""

from newel.cli import main

if __name__ == "__main__":
    main()
