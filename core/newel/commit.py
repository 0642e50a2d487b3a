"""The commit of a boot: records become supplies, declarations become plans, conflicts become problems.

Nothing is looked up at a request that can be looked up here. The application's routes win over a plugin's; two of one
rank are a conflict that names both places.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType, NoneType
from typing import Any, Final, final

import msgspec

from newel import edges, literals, router
from newel.body import Limits
from newel.compiler import Compiler
from newel.config import Configuration
from newel.contracts.keyed import Keyed
from newel.contracts.renderer import Renderer
from newel.contracts.templates import TemplateFault, TemplateFunction, Templates, TemplateSettings
from newel.contracts.validator import Validator
from newel.errors import BootError, Place, Problem, code_of, place_of
from newel.generation import UNMATCHED, Generation
from newel.keyring import KeyRing
from newel.manager import Manager
from newel.matcher import Edges, Entry, Matcher, conflicts
from newel.pages import TemplateName, TemplateNames
from newel.parameters import Wiring, contracts_of
from newel.paths import as_path, below, is_folder
from newel.plan import Plan, Responders, refuse
from newel.records import Route
from newel.request import Request
from newel.results import Page, Responder
from newel.router import Declaration, Mount, Router, reachable
from newel.rules import Rule, parse_host, parse_rule
from newel.safety import Hosts, cross_site_guard, own_origin
from newel.scope import Resolve, Scope
from newel.settings import AppConfig, limits_of, zone_of
from newel.signatures import UNKNOWN, Signature, signature_of
from newel.supplies import Owned, Supplies
from newel.urls import UrlMap, Urls

APPLICATION: Final = "app"
KEYED: Final = (Renderer, Validator, Templates, Responder)
"""Contracts that may be asked for as `Keyed[...]` even where no plugin provides one."""


@final
class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What boot collected: every record with its owner."""

    routers: tuple[Owned, ...]
    plugin_routers: tuple[Owned, ...]
    providers: tuple[Owned, ...]
    template_roots: tuple[Owned, ...]
    template_names: tuple[Owned, ...]
    template_filters: tuple[Owned, ...]
    reasons: Mapping[str, tuple[str, ...]]

    @property
    def all_routers(self) -> tuple[Router, ...]:
        """The application's routers, then the plugins'."""
        return tuple(owned.value for owned in (*self.routers, *self.plugin_routers))


