"""A file that a browser sent, and what of its name can be trusted: nothing but letters."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePath
from typing import IO, Final, final

from newel.patterns import pattern

MAX_NAME: Final = 255
"""Bytes that file systems allow for a name."""

_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)
_RESERVED: Final = pattern(r'[<>:"|?*]')
_SUFFIX: Final = pattern(r"\.[A-Za-z0-9]{1,16}")


def safe_name(name: str, default: str = "file") -> str:
    """Return a client's file name as one that is safe to show and to keep as metadata (checklist E51).

    Folders, control and invisible characters, leading dots, and what Windows reserves (device names, `<>:"|?*`, dots
    and spaces at the end) go; letters of every script stay. NOTE: it is still the client's choice, and no name for a
    stored file.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if unicodedata.category(char)[0] not in "CZ" or char == " ")
    plain = _RESERVED.sub("_", visible).strip(" .")
    if plain.partition(".")[0].rstrip(" ").lower() in _DEVICES:
        plain = f"_{plain}"
    return _shortened(plain) or default


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_NAME:
        return name
    suffix = _suffix(name)
    return name.removesuffix(suffix).encode()[: MAX_NAME - len(suffix)].decode(errors="ignore").rstrip(" .") + suffix


def _suffix(name: str) -> str:
    suffix = PurePath(name).suffix
    return suffix if _SUFFIX.fullmatch(suffix) else ""


@final
class UploadedFile:
    """A file of a form. Lives until the request ends; `save_in` or `save` keeps it.

    `raw_name` and `content_type` are what the client claimed, and may be anything; `name` is `safe_name(raw_name)`.
    """

    __slots__ = ("content_type", "raw_name", "size", "stream")

    def __init__(self, stream: IO[bytes], raw_name: str, content_type: str, size: int) -> None:
        self.stream: Final = stream
        self.raw_name: Final = raw_name
        self.content_type: Final = content_type
        self.size: Final = size

    @property
    def name(self) -> str:
        """The client's name for it, made safe to show and to keep; "file" where nothing of it is."""
        return safe_name(self.raw_name)

    @property
    def suffix(self) -> str:
        """The name's last suffix in small letters (`.png`), if it is up to 16 letters or digits; else nothing."""
        return _suffix(self.name).lower()

    def read(self, size: int = -1) -> bytes:
        """Read from where the stream stands: all, or so many bytes."""
        return self.stream.read(size)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the whole file to a path of the application's own making.

        Raises `FileExistsError` unless `overwrite`. SECURITY: a path made of the client's name is how files are
        overwritten; `save_in` makes one.
        """
        target = Path(path)
        self.stream.seek(0)
        with target.open("wb" if overwrite else "xb") as file:
            while chunk := self.stream.read(65536):
                file.write(chunk)
        self.stream.seek(0)
        return target

    def save_in(self, folder: str | os.PathLike[str]) -> Path:
        """Write the whole file under a generated name with the client's suffix, and return its path (checklist E51)."""
        return self.save(Path(folder) / f"{os.urandom(16).hex()}{self.suffix}")

    def close(self) -> None:
        """Let go of the file; one on disk is removed."""
        self.stream.close()

    def __repr__(self) -> str:
        return f"<UploadedFile {self.name!r}, {self.content_type or 'no type'}, {self.size} bytes>"
