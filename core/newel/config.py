"""Configuration: layers over each other, every value with its origin, sections checked against the classes of plugins.

The layers, each over the one before: `newel.toml` (or a mapping, or nothing), the overlay of the profile beside it
(`newel.production.toml`), the environment (`NEWEL_SECTION__KEY=value`), and the arguments of the one who called.
`newel.sources` reads them; this module lays them over each other and checks what came out.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar, final

import msgspec

from newel.errors import BootError, Place, Problem, place_of, place_of_caller
from newel.paths import as_path
from newel.sources import (
    ENVIRONMENT,
    PREFIX,
    Layer,
    Setting,
    merged,
    of_environment,
    of_mapping,
    respelled,
    spelled,
)
from newel.values import (
    Field,
    SettingError,
    choices,
    convert,
    describe,
    fields_of,
    from_text,
    undeclared,
)

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

DEVELOPMENT: Final = "development"
PRODUCTION: Final = "production"
PROFILES: Final = (DEVELOPMENT, PRODUCTION)
"""The profiles that need no overlay file. Any other name does: without one it is more likely a slip than a wish."""

PROFILE_VARIABLE: Final = f"{PREFIX}PROFILE"


def read(
    config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    *,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    arguments: Mapping[str, Mapping[str, Any]] = {},
    place: Place | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Configuration:
    """Read every layer of configuration.

    config     a TOML file, a folder that holds `newel.toml`, a mapping of sections, or None
    profile    chooses the overlay; None: the environment's `NEWEL_PROFILE`, else "production"
    environ    None: the environment of the process
    arguments  the last layer: a mapping of sections
    place      who asked: the origin of mapping and arguments. None: the caller's line
    folder     what relative paths are relative to where `config` is no file

    Raises `BootError` for a file that cannot be read, and a profile that there is not.
    """
    place = place or place_of_caller()
    environ = os.environ if environ is None else environ
    layers: list[Layer] = []
    files: tuple[Path, ...] = ()
    known: dict[str, Path] = {}
    if config is None or isinstance(config, Mapping):
        profile = _chosen(profile, environ, known, place)
        layers.append(of_mapping(config or {}, place))
    else:
        tomlfiles: Any = importlib.import_module("newel.tomlfiles")
        file: Path = tomlfiles.locate(config, place)
        folder, known = file.parent, tomlfiles.overlays(file)
        profile = _chosen(profile, environ, known, place)
        files = (file, known[profile]) if profile in known else (file,)
        layers += tomlfiles.of_files(files)
    layers.append(of_environment(environ, layers))
    layers.append(of_mapping(arguments, place))
    return Configuration(merged(layers), profile=profile, folder=folder, files=files)


def _chosen(asked: str | None, environ: Mapping[str, str], overlays: Mapping[str, Path], place: Place) -> str:
    """Return the profile's name, which must be one of `PROFILES` or have an overlay."""
    profile = asked if asked is not None else environ.get(PROFILE_VARIABLE, PRODUCTION)
    if profile in PROFILES or profile in overlays:
        return profile
    problem = Problem(
        what=f"the profile {profile!r} was asked for, and no overlay of that name stands beside the configuration.",
        found=profile,
        allowed=tuple({*PROFILES, *overlays}),
        places=(place if asked is not None else Place(ENVIRONMENT, text=PROFILE_VARIABLE),),
        remedy=f"correct the name, or write the overlay, newel.{profile}.toml (it may be empty).",
    )
    raise BootError([problem])


@final
class Configuration:
    """All of an application's configuration, as it was read. Immutable.

    `location` is what relative paths are relative to: the folder of the file. `files` are the files that were read.
    """

    __slots__ = ("_layer", "files", "location", "profile")

    def __init__(
        self,
        layer: Layer,
        *,
        profile: str,
        folder: str | os.PathLike[str] | None,
        files: tuple[Path, ...] = (),
    ) -> None:
        self._layer: Final = layer
        self.profile: Final = profile
        self.location: Final = None if folder is None else os.fspath(folder)
        self.files: Final = files

    def __repr__(self) -> str:
        return f"<Configuration {self.profile}: {', '.join(self.sections())}>"

    @property
    def folder(self) -> Path | None:
        """`location` as a path of `pathlib`."""
        return None if self.location is None else as_path(self.location)

    @property
    def development(self) -> bool:
        """Whether this is the development profile."""
        return self.profile == DEVELOPMENT

    @property
    def loose(self) -> Mapping[str, Place]:
        """Keys that stand outside any section, and where."""
        return MappingProxyType(dict(self._layer.loose))

    def sections(self) -> tuple[str, ...]:
        """Return the names of the sections that some layer has, in the order of reading."""
        return tuple(self._layer.sections)

    def section(self, name: str) -> Mapping[str, Setting]:
        """Return the settings of a section by key; an empty mapping if no layer has it."""
        sections = self._layer.sections
        return MappingProxyType(dict(sections.get(name) or sections.get(name.replace("-", "_")) or {}))

    def header(self, name: str) -> Place | None:
        """Return where a section begins."""
        return self._layer.headers.get(name)

    def value(self, section: str, key: str, kind: Any, problems: list[Problem]) -> Any:
        """Return one value as a type; `msgspec.UNSET` where it is not set, or was a problem."""
        setting = self.section(section).get(key)
        return msgspec.UNSET if setting is None else self._converted(section, key, setting, kind, problems)

    def check(self, section: str, cls: type[T] | None, problems: list[Problem]) -> T | None:
        """Return a section as an instance of a dataclass or msgspec struct, or None after adding problems.

        Every value is read by itself, so that all errors show. None as the class: the section has no keys at all.
        """
        before = len(problems)
        try:
            declared = {} if cls is None else {field.key: field for field in fields_of(cls)}
        except NameError as error:
            problems.append(_unresolved(cls, error))
            return None
        settings = self._spelled(section, declared)
        problems += [_unknown_key(section, key, settings[key], declared) for key in settings if key not in declared]
        values = {}
        for key, field in declared.items():
            if key in settings:
                values[field.attribute] = self._converted(section, key, settings[key], field.kind, problems)
            elif field.required:
                problems.append(self._missing(section, field, cls))
        if cls is None or len(problems) > before:
            return None
        return self._made(section, cls, values, problems)

    def _spelled(self, section: str, declared: Mapping[str, Field]) -> dict[str, Setting]:
        """Return a section's settings by the keys that are declared, as far as variables can spell them."""
        found: dict[str, Setting] = {}
        for key, setting in self.section(section).items():
            found[respelled(key, declared) if setting.variable and key not in declared else key] = setting
        return found

    def _converted(self, section: str, key: str, setting: Setting, kind: Any, problems: list[Problem]) -> Any:
        value = from_text(setting.value, kind) if setting.is_text else setting.value
        try:
            converted = convert(value, kind, self.location)
        except SettingError as error:
            problems.append(_bad_value(section, key, setting, kind, error))
            return msgspec.UNSET
        inner = list(undeclared(value, kind))
        problems += [_unknown_inner_key(section, key, setting, found, allowed) for found, allowed in inner]
        return msgspec.UNSET if inner else converted

    def _missing(self, section: str, field: Field, cls: Any) -> Problem:
        header = self.header(section)
        return Problem(
            what=f"{spelled(section, field.key)} is required, and is not set.",
            places=(header,) if header else (place_of(cls),),
            remedy=f"write `{field.key} = ...` under [{section}]: {describe(field.kind)}; "
            f"or set the environment variable {variable(section, field.key)}.",
        )

    def _made(self, section: str, cls: type[T], values: Mapping[str, Any], problems: list[Problem]) -> T | None:
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:
            header = self.header(section)
            problems.append(
                Problem(
                    what=f"[{section}] was refused by {cls.__name__}: {error}",
                    places=(*((header,) if header else ()), place_of(cls)),
                    remedy="correct the values of the section, which do not go together.",
                )
            )
            return None