@final
class Declared(msgspec.Struct, frozen=True):
    """A declaration with its rules read: what becomes an entry of the matcher."""

    owner: str
    declaration: Declaration
    signature: Signature
    rule: Rule
    host: Rule | None

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables of path and host."""
        return (*(self.host.names if self.host is not None else ()), *self.rule.names)


def commit(
    collected: Collected,
    configuration: Configuration,
    settings: AppConfig,
    manager: Manager,
    problems: list[Problem],
) -> Generation | None:
    """Make the generation; None where problems leave nothing to make."""
    return _Commit(collected, configuration, settings, manager, problems).run()


@final
class _Commit:
    def __init__(
        self,
        collected: Collected,
        configuration: Configuration,
        settings: AppConfig,
        manager: Manager,
        problems: list[Problem],
    ) -> None:
        self.collected: Final = collected
        self.configuration: Final = configuration
        self.settings: Final = settings
        self.manager: Final = manager
        self.problems: Final = problems
        self.limits: Final = limits_of(settings)

    def run(self) -> Generation | None:
        declared, mounts = read_routes((*self.collected.routers, *self.collected.plugin_routers), self.problems)
        urls = UrlMap((found.declaration, found.rule, found.host) for found in declared)
        roots = self._template_roots()
        before = len(self.problems)
        supplies = self._supplies(urls, roots)
        if len(self.problems) > before:
            return None
        wiring = self._wiring(supplies)
        self.manager.owners.update(_owners(supplies.providers))
        compiler = Compiler(
            self.manager,
            wiring,
            self._responders(supplies),
            cross_site_guard(self.settings.origins),
            self.manager.owners,
            self.problems,
        )
        plans = [compiler.route(found.declaration, found.variables, found.signature) for found in declared]
        edge_plans = self._edges(compiler)
        mount_plans = [(mount, self._mount_plan(compiler, mount)) for mount in mounts]
        self._check_pages(plans, supplies)
        for plan in plans:
            if plan.route is not None and KeyRing in plan.route.contracts:
                self._check_secret(f"route {plan.route.rule}", plan.route.place)
        handlers = [found.declaration.handler for found in declared]
        engines = supplies.application[Keyed[Templates]]
        self.problems.extend(literals.problems(handlers, urls, engines))
        self._check_templates(engines.values())
        if self.problems:
            return None
        return Generation(
            configuration=self.configuration,
            settings=self.settings,
            manager=self.manager,
            reasons=self.collected.reasons,
            plans=tuple(plans),
            edges={**edge_plans, **{f"mount {mount.prefix}": plan for mount, plan in mount_plans}},
            match=self._matcher(declared, plans, edge_plans, mount_plans).match,
            hosts=Hosts(self.settings.hosts),
            urls=urls,
            supplies=supplies.request,
            providers=tuple((owned.owner, owned.value) for owned in supplies.providers),
            application=supplies.application,
            template_folders=roots,
        )

    # --- routes -----------------------------------------------------------------------------------------------------
    def _matcher(
        self,
        declared: Sequence[Declared],
        plans: Sequence[Plan],
        edge_plans: Mapping[str, Plan],
        mounts: Sequence[tuple[Mount, Plan]],
    ) -> Matcher:
        entries = [
            Entry(rule=found.rule, methods=found.declaration.methods, host=found.host, target=plan)
            for found, plan in zip(declared, plans, strict=True)
        ]
        return Matcher(
            entries,
            Edges(
                not_found=edge_plans["not found"],
                method_not_allowed=edge_plans["method not allowed"],
                slash_redirect=edge_plans["slash redirect"],
                options=edge_plans["options"],
            ),
            [(mount.prefix, plan) for mount, plan in mounts],
        )

    def _edges(self, compiler: Compiler) -> dict[str, Plan]:
        calls: dict[str, Resolve] = {
            "not found": edges.not_found,
            "method not allowed": edges.method_not_allowed,
            "slash redirect": edges.slash_redirect,
            "options": edges.options,
            UNMATCHED: edges.unmatched,
        }
        return {name: compiler.edge(call, call) for name, call in calls.items()}

    def _mount_plan(self, compiler: Compiler, mount: Mount) -> Plan:
        return compiler.edge(edges.mounted(mount.app, self.limits), mount.app, guarded=True)

    # --- supplies ---------------------------------------------------------------------------------------------------
    def _supplies(self, urls: UrlMap, roots: Sequence[tuple[str, str]]) -> Supplies:
        values: dict[Any, Any] = {
            AppConfig: self.settings,
            Configuration: self.configuration,
            UrlMap: urls,
            Limits: self.limits,
        }
        values.update((type(config), config) for config in self.manager.configs.values())
        made: dict[Any, Resolve] = {KeyRing: lambda scope: self._key_ring()}
        per_request: dict[Any, Resolve] = {
            Request: lambda scope: scope.request,
            Route: lambda scope: scope.route,
            Scope: lambda scope: scope,
            Urls: lambda scope: _urls(urls, scope),
        }
        names = self._template_functions(
            {*values, *made, *per_request, *(one.value.contract for one in self.collected.providers)}
        )
        values[TemplateNames] = names
        filters = self._by_name(self.collected.template_filters, "filter")
        made[TemplateSettings] = lambda scope: self._template_settings(roots, names, filters)
        configs = self.manager.configs
        supplies = Supplies(self.collected.providers, values, made, per_request, KEYED, configs, self.problems)
        for owned in supplies.askers(KeyRing):
            self._check_secret(f"plugin {owned.owner!r}", owned.value.place)
        return supplies

    def _template_settings(
        self, roots: Sequence[tuple[str, str]], names: TemplateNames, filters: Mapping[str, TemplateFunction]
    ) -> TemplateSettings:
        """Return what every engine is given. PERF: made where there is one, as its roots load `pathlib`."""
        return TemplateSettings(
            roots=tuple(as_path(root) for _, root in roots),
            names=frozenset(names.functions),
            filters=filters,
            reload=self.configuration.development,
        )

    def _check_secret(self, by: str, place: Place) -> None:
        problem = KeyRing.required(self.settings.secret, by, place)
        if problem is not None and not self.configuration.development:
            self.problems.append(problem)

    def _key_ring(self) -> KeyRing:
        if self.settings.secret or not self.configuration.development:
            return KeyRing(self.settings.secret)
        return KeyRing([importlib.import_module("newel.kept").kept_secret(self.configuration.folder)])

    def _wiring(self, supplies: Supplies) -> Wiring:
        return Wiring(
            supplies.request,
            zone_of(self.settings),
            self.limits,
            supplies.application,
        )

    def _responders(self, supplies: Supplies) -> Responders:
        found: Any = supplies.application[Keyed[Responder]]
        return Responders({**found, NoneType: refuse})

    def _template_functions(self, known: Mapping[Any, Any] | set[Any]) -> TemplateNames:
        functions: dict[str, TemplateName] = {}
        for name, function in self._by_name(self.collected.template_names, "function").items():
            signature = signature_of(function, self.problems, variadic=True)
            functions[name] = _template_name(function, signature, dict.fromkeys(known))
        return TemplateNames(functions)

    def _by_name(self, pairs: Iterable[Owned], kind: str) -> dict[str, Callable[..., Any]]:
        """Return what plugins give to templates, by name; two of one name are a problem that shows both places."""
        owners: dict[str, Owned] = {}
        for owned in pairs:
            other = owners.setdefault(owned.value[0], owned)
            if other is not owned:
                self.problems.append(_same_name(kind, other, owned))
        return dict(owned.value for owned in owners.values())

    def _template_roots(self) -> tuple[tuple[str, str], ...]:
        own = [(APPLICATION, folder) for folder in self._own_template_folders()]
        return (*own, *((owned.owner, os.fspath(owned.value)) for owned in self.collected.template_roots))

    def _own_template_folders(self) -> list[str]:
        """The folders of [app] templates, or `templates` beside the file and in each package that has routes."""
        if self.settings.templates:
            return [os.fspath(folder) for folder in self.settings.templates]
        near = [self.configuration.location] if self.configuration.location is not None else []
        served = [each for owned in self.collected.routers for each in reachable(owned.value)]
        for module in dict.fromkeys(each.module for each in served):
            near += _folders_of(module)
        folders = [below(folder, "templates") for folder in dict.fromkeys(near)]
        return [folder for folder in folders if is_folder(folder)]

    # --- checks -----------------------------------------------------------------------------------------------------
    def _check_pages(self, plans: Sequence[Plan], supplies: Supplies) -> None:
        """A handler that returns a Page needs a template engine."""
        if supplies.application[Keyed[Templates]]:
            return
        for plan in plans:
            if plan.route is not None and Page in _members(plan.route.returns):
                self.problems.append(_no_engine(plan.route))

    def _check_templates(self, engines: Iterable[Templates]) -> None:
        """Compile every template where people work on them.

        PERF: in production that would be some 20 ms for each; there `newel check` does it, before anything is served.
        """
        if self.configuration.development:
            self.problems.extend(_faulty(fault) for engine in engines for fault in engine.check())


# --- routes ---------------------------------------------------------------------------------------------------------
def read_routes(routers: Iterable[Owned], problems: list[Problem]) -> tuple[list[Declared], list[Mount]]:
    """Return what routers declare, with its rules read and without what is overridden; what is wrong is a problem."""
    declared: list[Declared] = []
    mounts: list[Mount] = []
    for owned in routers:
        try:
            declarations = owned.value.declarations()
            mounts += owned.value.mounts()
        except BootError as error:
            problems.extend(error.problems)
            continue
        read = [_read(owned.owner, declaration, problems) for declaration in declarations]
        declared += [found for found in read if found is not None]
    problems.extend(router.mount_problems(mounts))
    return _without_overridden(declared, problems), mounts


def _read(owner: str, declaration: Declaration, problems: list[Problem]) -> Declared | None:
    """Read a declaration's rules, typed by its handler's annotations; None where they cannot be read."""
    signature = signature_of(declaration.handler, problems)
    annotations = {
        parameter.name: parameter.annotation
        for parameter in signature.parameters
        if parameter.annotation not in {parameter.empty, UNKNOWN, Any}
    }
    try:
        rule, host = _rules(declaration, annotations)
    except BootError as error:
        problems.extend(error.problems)
        return None
    return Declared(owner, declaration, signature, rule, host)


def _without_overridden(declared: list[Declared], problems: list[Problem]) -> list[Declared]:
    """Let the application's routes win over a plugin's; two of one rank are a problem."""
    entries = [
        Entry(rule=found.rule, methods=found.declaration.methods, host=found.host, target=found) for found in declared
    ]
    overridden: set[int] = set()
    for first, second, method in conflicts(entries):
        ranks = [entry.target.owner == APPLICATION for entry in (first, second)]
        if ranks[0] == ranks[1]:
            problems.append(_twice(first.target, second.target, method))
        else:
            overridden.add(id(second.target if ranks[0] else first.target))
    return [found for found in declared if id(found) not in overridden]


def _rules(declaration: Declaration, annotations: Mapping[str, Any]) -> tuple[Rule, Rule | None]:
    """Return the rules of a declaration's path and host. Raises `BootError`."""
    host = None
    if declaration.host is not None:
        host = parse_host(declaration.host, declaration.converters, declaration.place).typed(annotations)
    taken = host.names if host is not None else ()
    rule = parse_rule(declaration.rule, declaration.converters, declaration.place, taken=taken)
    return rule.typed(annotations), host


