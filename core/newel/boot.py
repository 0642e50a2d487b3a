"""Boot: record, then commit; all problems at once.

1. read       the layers of configuration
2. load       the plugins that are named, those under [use], and what they require; nothing else
3. check      each section against its plugin's dataclass
4. order      the plugins, for reasons that can be told
5. register   with pluggy, after every hook and argument name was verified
6. collect    records from hooks, and the application's routers
7. commit     conflicts, plans, freeze (`newel.commit`)

Step 8, `newel_startup`, belongs to the first use (`newel.wsgi`). A step that needs what an earlier one could not give
is left out, so that every problem in the report is real.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final, final

import msgspec

from newel import config
from newel.commit import APPLICATION, Collected, commit, read_routes
from newel.config import Configuration
from newel.errors import BootError, Place, Problem, ProblemError, accuse, code_of, place_of
from newel.generation import Generation
from newel.hookspecs import PROJECT
from newel.manager import Manager, implementations, listed, unfit, unmarked
from newel.plugins import (
    PLUGINS,
    PROVIDERS,
    Found,
    LoadFailure,
    Plugin,
    Registered,
    constraints,
    find,
    installed,
    ordered,
    slots,
)
from newel.records import Provider
from newel.router import Router, outermost
from newel.scope import Supply
from newel.settings import AppConfig, check_app, choices
from newel.supplies import Owned

ESSENTIALS: Final = ("newel_essentials:EssentialsPlugin", "newel_security:SecurityPlugin")
"""Plugins that are on unless `[app] without` names them. Import paths, so that no entry points are read for them."""


DEVELOPMENT: Final = "newel_essentials:DevelopmentPlugin"
_NAMING: Final = ("routes", "plugins", "without")
"""The keys of [app] that name modules."""


@final
class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What an application is made from: a file, folder or mapping, and the last layer, the arguments.

    `folder` is what relative paths are relative to where `config` is no file.
    """

    config: Any = None
    arguments: Mapping[str, Mapping[str, Any]] = {}
    routers: tuple[Router, ...] = ()
    plugins: tuple[Any, ...] = ()
    profile: str | None = None
    folder: str | None = None
    place: Place


def boot(source: Source) -> Generation:
    """Make a generation. Raises `BootError` with every problem of every step."""
    return _Boot(source).run()


