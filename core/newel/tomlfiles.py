"""The files that configuration is read from: `newel.toml`, and the overlays beside it.

Imported where a file is named: `pathlib` and `tomllib` take as long to load as a sixth of a start.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from newel import toml
from newel.errors import BootError, Place, Problem
from newel.sources import Layer, layer_of, spelled


def locate(config: str | os.PathLike[str], place: Place) -> Path:
    """Return the absolute path of the file that a path to a file or a folder means. Raises `BootError`."""
    path = Path(os.path.abspath(config))  # noqa: PTH100  -- a link to a file has its overlay beside the link
    if path.is_dir():
        path /= "newel.toml"
    if not path.is_file():
        raise BootError([_no_file(path, place)])
    return path


def overlays(path: Path) -> dict[str, Path]:
    """Return the overlays beside a file, by the name of their profile: `newel.production.toml` for `newel.toml`."""
    found = sorted(path.parent.glob("*.toml"))
    prefix = f"{path.stem}."
    return {
        other.stem.removeprefix(prefix): other
        for other in found
        if other.stem.startswith(prefix) and "." not in other.stem.removeprefix(prefix)
    }


def of_file(path: Path) -> Layer:
    """Return what a TOML file says. Raises `BootError` if it cannot be read or is no TOML."""
    file = str(path)
    text = ""
    try:
        text = toml.decode(path.read_bytes())
        document = toml.parse(text)
    except OSError as error:
        raise BootError([_unreadable(file, error)]) from None
    except toml.Malformed as error:
        raise BootError([_malformed(error.reason, toml.place_in(file, error.line, text))]) from None
    lines = toml.lines_of(text)
    return layer_of(document, lambda path: Place(file, toml.line_in(lines, path), text=spelled(*path)))


def of_files(files: Iterable[Path]) -> list[Layer]:
    """Return what several files say. Raises `BootError` with what is wrong with any of them."""
    layers: list[Layer] = []
    problems: list[Problem] = []
    for file in files:
        try:
            layers.append(of_file(file))
        except BootError as error:
            problems += error.problems
    if problems:
        raise BootError(problems)
    return layers


def _no_file(path: Path, place: Place) -> Problem:
    folder = path.parent
    names = tuple(other.name for other in folder.glob("*.toml")) if folder.is_dir() else ()
    missing = f"no file {path.name!r} in {folder}" if folder.is_dir() else f"no folder {folder}"
    return Problem(
        what=f"the configuration was to be read from {path}, and there is {missing}.",
        found=path.name,
        allowed=names,
        places=(place,),
        remedy="name a folder that holds newel.toml, or a TOML file.",
    )


def _unreadable(file: str, error: OSError) -> Problem:
    return Problem(
        what=f"the configuration {file} could not be read: {error.strerror or error}.",
        places=(Place(file),),
        remedy="let the user that runs the application read the file.",
    )


def _malformed(reason: str, place: Place) -> Problem:
    return Problem(
        what=f"{Path(place.file).name} was to be read as TOML, and is not: {reason[:1].lower()}{reason[1:]}.",
        places=(place,),
        remedy="correct the line (https://toml.io/en/v1.0.0); texts stand in quotes.",
    )
