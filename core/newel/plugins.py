"""Plugins: what they are, how they are found by name, in which order they stand and why.

A plugin is a `Plugin` subclass or a module; both say the same things by the same names. Loading imports only what
configuration names. Nothing here keeps state: each boot makes its own manager.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar, Final, final

import msgspec

from newel.errors import Place, Problem, place_of
from newel.hookspecs import PROJECT

PLUGINS: Final = "newel.plugins"
PROVIDERS: Final = "newel.providers"
_MARK: Final = f"{PROJECT}_impl"


class Plugin:
    """The base of plugins that are classes. A module may carry the same names instead.

    name           the short name: section in the configuration, label everywhere. Unique among all installed
    requires       plugins (by the names configuration would use) that are loaded with this one and stand before it
    before, after  short names of plugins that this one stands before or after, where they are there
    hookspecs      modules or classes with hookspecs of the plugin's own
    route_options  keyword arguments of routes that this plugin understands: name and type
    Config         dataclass or msgspec struct of the section's fields; an instance is given to `__init__`
    """

    name: ClassVar[str] = ""
    requires: ClassVar[tuple[str, ...]] = ()
    before: ClassVar[tuple[str, ...]] = ()
    after: ClassVar[tuple[str, ...]] = ()
    hookspecs: ClassVar[tuple[Any, ...]] = ()
    route_options: ClassVar[Mapping[str, Any]] = {}
    Config: ClassVar[type[Any] | None] = None

    def __init__(self, config: Any = None) -> None:
        self.config = config


@final
class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin that was found and imported, before it is made: `origin` is its class or module."""

    name: str
    origin: Any
    reason: str
    spelled: str
    place: Place | None = None
    aliases: tuple[str, ...] = ()
    """Other spellings by which it was named, after the first."""

    def says(self, attribute: str) -> Any:
        """Return what the plugin says under one of the names of `Plugin`."""
        return getattr(self.origin, attribute, getattr(Plugin, attribute))

    @property
    def source(self) -> Place:
        """Where the plugin was written."""
        return place_of(self.origin)


@final
class Registered:
    """One plugin as the manager holds it: its record, its configuration, and its hook functions as attributes."""

    def __init__(self, found: Found, config: Any) -> None:
        self.found: Final = found
        self.config: Final = config
        self.name: Final = found.name
        self.plugin: Final = found.origin(config) if isinstance(found.origin, type) else found.origin

    def __repr__(self) -> str:
        return f"<plugin {self.name}>"


# --- finding --------------------------------------------------------------------------------------------------------
class LoadFailure(Exception):
    """A plugin could not be loaded; says why as a `Problem`."""

    def __init__(self, problem: Problem) -> None:
        self.problem: Final = problem
        super().__init__(str(problem))


def find(spelled: str, *, slot: str = "", reason: str, place: Place | None = None) -> Found:
    """Import the plugin that configuration calls `spelled`.

    `package.module:Class` and `package.module` are import paths; a name without a dot is an entry point, of the group
    `newel.providers` under the key `slot:name` where a slot is given. Raises `LoadFailure`.
    """
    path = spelled if (":" in spelled or "." in spelled) else _entry_point(spelled, slot, place)
    origin = _imported(path, spelled, place)
    name = getattr(origin, "name", "") or path.rpartition(":")[2].rpartition(".")[2].lower()
    if not isinstance(origin, ModuleType) and not (isinstance(origin, type) and issubclass(origin, Plugin)):
        raise LoadFailure(
            Problem(
                what=f"plugin {spelled!r} is {origin!r}, which is neither a module nor a subclass of newel.Plugin.",
                places=_places(place),
                remedy="name a module, or a subclass of newel.Plugin as 'package.module:Class'.",
            )
        )
    return Found(name=name, origin=origin, reason=reason, spelled=spelled, place=place)


def installed(group: str) -> dict[str, str]:
    """Return the entry points of a group: name and import path. Scans what is installed, which takes milliseconds."""
    metadata = importlib.import_module("importlib.metadata")
    points = sorted(metadata.entry_points(group=group), key=lambda point: (point.name, point.value))
    return {point.name: point.value for point in points}


def slots() -> dict[str, tuple[str, ...]]:
    """Return every slot that something installed can fill, with the names of what can fill it."""
    found: dict[str, tuple[str, ...]] = {}
    for key in installed(PROVIDERS):
        slot, _, name = key.partition(":")
        found[slot] = (*found.get(slot, ()), name)
    return found


