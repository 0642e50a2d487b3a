"""The secret of development: made once, kept in `.newel/secret` beside the application, never in the repository.

NOTE: imported late, by name, by boot where something signs and nothing is configured: it loads `secrets`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from newel.errors import BootError, Place, Problem
from newel.secret import Secret
from newel.settings import MIN_SECRET_BYTES

FOLDER: Final = ".newel"


def kept_secret(folder: Path | None) -> Secret:
    """Return the secret kept in a folder, made if there is none. Without a folder, one that ends with the process.

    Raises `BootError` if it cannot be kept or is too short to be one of ours.
    """
    if folder is None:
        return Secret(secrets.token_urlsafe())
    path = folder / FOLDER / "secret"
    try:
        text = path.read_text(encoding="ascii") if path.exists() else _made(path)
    except (OSError, UnicodeDecodeError) as error:
        raise BootError([_cannot_keep(path, str(error))]) from None
    if len(text.strip()) < MIN_SECRET_BYTES:
        raise BootError([_cannot_keep(path, "it holds no secret")])
    return Secret(text.strip())


def _made(path: Path) -> str:
    """Make the file, readable by its owner alone. Of several processes that try at once, one wins and all agree."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    (path.parent / ".gitignore").write_text("*\n", encoding="ascii")
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_urlsafe()}\n")
        _put(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii")


def _put(draft: Path, path: Path) -> None:
    """Give the finished file its name, unless another process was first: a link never replaces."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    except OSError:  # a file system without links; two that start in the same instant may then disagree once
        if not path.exists():
            draft.replace(path)


def _cannot_keep(path: Path, reason: str) -> Problem:
    return Problem(
        what=f"development needs a secret to sign with, and {path} could not keep one: {reason}.",
        places=(Place(str(path), text="..."),),
        remedy="make the folder writable, delete the file if it is broken, or set NEWEL_APP__SECRET.",
    )
