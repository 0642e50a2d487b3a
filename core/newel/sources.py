"""Where configuration comes from: mappings, the environment, files (`newel.tomlfiles`); each value with its place.

A layer is a table of sections. Layers are laid over each other key by key: a later value takes the place of an earlier
one as a whole (lists and inner tables are not mixed, so that every value has one origin), and remembers what it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, final

import msgspec
import msgspec.structs

from newel.errors import Place

PREFIX: Final = "NEWEL_"
ENVIRONMENT: Final = "environment"
"""The `file` of a place that is an environment variable; its `text` is the variable's name."""


@final
class Setting(msgspec.Struct, frozen=True):
    """One value of configuration and where it was written.

    `overrides` are the places of the values it took the place of, latest first. `is_text` says that it is the text of
    an environment variable, whose meaning depends on the declared type.
    """

    value: Any
    place: Place
    overrides: tuple[Place, ...] = ()
    is_text: bool = False

    @property
    def variable(self) -> str | None:
        """The name of the environment variable it comes from, if it does."""
        return self.place.text if self.place.file == ENVIRONMENT else None


@final
class Layer(msgspec.Struct, frozen=True):
    """What one source says: sections of settings, and `loose` keys that stand outside any section."""

    sections: Mapping[str, Mapping[str, Setting]]
    headers: Mapping[str, Place] = {}
    loose: Mapping[str, Place] = {}


# --- mappings ---------------------------------------------------------------------------------------------------------


def of_mapping(mapping: Mapping[str, Any], place: Place) -> Layer:
    """Return what a mapping of sections says, all of it at one place: the line that gave it."""

    def place_of(path: tuple[str, ...]) -> Place:
        return Place(place.file, place.line, text=place.text or spelled(*path))

    return layer_of(mapping, place_of)


def spelled(section: str, key: str = "", *_: str) -> str:
    """Return a section, or a key in it, as messages spell it: `[app] hosts`."""
    return f"[{section}] {key}".strip()


def layer_of(document: Mapping[str, Any], place_of: Callable[[tuple[str, ...]], Place]) -> Layer:
    """Return what a table of tables says; `place_of` tells where a section or a key of one was written."""
    sections: dict[str, dict[str, Setting]] = {}
    loose: dict[str, Place] = {}
    for name, table in document.items():
        place = place_of((name,))
        if isinstance(table, Mapping):
            sections[name] = {key: Setting(value, place_of((name, key))) for key, value in table.items()}
        else:
            loose[name] = Place(place.file, place.line, text=f"{name} = ...")
    return Layer(sections, {name: place_of((name,)) for name in sections}, loose)


# --- the environment --------------------------------------------------------------------------------------------------


def of_environment(environ: Mapping[str, str], below: Iterable[Layer]) -> Layer:
    """Return what `NEWEL_SECTION__KEY` variables say.

    Variables are spelt in capitals with `_` only. One that means a section or key of a layer below takes its spelling;
    else it is in small letters.
    """
    below = list(below)
    sections: dict[str, dict[str, Setting]] = {}
    for variable in sorted(environ):
        named, separator, rest = variable.partition("__")
        if not separator or not variable.startswith(PREFIX):
            continue
        section = respelled(named.removeprefix(PREFIX), (name for layer in below for name in layer.sections))
        key = respelled(rest, (key for layer in below for key in layer.sections.get(section, ())))
        place = Place(ENVIRONMENT, text=variable)
        sections.setdefault(section, {})[key] = Setting(environ[variable], place, is_text=True)
    return Layer(sections, {name: next(iter(table.values())).place for name, table in sections.items()})


def respelled(name: str, known: Iterable[str]) -> str:
    """Return the known name that a part of a variable's name means, or that part in small letters."""
    folded = _folded(name)
    return next((other for other in known if _folded(other) == folded), name.lower())


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")


# --- layers over each other -------------------------------------------------------------------------------------------


def merged(layers: Iterable[Layer]) -> Layer:
    """Return one layer of several, the later over the earlier, key by key."""
    sections: dict[str, dict[str, Setting]] = {}
    headers: dict[str, Place] = {}
    loose: dict[str, Place] = {}
    for layer in layers:
        headers = {**layer.headers, **headers}
        loose |= layer.loose
        for name, table in layer.sections.items():
            whole = sections.setdefault(name, {})
            for key, setting in table.items():
                whole[key] = _over(setting, whole.get(key))
    return Layer(sections, headers, loose)


def _over(setting: Setting, below: Setting | None) -> Setting:
    if below is None:
        return setting
    return msgspec.structs.replace(setting, overrides=(below.place, *below.overrides))
