"""What an application is made of, as data: routes, plugins, configuration, plans, templates.

Printing is somebody else's affair (`newel.printing`, the development page).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, final

import msgspec

from newel.contracts.keyed import Keyed
from newel.contracts.templates import TemplateFault, TemplateFile, Templates
from newel.errors import Place, place_of
from newel.generation import Generation
from newel.manager import implementations
from newel.origins import Origin, origins
from newel.plan import Plan
from newel.plugins import PLUGINS, PROVIDERS, Registered
from newel.records import Parameter, Provider
from newel.settings import AppConfig
from newel.signatures import label
from newel.supplies import identity
from newel.templating.choice import EngineChoice

REQUEST_HOOKS: Final = (
    "newel_before_request",
    "newel_after_request",
    "newel_handle_error",
    "newel_teardown_request",
)
"""The hooks of every request, in the order in which a request meets them."""


@final
class RouteLine(msgspec.Struct, frozen=True):
    """One route: what it answers, what answers it, and where that was declared."""

    methods: tuple[str, ...]
    rule: str
    name: str
    handler: str
    place: Place
    host: str | None = None


@final
class PluginLine(msgspec.Struct, frozen=True):
    """One plugin in its place of the order: why it is there, what it provides and which hooks it implements."""

    name: str
    version: str
    source: Place
    reasons: tuple[str, ...]
    requires: tuple[str, ...]
    provides: tuple[str, ...]
    hooks: tuple[str, ...]


@final
class PlanLine(msgspec.Struct, frozen=True):
    """One line of a plan: the stage, who brought it, what runs, and where that was written."""

    stage: str
    owner: str
    what: str
    place: Place | None = None


@final
class Explanation(msgspec.Struct, frozen=True):
    """What a request of a method and path meets: the route (None for an edge), its arguments, and its plan."""

    title: str
    arguments: dict[str, Any]
    lines: tuple[PlanLine, ...]


@final
class TemplateLine(msgspec.Struct, frozen=True):
    """One logical name: the engine and the file that a page of that name is rendered by, and what that file hides.

    `owner` is whose folder the file is in. `hides` are files of the same engine in later folders, `others` those that
    other engines would use.
    """

    name: str
    engine: str
    owner: str
    file: str
    hides: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


# --- routes, plugins, configuration ---------------------------------------------------------------------------------
def routes(generation: Generation) -> list[RouteLine]:
    """Return every route in the order of declaration, then the mounts."""
    found = [
        RouteLine(tuple(sorted(route.methods)), route.rule, route.name, label(route.handler), route.place, route.host)
        for route in generation.routes
    ]
    for name, plan in generation.edges.items():
        if name.startswith("mount "):
            app = _edge_function(plan)
            found.append(RouteLine(("*",), f"{name.removeprefix('mount ')}/…", "", label(app), place_of(app)))
    return found


def plugins(generation: Generation) -> list[PluginLine]:
    """Return the plugins in their order."""
    versions = _versions()
    return [_plugin_line(generation, plugin, versions) for plugin in generation.manager.plugins]


def _plugin_line(generation: Generation, plugin: Registered, versions: Mapping[str, str]) -> PluginLine:
    found = plugin.found
    module = found.origin.__module__ if isinstance(found.origin, type) else found.origin.__name__
    return PluginLine(
        name=plugin.name,
        version=versions.get(module.partition(".")[0], ""),
        source=found.source,
        reasons=generation.reasons.get(plugin.name, ()),
        requires=tuple(found.says("requires")),
        provides=tuple(_shown(record) for owner, record in generation.providers if owner == plugin.name),
        hooks=tuple(name for name, _ in implementations(plugin.plugin)),
    )


def _versions() -> dict[str, str]:
    """Return the version of each installed package that has plugins; a module of one's own has none."""
    metadata = importlib.import_module("importlib.metadata")
    points = [point for group in (PLUGINS, PROVIDERS) for point in metadata.entry_points(group=group)]
    return {point.module.partition(".")[0]: point.dist.version for point in points if point.dist is not None}


def configuration(generation: Generation) -> list[Origin]:
    """Return every value of the configuration with where it came from, secrets masked."""
    classes: dict[str, type[Any] | None] = {"app": AppConfig, "use": None}
    classes |= {plugin.name: plugin.found.says("Config") for plugin in generation.manager.plugins}
    return list(origins(generation.configuration, classes))