def variable(section: str, key: str) -> str:
    """Return the name of the environment variable that sets a key."""
    return f"{PREFIX}{section}__{key}".replace("-", "_").upper()


def unknown_sections(configuration: Configuration, known: Iterable[str]) -> list[Problem]:
    """Return a problem for each section of a name that nobody has, and each key outside any section.

    `known` are the names of all that is installed, chosen or not: the section of what is not chosen is left alone.
    """
    names = tuple(known)
    unknown = [section for section in configuration.sections() if respelled(section, names) not in names]
    return [
        *(_loose_key(key, place, names) for key, place in configuration.loose.items()),
        *(_unknown_section(configuration, section, names) for section in unknown),
    ]


# --- what is said -----------------------------------------------------------------------------------------------------


def _unknown_key(section: str, key: str, setting: Setting, declared: Mapping[str, Field]) -> Problem:
    what = f"{spelled(section, key)} is set, and [{section}] has no such key."
    remedy = "correct the key, or take it out."
    if setting.variable:
        what = f"the environment variable {setting.variable} is set, and [{section}] has no key {key!r}."
        remedy = "correct or unset the variable."
        if "__" in key:
            remedy = "set the whole of an inner table as a TOML literal, in the variable of its key."
    return Problem(what=what, found=key, allowed=tuple(declared), places=(setting.place,), remedy=remedy)


def _unknown_inner_key(section: str, key: str, setting: Setting, found: str, allowed: tuple[str, ...]) -> Problem:
    return Problem(
        what=f"{spelled(section, key)} holds the key {found!r}, which is not declared there.",
        found=found,
        allowed=allowed,
        places=(setting.place,),
        remedy="correct the key, or take it out.",
    )


def _bad_value(section: str, key: str, setting: Setting, kind: Any, error: SettingError) -> Problem:
    subject = f"the environment variable {setting.variable}" if setting.variable else spelled(section, key)
    listed = choices(kind)
    remedy = error.remedy or f"write {describe(kind)}."
    if setting.variable and not error.remedy:
        remedy = f"write {describe(kind)}; what is no text is written as in TOML: true, 8080, ['a', 'b']."
    return Problem(
        what=f"{subject} {error.what}.",
        found=error.found or (str(setting.value) if listed else ""),
        allowed=error.allowed or listed,
        places=(setting.place,),
        remedy=remedy,
    )


def _unknown_section(configuration: Configuration, section: str, known: tuple[str, ...]) -> Problem:
    settings = configuration.section(section).values()
    variables = [setting.variable for setting in settings if setting.variable]
    if len(variables) == len(settings) and variables:
        named = ", ".join(variables)
        what = f"the environment sets {named}, and nothing that is installed has a section {section!r}."
    else:
        what = f"the configuration has a section [{section}], and nothing that is installed has that name."
    header = configuration.header(section)
    return Problem(
        what=what,
        found=section,
        allowed=known,
        places=(header,) if header else (),
        remedy="correct the name, or install the plugin whose section it is.",
    )


def _loose_key(key: str, place: Place, known: tuple[str, ...]) -> Problem:
    return Problem(
        what=f"the configuration says {key!r} outside any section.",
        found=key,
        allowed=known,
        places=(place,),
        remedy="put it under the section it belongs to: [app] for what concerns the application.",
    )


def _unresolved(cls: Any, error: NameError) -> Problem:
    return Problem(
        what=f"the configuration class {cls.__name__} cannot be read: {error}.",
        places=(place_of(cls),),
        remedy="import what its annotations name at run time, not under TYPE_CHECKING.",
    )
