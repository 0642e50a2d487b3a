"""What an application is made of, as data: routes, plugins, the plan of a route, and what is weaker than the default.

Printing is somebody else's affair (`newel.cli`, the development page).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, final

import msgspec

from newel.contracts.keyed import Keyed
from newel.contracts.templates import Templates
from newel.errors import Place, place_of
from newel.generation import Generation
from newel.parameters import label
from newel.plan import Plan
from newel.plugins import Registered, implementations
from newel.records import Parameter, Provider
from newel.supplies import identity



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
class Finding(msgspec.Struct, frozen=True):
    """Something that is weaker than the default, or that a plugin adds: what, who says so, where."""

    what: str
    owner: str
    place: Place | None = None


def routes(generation: Generation) -> list[RouteLine]:
    """Return every route in the order of declaration, then the mounts."""
    found = [
        RouteLine(
            tuple(sorted(route.methods)), route.rule, route.name, label(route.handler), route.place, route.host
        )
        for route in generation.routes
    ]
    for name, plan in generation.edges.items():
        if name.startswith("mount "):
            app = _edge_function(plan)
            found.append(RouteLine(("*",), f"{name.removeprefix('mount ')}/…", "", label(app), place_of(app)))
    return found


def plugins(generation: Generation) -> list[PluginLine]:
    """Return the plugins in their order."""
    return [_plugin_line(generation, plugin) for plugin in generation.manager.plugins]


def _plugin_line(generation: Generation, plugin: Registered) -> PluginLine:
    found = plugin.found
    return PluginLine(
        name=plugin.name,
        version=_version(found.origin),
        source=found.source,
        reasons=generation.reasons.get(plugin.name, ()),
        requires=tuple(found.says("requires")),
        provides=tuple(_shown(record) for owner, record in generation.providers if owner == plugin.name),
        hooks=tuple(name for name, _ in implementations(plugin.plugin)),
    )


def _version(origin: Any) -> str:
    """Return the version of the distribution that a plugin came in; the empty text for a module of one's own."""
    metadata = importlib.import_module("importlib.metadata")
    package = getattr(origin, "__module__", None) or getattr(origin, "__name__", "")
    names = metadata.packages_distributions().get(package.partition(".")[0], [])
    return metadata.version(names[0]) if names else ""


def explain(generation: Generation, method: str, path: str, host: str = "localhost") -> Explanation:
    """Return the plan that a request would meet, line by line."""
    plan, arguments = generation.match(method, path, host)
    route = plan.route
    title = f"{route.rule} → {label(route.handler)}" if route is not None else f"no route: {_edge_function(plan).__name__}"
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


def _shown(provider: Provider) -> str:
    name = getattr(provider.contract, "__name__", None) or str(provider.contract)
    key = getattr(provider.key, "__name__", provider.key)
    return name if key is None else f"{name}[{key}]"


def audit(generation: Generation) -> list[Finding]:
    """Return what is weaker than the default, and which plugins add hooks to every request or records to routes."""
    return [*_weakened(generation), *_bypasses(generation), *_added(generation)]


def _weakened(generation: Generation) -> Iterator[Finding]:
    settings = generation.settings
    app = generation.configuration.section("app")

    def place(key: str) -> Place | None:
        return app[key].place if key in app else None

    for name in settings.without:
        yield Finding(f"the plugin {name!r} is switched off", "app", place("without"))
    if "*" in settings.hosts:
        yield Finding("every Host is answered", "app", place("hosts"))
    for origin in settings.origins:
        yield Finding(f"pages of {origin} may send unsafe requests", "app", place("origins"))
    for host in settings.redirect_hosts:
        yield Finding(f"redirects may go to {host}", "app", place("redirect_hosts"))
    if generation.development:
        yield Finding("this is the development profile", "app")


def _bypasses(generation: Generation) -> Iterator[Finding]:
    """Yield the ways around escaping that templates take."""
    for name, engine in generation.application[Keyed[Templates]].items():
        for found in engine.unescaped():
            yield Finding(f"{found.name}: {found.what}", str(name), Place(found.file, found.line))


def _added(generation: Generation) -> Iterator[Finding]:
    request_hooks = ("newel_before_request", "newel_after_request", "newel_handle_error", "newel_teardown_request")
    for hook in request_hooks:
        for plugin, function in generation.manager.calls(hook):
            yield Finding(f"every request runs {hook}", plugin.name, place_of(function))
    for plan in generation.plans:
        for step in plan.steps:
            if plan.route is not None and step.stage in {"Before", "Guard", "Around", "After"}:
                yield Finding(f"{plan.route.rule} has the {step.stage} {label(step.function)}", step.owner, step.place)