@final
class _Boot:
    """One boot under way: what is known so far, and every problem found."""

    def __init__(self, source: Source) -> None:
        self.source: Final = source
        self.problems: Final[list[Problem]] = []
        self.configuration: Final[Configuration] = config.read(
            source.config,
            profile=source.profile,
            environ=os.environ,
            arguments=source.arguments,
            place=source.place,
            folder=source.folder,
        )
        self.manager: Final = Manager()

    def run(self) -> Generation:
        try:
            return self._run()
        except Exception as error:
            accuse(error, self.manager.owners)
            raise

    def _run(self) -> Generation:
        self._find_modules()
        settings = check_app(self.configuration, self.problems)
        found = self._loaded(settings or self._as_far_as_readable())
        registered = self._configured(found)
        self._stop_if_wrong(settings)
        self._registered(registered)
        self._stop_if_wrong(settings)
        assert settings is not None  # noqa: S101  -- said by _stop_if_wrong
        collected = self._collected(settings)
        try:
            generation = commit(collected, self.configuration, settings, self.manager, self.problems)
        except ProblemError as error:  # told by what the application opens while it is made: a template engine
            self.problems.append(error.problem)
            raise BootError(dict.fromkeys(self.problems)) from error
        if self.problems or generation is None:
            raise BootError(dict.fromkeys(self.problems))
        generation.supplies[Generation] = Supply(lambda scope: generation)
        for router in collected.all_routers:
            router.seal(self.source.place)
        return generation

    def _find_modules(self) -> None:
        """Let the modules beside a configuration file be imported."""
        configuration = self.configuration
        if configuration.files and (folder := configuration.location) is not None and folder not in sys.path:
            sys.path.insert(0, folder)

    def _as_far_as_readable(self) -> AppConfig:
        """Return what a faulty [app] section names, so that this is looked at as well."""
        unread: list[Problem] = []  # was told before
        named = {key: self.configuration.value("app", key, tuple[str, ...], unread) for key in _NAMING}
        return AppConfig(**{key: value for key, value in named.items() if value is not msgspec.UNSET})

    def _stop_if_wrong(self, settings: AppConfig | None) -> None:
        if self.problems or settings is None:
            self._look_at_routes(settings or self._as_far_as_readable())
            raise BootError(dict.fromkeys(self.problems))

    def _look_at_routes(self, settings: AppConfig) -> None:
        """Add what is wrong with the application's routes by themselves, which needs no plugin to be seen."""
        try:
            routers = self._application_routers(settings)
        except Exception:  # noqa: BLE001  -- what a module raises when it is imported shows when nothing else is wrong
            return
        read_routes([Owned(APPLICATION, router) for router in routers], self.problems)

    # --- 2. load ----------------------------------------------------------------------------------------------------
    def _loaded(self, settings: AppConfig) -> list[Found]:
        wanted: list[Found] = []
        for path in ESSENTIALS:
            if _short_name(path) not in settings.without:
                self._add(wanted, path, reason="always on; [app] without switches it off")
        if self.configuration.development:
            self._add(wanted, DEVELOPMENT, reason="on in the development profile")
        self._unknown_without(settings)
        for slot, setting in choices(self.configuration, self.problems).items():
            for name in setting.value:
                self._add(wanted, name, slot=slot, reason=f"[use] {slot}", place=setting.place)
        listed = self.configuration.section("app").get("plugins")
        for name in settings.plugins:
            self._add(wanted, name, reason="[app] plugins", place=listed.place if listed else None)
        for thing in self.source.plugins:
            self._add_object(wanted, thing)
        self._add_required(wanted)
        self._same_names(wanted)
        return wanted

    def _add(
        self, wanted: list[Found], spelled: str, *, slot: str = "", reason: str, place: Place | None = None
    ) -> None:
        if slot and ":" not in spelled and "." not in spelled and slot not in (known := slots()):
            self.problems.append(_unknown_slot(slot, known, place))
            return
        try:
            found = find(spelled, slot=slot, reason=reason, place=place)
        except LoadFailure as failure:
            self.problems.append(failure.problem)
            return
        self._take(wanted, found)

    def _add_object(self, wanted: list[Found], thing: Any) -> None:
        if isinstance(thing, str):
            self._add(wanted, thing, reason="argument plugins", place=self.source.place)
            return
        if not isinstance(thing, ModuleType) and not (isinstance(thing, type) and issubclass(thing, Plugin)):
            self.problems.append(_no_plugin(thing, self.source.place))
            return
        name = getattr(thing, "name", "") or getattr(thing, "__name__", "").rpartition(".")[2].lower()
        self._take(
            wanted,
            Found(name=name, origin=thing, reason="argument plugins", spelled=name, place=self.source.place),
        )

    def _take(self, wanted: list[Found], found: Found) -> None:
        for at, known in enumerate(wanted):
            if known.origin is found.origin:
                wanted[at] = msgspec.structs.replace(known, aliases=(*known.aliases, found.spelled))
                return
        wanted.append(found)

    def _add_required(self, wanted: list[Found]) -> None:
        """Find what plugins require and nobody listed; each stands behind the first plugin that asked for it."""
        for at, found in enumerate(wanted):  # which grows
            following = at + 1
            for required in found.says("requires"):
                listed = len(wanted)
                if not any(required in {known.name, known.spelled, *known.aliases} for known in wanted):
                    self._add(wanted, required, reason=f"required by {found.name}", place=found.place)
                wanted[following:] = [*wanted[listed:], *wanted[following:listed]]
                following += len(wanted) - listed

    def _unknown_without(self, settings: AppConfig) -> None:
        known = tuple(_short_name(path) for path in ESSENTIALS)
        setting = self.configuration.section("app").get("without")
        for name in settings.without:
            if name not in known:
                self.problems.append(
                    Problem(
                        what=f"[app] without names {name!r}, which is not among the plugins that are always on.",
                        found=name,
                        allowed=known,
                        places=(setting.place,) if setting else (),
                        remedy="correct the name; other plugins are off unless they are listed.",
                    )
                )

    def _same_names(self, wanted: list[Found]) -> None:
        first: dict[str, Found] = {}
        for found in wanted:
            other = first.setdefault(found.name, found)
            if other is not found:
                self.problems.append(
                    Problem(
                        what=f"two plugins are named {found.name!r}: {other.spelled!r} and {found.spelled!r}.",
                        places=(other.source, found.source),
                        remedy="list one of them, or give one another `name`.",
                    )
                )

    # --- 3. check, 4. order -----------------------------------------------------------------------------------------
    def _configured(self, wanted: list[Found]) -> list[Registered]:
        configs: dict[str, Any] = {}
        for found in wanted:
            configs[found.name] = self.configuration.check(found.name, found.says("Config"), self.problems)
        self._unknown_sections(wanted)
        in_order = ordered(wanted, self.problems)
        return [] if self.problems else [self._made(found, configs.get(found.name)) for found in in_order]

    def _made(self, found: Found, config: Any) -> Registered:
        if (code := code_of(found.origin)) is not None:
            self.manager.owners[code] = (found.name, "__init__")
        try:
            return Registered(found, config)
        except BootError as error:
            raise BootError([*self.problems, *error.problems]) from None

    def _unknown_sections(self, wanted: list[Found]) -> None:
        """A section nobody loaded is left alone if something installed is named so; else it is a mistake."""
        known = {"app", "use", *(found.name for found in wanted)}
        if known.issuperset(self.configuration.sections()) and not self.configuration.loose:
            return
        names = {*known, *installed(PLUGINS), *(key.partition(":")[2] for key in installed(PROVIDERS))}
        self.problems.extend(config.unknown_sections(self.configuration, names))

    # --- 5. register ------------------------------------------------------------------------------------------------
    def _registered(self, plugins: list[Registered]) -> None:
        for plugin in plugins:
            for name, function in unmarked(plugin.plugin):
                self.problems.append(_unmarked(plugin, name, function))
            if not any(True for _ in implementations(plugin.plugin)):
                self.problems.append(_does_nothing(plugin))
        self.manager.install(plugins, self.problems)

    # --- 6. collect -------------------------------------------------------------------------------------------------
    def _collected(self, settings: AppConfig) -> Collected:
        manager = self.manager
        routers = [Owned(APPLICATION, router) for router in self._application_routers(settings)]
        try:
            manager.hook.newel_collect(hooks=manager.hook)
        except BootError as error:
            self.problems.extend(error.problems)
        reasons = constraints([plugin.found for plugin in manager.plugins])
        return Collected(
            routers=tuple(routers),
            plugin_routers=tuple(self._each("newel_routes", Router, "Router")),
            providers=tuple(self._each("newel_providers", Provider, "Provider")),
            template_roots=tuple(self._each("newel_template_roots", str | os.PathLike, "paths")),
            template_names=self._pairs("newel_template_names"),
            template_filters=self._pairs("newel_template_filters"),
            reasons={plugin.name: (plugin.found.reason, *reasons[plugin.name].values()) for plugin in manager.plugins},
        )

    def _whole(self, hook: str) -> list[Owned]:
        """Call a boot hook for each plugin, so that every result is known to be somebody's."""
        found = []
        for plugin, caller in self.manager.callers(hook):
            try:
                found += [Owned(plugin.name, result) for result in caller() if result is not None]
            except BootError as error:
                self.problems.extend(error.problems)
        return found

    def _pairs(self, hook: str) -> tuple[Owned, ...]:
        """Call a boot hook whose results are mappings, and return every name with its value."""
        return tuple(Owned(owned.owner, pair) for owned in self._whole(hook) for pair in sorted(owned.value.items()))

    def _each(self, hook: str, kind: Any, wanted: str) -> list[Owned]:
        """Call a boot hook whose results are lists, and refuse what they may not hold."""
        found = []
        for owned in self._whole(hook):
            values, wrong = listed(owned.value, kind)
            found += [Owned(owned.owner, value) for value in values]
            plugin = next(plugin for plugin in self.manager.plugins if plugin.name == owned.owner)
            self.problems.extend(unfit(plugin, hook, value, wanted) for value in wrong)
        return found

    def _application_routers(self, settings: AppConfig) -> list[Router]:
        listed = self.configuration.section("app").get("routes")
        found: list[Router] = []
        for name in settings.routes:
            found += self._routers_of(name, listed.place if listed else None)
        found += self.source.routers
        return outermost(found)

    def _routers_of(self, name: str, place: Place | None) -> list[Router]:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not error.name or not (name == error.name or name.startswith(f"{error.name}.")):
                raise
            self.problems.append(_no_module(name, error.name, place))
            return []
        routers = [value for value in vars(module).values() if isinstance(value, Router) and value.module == name]
        if not routers:
            self.problems.append(_no_router(name, module, place))
        return routers


