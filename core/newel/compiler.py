"""Routes become plans: each with exactly the hooks and records that apply to it.

The request hooks of all plugins are bound once and shared by every plan; `newel_route` is asked for each route. Checked
here: options nobody knows, handlers that return nothing, what a handler asks for.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import CodeType
from typing import Annotated, Any, Final, final

import msgspec

from newel.errors import BootError, HTTPError, Problem, code_of, place_of
from newel.manager import Manager, listed, unfit
from newel.parameters import Wiring, bind_handler, bind_signature, own_config, parameters_of
from newel.plan import Plan, Recovery, Responders, Step, wrapped
from newel.records import After, Around, Before, Guard, Route, RouteRecord
from newel.router import Declaration
from newel.scope import Resolve
from newel.signatures import Signature, label, signature_of

KERNEL: Final = "newel"
_NOTHING: Final[frozenset[Any]] = frozenset()
"""PERF: one empty set serves all routes; each of its own would hold 216 bytes."""

_OPTIONS: Final[Mapping[str, Any]] = {"retries": Annotated[int, msgspec.Meta(ge=0)]}
NAMED: Final[Mapping[str, Resolve]] = {
    **{name: attrgetter(name) for name in ("environ", "error", "request", "response", "route")},
    "scope": lambda scope: scope,
}
"""What the functions of hooks and records may ask for by name. PERF: attrgetter takes no frame."""


@final
class _Stage(msgspec.Struct, frozen=True):
    """The implementations of one request hook, bound, and the same for people."""

    calls: tuple[Resolve, ...]
    steps: tuple[Step, ...]


@final
class Compiler:
    """Makes the plans of one generation."""

    def __init__(
        self,
        manager: Manager,
        wiring: Wiring,
        responders: Responders,
        guard: Resolve,
        owners: dict[CodeType, tuple[str, str]],
        problems: list[Problem],
    ) -> None:
        self._owners: Final = owners
        self._configs: Final = manager.configs
        self._wiring: Final = wiring
        self._responders: Final = responders
        self._guard: Final = guard
        self._problems: Final = problems
        self._options: Final = _known_options(manager)
        self._route_hooks: Final = manager.callers("newel_route")
        self._before: Final = self._stage(manager, "newel_before_request")
        self._after: Final = self._stage(manager, "newel_after_request", latest_first=True)
        errors = self._stage(manager, "newel_handle_error", latest_first=True)
        self._recover: Final = Recovery(handlers=errors.calls, responders=responders, owners=owners)
        responders[HTTPError] = self._recover
        self._teardown: Final = self._stage(manager, "newel_teardown_request", latest_first=True)
        self._stage(manager, "newel_startup")

    def _stage(self, manager: Manager, hook: str, *, latest_first: bool = False) -> _Stage:
        """Bind the implementations of a hook to what they ask for, for plans and for pluggy."""
        found = manager.calls(hook)
        found = found[::-1] if latest_first else found
        calls = tuple(self._bound(plugin.name, function, hook) for plugin, function in found)
        for (plugin, function), call in zip(found, calls, strict=True):
            manager.bind(plugin, function, call)
        return _Stage(calls, tuple(Step(hook, plugin.name, function) for plugin, function in found))

    def _bound(self, owner: str, function: Callable[..., Any], stage: str) -> Resolve:
        if (code := code_of(function)) is not None:
            self._owners[code] = (owner, stage)
        signature = signature_of(function, self._problems)
        named = {**NAMED, **own_config(signature, self._configs.get(owner))}
        asker = f"plugin {owner!r}, {stage}"
        return bind_signature(function, signature, named, self._wiring, self._problems, asker=asker)

    # --- a route ----------------------------------------------------------------------------------------------------
    def route(self, declaration: Declaration, variables: Sequence[str], signature: Signature) -> Plan:
        """Return the plan of one route whose rule has these variables."""
        options = self._options_of(declaration)
        if _returns_nothing(declaration.handler, signature.returns):
            self._problems.append(_nothing(declaration))
        route = self._described(declaration, variables, signature, options)
        records = self._records(route)
        call = bind_handler(route.handler, signature, route.parameters, self._wiring, self._problems)
        for owner, record in reversed(_of(records, Around)):
            call = wrapped(self._bound(owner, record.run, "Around"), call, owner)
        befores, guards, afters = _of(records, Before), _of(records, Guard), _of(records, After)[::-1]
        own_guard = () if route.safe else (self._guard,)
        return Plan(
            supplies=self._wiring.supplies,
            responders=self._responders,
            call=call,
            route=route,
            before=(*self._before.calls, *self._runs(befores, "Before")),
            guards=(*own_guard, *self._runs(guards, "Guard")),
            after=(*self._runs(afters, "After"), *self._after.calls),
            teardown=self._teardown.calls,
            recover=self._recover,
            retries=options.get("retries", 0),
            steps=self._steps(route, records),
        )

    def edge(self, call: Resolve, shown: Callable[..., Any], *, guarded: bool = False) -> Plan:
        """Return the plan of what is no route: hooks before and after, and no parameters."""
        return Plan(
            supplies=self._wiring.supplies,
            responders=self._responders,
            call=call,
            before=self._before.calls,
            guards=(self._guard,) if guarded else (),
            after=self._after.calls,
            teardown=self._teardown.calls,
            recover=self._recover,
            steps=(
                *self._before.steps,
                *((Step("guard", KERNEL, self._guard),) if guarded else ()),
                Step("edge", KERNEL, shown),
                *self._after.steps,
                *self._teardown.steps,
            ),
        )

    def _described(
        self, declaration: Declaration, variables: Sequence[str], signature: Signature, options: Mapping[str, Any]
    ) -> Route:
        found = parameters_of(signature, declaration.handler, variables, self._wiring.supplies, self._problems)
        contracts = [parameter.type for parameter in found if parameter.source == "contract"]
        return Route(
            rule=declaration.rule,
            methods=declaration.methods,
            handler=declaration.handler,
            name=declaration.name,
            place=declaration.place,
            host=declaration.host,
            options=options,
            parameters=found,
            contracts=frozenset(contracts) if contracts else _NOTHING,
            returns=signature.returns,
        )

    def _records(self, route: Route) -> list[tuple[str, RouteRecord]]:
        records: list[tuple[str, RouteRecord]] = []
        for plugin, caller in self._route_hooks:
            try:
                results = caller(route=route)
            except BootError as error:
                self._problems.extend(error.problems)
                continue
            for result in results:
                found, wrong = listed(result, RouteRecord)
                records += [(plugin.name, record) for record in found]
                wanted = "Before, Guard, After or Around"
                self._problems.extend(unfit(plugin, "newel_route", one, wanted) for one in wrong)
        return records

    def _runs(self, records: Sequence[tuple[str, Any]], stage: str) -> tuple[Resolve, ...]:
        return tuple(self._bound(owner, record.run, stage) for owner, record in records)

    def _steps(self, route: Route, records: Sequence[tuple[str, RouteRecord]]) -> tuple[Step, ...]:
        def brought(kind: type[Any]) -> tuple[Step, ...]:
            return tuple(Step(kind.__name__, owner, record.run) for owner, record in _of(records, kind))

        own_guard = () if route.safe else (Step("guard", KERNEL, self._guard),)
        return (
            *self._before.steps,
            *brought(Before),
            *own_guard,
            *brought(Guard),
            *brought(Around),
            Step("handler", "app", route.handler),
            *brought(After)[::-1],
            *self._after.steps,
            *self._teardown.steps,
        )

    def _options_of(self, declaration: Declaration) -> dict[str, Any]:
        """Return the options that somebody knows and that are of the right type; others are problems."""
        found = {}
        for name, value in declaration.options.items():
            kind = self._options.get(name)
            if kind is None:
                self._problems.append(_unknown_option(declaration, name, self._options))
                continue
            try:
                found[name] = msgspec.convert(value, kind)
            except msgspec.ValidationError as error:
                self._problems.append(_wrong_option(declaration, name, value, str(error)))
        return found


def _of(records: Sequence[tuple[str, Any]], kind: type[Any]) -> list[tuple[str, Any]]:
    return [(owner, record) for owner, record in records if isinstance(record, kind)]


def _known_options(manager: Manager) -> dict[str, Any]:
    known = dict(_OPTIONS)
    for plugin in manager.plugins:
        known.update(plugin.found.says("route_options"))
    return known


# --- handlers that return nothing -----------------------------------------------------------------------------------
def _returns_nothing(handler: Callable[..., Any], returns: Any) -> bool:
    """Tell whether a handler says, or without saying so shows in its code, that it never returns a value."""
    if returns is None or returns is type(None):
        return True
    code = getattr(inspect.unwrap(getattr(handler, "func", handler)), "__code__", None)
    return returns is inspect.Signature.empty and code is not None and _only_returns_none(code)


def _only_returns_none(code: CodeType) -> bool:
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return False
    returned, previous = [], None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "RETURN_CONST":
            returned.append(instruction.argval is None)
        elif instruction.opname == "RETURN_VALUE":
            returned.append(previous is not None and previous.opname == "LOAD_CONST" and previous.argval is None)
        previous = instruction
    return bool(returned) and all(returned)


# --- what is said ---------------------------------------------------------------------------------------------------
def _nothing(declaration: Declaration) -> Problem:
    return Problem(
        what=f"{label(declaration.handler)}, the handler of {shown(declaration)}, returns nothing.",
        places=(declaration.place, place_of(declaration.handler)),
        remedy="return a result; a handler that has nothing to say returns Response(status=204).",
    )


def _unknown_option(declaration: Declaration, name: str, known: Mapping[str, Any]) -> Problem:
    return Problem(
        what=f"{shown(declaration)} has the option {name!r}, which neither the kernel nor an enabled plugin knows.",
        found=name,
        allowed=(*known, "host", "methods", "name"),
        places=(declaration.place,),
        remedy="correct the name, or enable the plugin that brings the option.",
    )


def _wrong_option(declaration: Declaration, name: str, value: Any, why: str) -> Problem:
    return Problem(
        what=f"{shown(declaration)} has the option {name}={value!r}: {why}.",
        places=(declaration.place,),
        remedy="give it a value of that type.",
    )


def shown(declaration: Declaration) -> str:
    """Return how an error names a route: its methods and its rule."""
    return f"route {'|'.join(sorted(declaration.methods))} {declaration.rule}"