# --- plans ----------------------------------------------------------------------------------------------------------
def explain(generation: Generation, method: str, path: str, host: str = "localhost") -> Explanation:
    """Return the plan that a request would meet, line by line."""
    plan, arguments = generation.match(method, path, host)
    route = plan.route
    title = (
        f"{route.rule} → {label(route.handler)}" if route is not None else f"no route: {_edge_name(generation, plan)}"
    )
    return Explanation(title, dict(arguments), tuple(plan_lines(generation, plan)))


def plan_lines(generation: Generation, plan: Plan) -> Iterator[PlanLine]:
    """Yield a plan line by line, in the order of running."""
    providers = {identity(record): (owner, record) for owner, record in generation.providers}
    opened = [providers[contract] for contract in _contracts(plan) if contract in providers]
    for step in plan.steps:
        if step.stage == "handler" and plan.route is not None:
            yield from (_parameter_line(generation, parameter) for parameter in plan.route.parameters)
        yield PlanLine(step.stage, step.owner, label(step.function), step.place)
        if step.stage == "handler":
            yield from _end_lines(opened)


def _contracts(plan: Plan) -> list[Any]:
    parameters = plan.route.parameters if plan.route is not None else ()
    return [parameter.type for parameter in parameters if parameter.source == "contract"]


def _parameter_line(generation: Generation, parameter: Parameter) -> PlanLine:
    kind = getattr(parameter.type, "__name__", None) or str(parameter.type)
    for owner, record in generation.providers:
        if parameter.source == "contract" and identity(record) == parameter.type:
            return PlanLine("parameter", owner, f"{parameter.name}: {kind}, {record.scope}-scoped", record.place)
    return PlanLine("parameter", "newel", f"{parameter.name}: {kind}, from the {parameter.source}")


def _end_lines(opened: list[tuple[str, Provider]]) -> Iterator[PlanLine]:
    for stage in ("finish", "save", "close"):
        for owner, record in reversed(opened):
            if (function := getattr(record, stage)) is not None:
                yield PlanLine(stage, owner, _shown(record), place_of(function))


def _edge_function(plan: Plan) -> Any:
    return next(step.function for step in plan.steps if step.stage == "edge")


def _edge_name(generation: Generation, plan: Plan) -> str:
    return next(name for name, edge in generation.edges.items() if edge is plan)


def _shown(provider: Provider) -> str:
    name = getattr(provider.contract, "__name__", None) or str(provider.contract)
    key = getattr(provider.key, "__name__", provider.key)
    return name if key is None else f"{name}[{key}]"


# --- templates ------------------------------------------------------------------------------------------------------
def engines(generation: Generation) -> dict[str, Templates]:
    """Return the template engines by name, in the order in which they are asked."""
    found: Any = generation.application[Keyed[Templates]]
    return {str(name): engine for name, engine in found.items()}


_BRING_TEMPLATES: Final = frozenset({"essentials"})
"""Plugins of Newel with templates of their own."""


def templates(generation: Generation) -> list[TemplateLine]:
    """Return every logical name with the file that wins, by name."""
    by_engine = {name: {file.name: file for file in engine.files()} for name, engine in engines(generation).items()}
    choice = EngineChoice(engines(generation).values())
    chosen_names = {id(engine): name for name, engine in engines(generation).items()}
    lines = []
    for name in sorted({name for files in by_engine.values() for name in files}):
        engine = chosen_names[id(choice.of(name))]
        others = tuple(files[name].file for other, files in by_engine.items() if other != engine and name in files)
        lines.append(_template_line(generation, engine, by_engine[engine][name], others))
    return lines


def own_templates(generation: Generation) -> list[TemplateLine]:
    """Return every logical name but those that come with Newel and that nobody replaced."""
    return [line for line in templates(generation) if line.owner not in _BRING_TEMPLATES]


def _template_line(generation: Generation, engine: str, file: TemplateFile, others: tuple[str, ...]) -> TemplateLine:
    owner = generation.template_roots[file.root][0]
    return TemplateLine(file.name, engine, owner, file.file, file.hides, others)


def template_faults(generation: Generation) -> list[TemplateFault]:
    """Compile every template in every engine, and return what is wrong."""
    return [fault for engine in engines(generation).values() for fault in engine.check()]


def template_differences(generation: Generation) -> list[TemplateFault]:
    """Compare the templates that exist in two engines, and return which of them reads less than the other."""
    return EngineChoice(engines(generation).values()).differences()


def missing_twins(generation: Generation) -> dict[str, tuple[str, ...]]:
    """Return for each engine the names that another engine has a template of and this one has not."""
    names = {name: {file.name for file in engine.files()} for name, engine in engines(generation).items()}
    every = set().union(*names.values())
    return {engine: tuple(sorted(every - own)) for engine, own in names.items() if every - own}
