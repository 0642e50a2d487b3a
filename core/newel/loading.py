"""From what stands on the command line, a folder or a file, to the application that is made of it.

A folder holds `newel.toml`. A Python file makes one `App`, or else the routers in it are served. The choices of the
command line go into the environment, so that an `App(...)` in a file boots with them, and so does the process that a
reloader starts.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final

from newel import inspection
from newel.config import DEVELOPMENT, PROFILE_VARIABLE, variable
from newel.errors import BootError, Place, Problem, place_of
from newel.router import Router
from newel.wsgi import App

CONFIGURATION: Final = "newel.toml"


def choose(use: Iterable[str], profile: str | None) -> None:
    """Put the choices of a command into the environment: `--use SLOT=NAME`, and the profile, development by default.

    Raises `ValueError` for a choice that is not written so.
    """
    for choice in use:
        slot, _, names = choice.partition("=")
        if not slot or not names:
            raise ValueError(choice)
        several = [name.strip() for name in names.split(",")]
        os.environ[variable("use", slot)] = str(several) if len(several) > 1 else names
    if profile is not None:
        os.environ[PROFILE_VARIABLE] = profile
    os.environ.setdefault(PROFILE_VARIABLE, DEVELOPMENT)


def load(path: Path) -> App:
    """Boot the application of a folder, of a TOML file, or of a Python file. Raises `BootError`."""
    path = path.absolute()
    if path.is_dir():
        if not (path / CONFIGURATION).is_file():
            raise BootError([_no_application(path)])
        return App(path)
    if path.suffix != ".py":
        return App(path)
    return _application(_imported(path), path)


def watched(path: Path, app: App | None) -> list[str]:
    """Return the files besides modules that an application depends on: configuration and its overlays, templates."""
    beside, pattern = (path, "newel*.toml") if path.is_dir() else (path.parent, f"{path.stem}*.toml")
    found = [str(file) for file in sorted(beside.glob(pattern))]
    if app is not None:
        engines = inspection.engines(app.generation).values()
        found += [name for engine in engines for file in engine.files() for name in (file.file, *file.hides)]
    return found


# --- one file -------------------------------------------------------------------------------------------------------
def _imported(file: Path) -> ModuleType:
    """Import a file as the module of its own name, with its folder on `sys.path`."""
    name, folder = file.stem, str(file.parent)
    if not name.isidentifier():
        raise BootError([_no_module_name(file)])
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = importlib.import_module(name)
    if module.__file__ is None or not file.samefile(module.__file__):
        raise BootError([_hidden(file, module)])
    return module


def _application(module: ModuleType, file: Path) -> App:
    apps = {name: value for name, value in vars(module).items() if isinstance(value, App)}
    distinct = {id(app): app for app in apps.values()}
    if len(distinct) > 1:
        raise BootError([_several(file, apps)])
    if distinct:
        return next(iter(distinct.values()))
    if not any(isinstance(value, Router) and value.module == module.__name__ for value in vars(module).values()):
        raise BootError([_nothing(file)])
    return App(routes=[module.__name__], folder=file.parent)


# --- what is said ---------------------------------------------------------------------------------------------------
def _no_application(folder: Path) -> Problem:
    files = sorted(file.name for file in folder.glob("*.py"))
    hint = f"name one of its files ({', '.join(files[:3])}), " if files else ""
    return Problem(
        what=f"an application was looked for in {folder}, and there is no {CONFIGURATION} in it.",
        remedy=f"{hint}name or enter the folder of an application, or begin one: newel new NAME",
    )


def _no_module_name(file: Path) -> Problem:
    return Problem(
        what=f"{file.name} was to be imported, and {file.stem!r} is no name of a module.",
        places=(Place(str(file)),),
        remedy="rename it: letters, digits and underscores, and a letter first.",
    )


def _hidden(file: Path, module: ModuleType) -> Problem:
    return Problem(
        what=f"{file.name} was to be imported, and another module is called {file.stem!r}.",
        places=(Place(str(file)), place_of(module)),
        remedy="rename the file.",
    )


def _several(file: Path, apps: Mapping[str, App]) -> Problem:
    return Problem(
        what=f"{file.name} makes several applications: {', '.join(apps)}.",
        places=(Place(str(file)),),
        remedy="leave one of them in the file; each of the others gets a file of its own.",
    )


def _nothing(file: Path) -> Problem:
    return Problem(
        what=f"{file.name} makes neither an App nor a Router.",
        places=(Place(str(file)),),
        remedy="write `router = Router()` in it, with a handler below `@router.get('/')`.",
    )