def _template_name(function: Callable[..., Any], signature: Signature, supplied: Mapping[Any, Any]) -> TemplateName:
    """Tell which parameters of a function for templates are supplied; the template gives the others."""
    asked = {
        parameter.name: contracts_of(Signature((parameter,), None), supplied) for parameter in signature.parameters
    }
    first = list(itertools.takewhile(asked.get, asked))
    named = {name: contracts[0] for name, contracts in asked.items() if contracts and name not in first}
    return TemplateName(function, tuple(asked[name][0] for name in first), named)


def _owners(providers: Sequence[Owned]) -> dict[CodeType, tuple[str, str]]:
    """Return whose functions the providers' are, for errors that come out of one."""
    found = {}
    for owned in providers:
        for stage in ("open", "finish", "save", "close"):
            if (function := getattr(owned.value, stage)) and (code := code_of(function)) is not None:
                found[code] = (
                    owned.owner,
                    f"{stage} of the provider of {getattr(owned.value.contract, '__name__', '')}",
                )
    return found


def _urls(urls: UrlMap, scope: Scope) -> Urls:
    environ = scope.environ
    base = own_origin(environ) if environ else ""
    return Urls(urls, environ.get("SCRIPT_NAME", ""), base)


def _folders_of(module: str) -> list[str]:
    package = module.rpartition(".")[0]
    spec = importlib.util.find_spec(package) if package else None
    return list(spec.submodule_search_locations or ()) if spec is not None else []