def _short_name(path: str) -> str:
    return path.partition(":")[0].removeprefix("newel_")


# --- what is said ---------------------------------------------------------------------------------------------------
def _places(place: Place | None) -> tuple[Place, ...]:
    return () if place is None else (place,)


def _unknown_slot(slot: str, known: Mapping[str, tuple[str, ...]], place: Place | None) -> Problem:
    return Problem(
        what=f"[use] says {slot!r}, and nothing that is installed fills such a slot.",
        found=slot,
        allowed=tuple(known),
        places=_places(place),
        remedy="correct the name of the slot, or install what fills it.",
    )


def _no_plugin(thing: Any, place: Place) -> Problem:
    return Problem(
        what=f"App(plugins=...) holds {thing!r}, which is no plugin.",
        places=(place,),
        remedy="give names, modules, or subclasses of newel.Plugin.",
    )


def _unmarked(plugin: Registered, name: str, function: Any) -> Problem:
    return Problem(
        what=f"plugin {plugin.name!r}: {name}() is named as hooks are, and is not marked as one, so nothing calls it.",
        places=(place_of(function),),
        remedy=f"put @hookimpl above it (from newel import hookimpl), or name it otherwise than {PROJECT}_….",
    )


def _does_nothing(plugin: Registered) -> Problem:
    return Problem(
        what=f"plugin {plugin.name!r} implements no hook, so that enabling it does nothing.",
        places=(plugin.found.source,),
        remedy="mark its hooks with @hookimpl, or take it out of the configuration.",
    )


def _no_module(name: str, missing: str, place: Place | None) -> Problem:
    return Problem(
        what=f"[app] routes lists {name!r}, and there is no module {missing!r}.",
        places=_places(place),
        remedy="correct the name; the folder of newel.toml is searched first.",
    )


def _no_router(name: str, module: ModuleType, place: Place | None) -> Problem:
    imported = [key for key, value in vars(module).items() if isinstance(value, Router)]
    why = f"only imports {', '.join(imported)}" if imported else "creates no Router"
    return Problem(
        what=f"[app] routes lists {name!r}, which {why}.",
        places=(*_places(place), place_of(module)),
        remedy="list the module that creates the router, or bring it in by router.include(other).",
    )