def _entry_point(name: str, slot: str, place: Place | None) -> str:
    known = installed(PROVIDERS) if slot else installed(PLUGINS)
    if (path := known.get(f"{slot}:{name}" if slot else name)) is not None:
        return path
    names = tuple(key.partition(":")[2] for key in known if key.startswith(f"{slot}:")) if slot else tuple(known)
    what = f"{name!r} for the slot {slot!r}" if slot else f"plugin {name!r}"
    raise LoadFailure(
        Problem(
            what=f"{what} was looked up among the installed plugins, and there is none of that name.",
            found=name,
            allowed=names,
            places=_places(place),
            remedy=_WHERE if slot or not _is_module(name) else _NO_DOT.format(name=name),
        )
    )


_WHERE: Final = (
    "correct the name, install the distribution that brings it, or name a module by its import path: package.module."
)
_NO_DOT: Final = (
    "there is a module {name!r}, and a name without a dot is looked up among the installed plugins alone: "
    "put the module into a package and name it by its path (package.{name}), or name a class in it ({name}:Class)."
)


def _is_module(name: str) -> bool:
    """Tell whether there is a module of that name, without importing it."""
    return name.isidentifier() and importlib.import_module("importlib.util").find_spec(name) is not None


def _imported(path: str, spelled: str, place: Place | None) -> Any:
    module_name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise LoadFailure(_missing(error, module_name, spelled, place)) from error
    except Exception as error:
        error.add_note(f"while plugin {spelled!r} was imported")
        raise
    if not attribute:
        return module
    if (origin := getattr(module, attribute, None)) is None:
        raise LoadFailure(
            Problem(
                what=f"plugin {spelled!r}: module {module_name!r} has no {attribute!r}.",
                found=attribute,
                allowed=tuple(name for name, value in vars(module).items() if isinstance(value, type)),
                places=(*_places(place), place_of(module)),
                remedy="correct the name after the colon.",
            )
        )
    return origin


def _missing(error: ModuleNotFoundError, module_name: str, spelled: str, place: Place | None) -> Problem:
    missing = error.name or ""
    if missing and (module_name == missing or module_name.startswith(f"{missing}.")):
        return Problem(
            what=f"plugin {spelled!r}: there is no module {missing!r}.",
            places=_places(place),
            remedy="correct the name, or put the module where Python finds it (the folder of newel.toml is searched).",
        )
    extra = spelled if spelled.isidentifier() else module_name.partition(".")[0].removeprefix("newel_")
    owner = f"newel[{extra}]" if module_name.startswith("newel_") else missing
    return Problem(
        what=f"plugin {spelled!r} needs the library {missing!r}, which is not installed.",
        places=_places(place),
        remedy=f"pip install '{owner}'",
    )


def _places(*places: Place | None) -> tuple[Place, ...]:
    return tuple(place for place in places if place is not None)


# --- order ----------------------------------------------------------------------------------------------------------
def ordered(plugins: Sequence[Found], problems: list[Problem]) -> list[Found]:
    """Return the plugins in the order they stand in: as listed, moved only where `before`, `after`, `requires` say so.

    Each place goes to the first listed plugin that nothing unplaced must precede, so that the result depends on the
    list alone. A cycle is a problem that names its members; its plugins then stand as listed.
    """
    names = [found.name for found in plugins]
    earlier = {name: set(predecessors) for name, predecessors in constraints(plugins).items()}
    left, result = list(plugins), list[Found]()
    while left:
        free = next((found for found in left if not earlier[found.name]), None)
        if free is None:
            problems.append(_cycle(left, earlier))
            return [*result, *left]
        left.remove(free)
        result.append(free)
        for name in names:
            earlier[name].discard(free.name)
    return result


def constraints(plugins: Sequence[Found]) -> dict[str, dict[str, str]]:
    """Return for each plugin which others must stand before it, and what says so."""
    by_spelling = {
        spelling: found.name for found in plugins for spelling in (*found.aliases, found.spelled, found.name)
    }
    earlier: dict[str, dict[str, str]] = {found.name: {} for found in plugins}
    for found in plugins:
        for other in (*found.says("after"), *found.says("requires")):
            if (name := by_spelling.get(other)) is not None and name != found.name:
                earlier[found.name][name] = f"{found.name} stands after {name}"
        for other in found.says("before"):
            if (name := by_spelling.get(other)) is not None and name != found.name:
                earlier[name][found.name] = f"{found.name} stands before {name}"
    return earlier


def _cycle(left: Sequence[Found], earlier: Mapping[str, set[str]]) -> Problem:
    walked = [left[0].name]
    while (following := min(earlier[walked[-1]])) not in walked:
        walked.append(following)
    members = walked[walked.index(following) :]
    return Problem(
        what=f"the order of plugins has a cycle: {' → '.join(reversed([*members, members[0]]))}.",
        places=tuple(found.source for found in left if found.name in members),
        remedy="remove one of the `before`, `after` or `requires` that close it.",
    )