def _members(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", None) or (annotation,)


# --- what is said ---------------------------------------------------------------------------------------------------
def _twice(first: Declared, second: Declared, method: str) -> Problem:
    same = "" if first.declaration.rule == second.declaration.rule else f" (as {second.declaration.rule})"
    return Problem(
        what=f"route {method} {first.declaration.rule} is declared twice{same}; one of the two would never be reached.",
        places=(first.declaration.place, second.declaration.place),
        remedy="change the path or the methods of one of them, or remove it.",
    )


def _same_name(kind: str, first: Owned, second: Owned) -> Problem:
    return Problem(
        what=f"templates get the {kind} {first.value[0]!r} twice: by plugin {first.owner!r} "
        f"and by plugin {second.owner!r}.",
        places=(place_of(first.value[1]), place_of(second.value[1])),
        remedy=f"enable one of the two plugins, or rename one {kind}.",
    )


def _faulty(fault: TemplateFault) -> Problem:
    return Problem(
        what=f"template {fault.name!r} cannot be compiled: {fault.message}",
        places=(Place(fault.file, fault.line),),
        remedy="correct the template; `newel templates check` compiles them all.",
    )


def _no_engine(route: Route) -> Problem:
    return Problem(
        what=f"route {route.rule} returns a Page, and no template engine is enabled.",
        places=(route.place,),
        remedy='write [use] templates = "jinja2" (or "mako") in the configuration.',
    )
