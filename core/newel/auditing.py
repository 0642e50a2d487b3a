"""What `newel audit` lists: what is weaker than the default, what is bound to one provider, what plugins add.

The kernel finds what it knows of itself; plugins tell the rest by the hook `newel_audit`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from newel.errors import Place, place_of
from newel.generation import Generation
from newel.inspection import REQUEST_HOOKS, engines
from newel.plugins import PLUGINS, PROVIDERS, installed
from newel.records import Finding
from newel.settings import choices
from newel.signatures import label

_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


def audit(generation: Generation) -> list[Finding]:
    """Return what is weaker than the default, what is bound to one provider, and what plugins add to requests."""
    return [
        *_weakened(generation),
        *_bypasses(generation),
        *_of_one_provider(generation),
        *_told_by_plugins(generation),
        *_added(generation),
    ]


def own_files(generation: Generation) -> list[Path]:
    """Return the files of the application itself: its loaded modules below its folder, and all of their packages.

    What is installed below the folder is not of it. An application without a folder (a mapping, routers that a function
    makes) has the modules of its handlers.
    """
    folder = generation.configuration.folder
    if folder is None:
        return sorted({Path(place_of(route.handler).file) for route in generation.routes} & set(_loaded().values()))
    own = {name: path for name, path in _loaded().items() if _is_below(path, folder)}
    found = {path for path in own.values() if path.name != "__init__.py"}
    for path in own.values():
        if path.name == "__init__.py":
            found.update(path.parent.rglob("*.py"))
    return sorted(found)


def _loaded() -> dict[str, Path]:
    """Return the files of all modules that are loaded, but for those of installed plugins and of Newel itself."""
    foreign = {"newel", *(point.partition(".")[0].partition(":")[0] for point in _entry_points())}
    return {
        name: Path(file)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] not in foreign
        and (file := getattr(module, "__file__", None))
        and file.endswith(".py")
    }


def _is_below(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) and not _INSTALLED & set(path.relative_to(folder).parts)


def _entry_points() -> Iterator[str]:
    for group in (PLUGINS, PROVIDERS):
        yield from installed(group).values()


# --- what is weaker than the default --------------------------------------------------------------------------------
def _weakened(generation: Generation) -> Iterator[Finding]:
    settings = generation.settings
    app = generation.configuration.section("app")

    def weaker(what: str, key: str = "") -> Finding:
        return Finding("weaker", what, "app", app[key].place if key in app else None)

    for name in settings.without:
        yield weaker(f"the plugin {name!r} is switched off", "without")
    if "*" in settings.hosts:
        yield weaker("every Host is answered", "hosts")
    for origin in settings.origins:
        yield weaker(f"pages of {origin} may send unsafe requests", "origins")
    for host in settings.redirect_hosts:
        yield weaker(f"redirects may go to {host}", "redirect_hosts")
    if generation.development:
        yield weaker("this is the development profile: errors show source and plan")


def _bypasses(generation: Generation) -> Iterator[Finding]:
    """Yield the ways around escaping that templates take."""
    for name, engine in engines(generation).items():
        for found in engine.unescaped():
            yield Finding("weaker", f"{found.name}: {found.what}", name, Place(found.file, found.line))


# --- what is bound to one provider ----------------------------------------------------------------------------------
def _of_one_provider(generation: Generation) -> Iterator[Finding]:
    """Yield the settings that only the chosen provider of a slot reads: another one has its own."""
    configuration = generation.configuration
    for slot, chosen in choices(configuration, []).items():
        for name in chosen.value:
            for key, setting in configuration.section(name).items():
                what = f"[{name}] {key} is a setting of {name} alone: what else fills the slot {slot!r} has its own"
                yield Finding("bound", what, "app", setting.place)


# --- plugins --------------------------------------------------------------------------------------------------------
def _told_by_plugins(generation: Generation) -> Iterator[Finding]:
    for plugin, caller in generation.manager.callers("newel_audit"):
        for result in caller(generation=generation):
            for finding in result or ():
                yield finding if finding.owner else msgspec.structs.replace(finding, owner=plugin.name)


def _added(generation: Generation) -> Iterator[Finding]:
    for hook in REQUEST_HOOKS:
        for plugin, function in generation.manager.calls(hook):
            yield Finding("added", f"every request runs {hook}", plugin.name, place_of(function))
    for plan in generation.plans:
        for step in plan.steps:
            if plan.route is not None and step.stage in {"Before", "Guard", "Around", "After"}:
                what = f"{plan.route.rule} has the {step.stage} {label(step.function)}"
                yield Finding("added", what, step.owner, step.place)
