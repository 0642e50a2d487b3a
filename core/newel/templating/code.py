"""Python that an engine generated from a template: its lines are the template's, and it is kept on disk.

An error in a template then shows the template's own file and line in any traceback, debugger or profile, and an engine
learns where it happened from the traceback alone.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import CodeType, TracebackType
from typing import Final, final

from newel.errors import Place, Problem, SetupError
from newel.templating.files import Source

_POSITIONS: Final = ("lineno", "end_lineno", "col_offset", "end_col_offset")


def compile_at(
    python: str,
    file: str,
    line_of: Callable[[int], int],
    change: Callable[[ast.Module], None] = lambda tree: None,
) -> CodeType:
    """Compile generated Python so that each line counts as a line of `file`: `line_of(generated) -> template`.

    `change` may change the tree before it is compiled.
    """
    tree = ast.parse(python)
    change(tree)
    for node in ast.walk(tree):
        if (generated := getattr(node, "lineno", None)) is not None:
            line = max(line_of(generated), 1)
            for position, value in zip(_POSITIONS, (line, line, 0, 0), strict=True):
                setattr(node, position, value)
    return compile(tree, file, "exec", dont_inherit=True)


def innermost(traceback: TracebackType | None, files: Callable[[str], Source | None]) -> tuple[Source, int] | None:
    """Return the last template, and its line, that a traceback passes through; None where it passes through none."""
    found = None
    while traceback is not None:
        source = files(traceback.tb_frame.f_code.co_filename)
        if source is not None:
            found = source, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


@final
class CodeFolder:
    """Compiled templates on disk: one file for each template, used as long as nothing that made it has changed.

    `salt` names everything beside the template's text that the code depends on (the engine, its version, its filters).
    Whatever is in the folder may be deleted at any time.

    SECURITY: what lies in the folder is run, so it must belong to whoever runs the application, and to nobody else.
    """

    __slots__ = ("_folder", "_salt")

    def __init__(self, folder: Path, salt: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and (folder.stat().st_mode & 0o022 or folder.stat().st_uid != os.geteuid()):
            raise SetupError(_writable_by_others(folder))
        self._folder: Final = folder
        self._salt: Final = f"{salt} {sys.implementation.cache_tag}"

    def code(self, source: Source, translate: Callable[[Source], CodeType]) -> CodeType:
        """Return the template's code from the folder, or translate it and keep the result there."""
        path = self._folder / f"{_digest(self._salt.split()[0], source.file).hex()[:32]}.code"
        key = _digest(self._salt, source.name, source.file, source.text)
        code = _read(path, key)
        if code is None:
            code = translate(source)
            _write(path, key, code)
        return code


def _digest(*texts: str) -> bytes:
    return hashlib.sha256("\0".join(texts).encode()).digest()


def _read(path: Path, key: bytes) -> CodeType | None:
    """Return the code of a file that was written for this key; None where it is missing, stale or damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    kept, checksum, code = content[:32], content[32:64], content[64:]
    if kept != key or checksum != hashlib.sha256(code).digest():
        return None
    loaded = marshal.loads(code)  # noqa: S302 - our own code, from a folder that nobody else may write
    return loaded if isinstance(loaded, CodeType) else None


def _write(path: Path, key: bytes, code: CodeType) -> None:
    """Write the file at once or not at all; a folder that cannot be written costs time, not pages."""
    content = marshal.dumps(code)
    with contextlib.suppress(OSError):
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(key + hashlib.sha256(content).digest() + content)
        Path(temporary).replace(path)


def _writable_by_others(folder: Path) -> Problem:
    return Problem(
        what="the folder of compiled templates may be written by others; what lies in it is run by the application.",
        places=(Place(str(folder)),),
        remedy=f"give it to the user who runs the application, alone: chmod 700 {folder}",
    )
