"""Plugins: what they are, how they are found by name, in which order they stand and why, and how pluggy holds them.

A plugin is a `Plugin` subclass or a module; both say the same things by the same names. Loading imports only what
configuration names. Nothing here keeps state: each boot makes its own manager.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any, ClassVar, Final, final

import msgspec
import pluggy

from newel import hookspecs as kernel_hookspecs
from newel.errors import Place, Problem, code_of, place_of
from newel.hookspecs import PROJECT, REQUEST_HOOKS

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
            remedy="correct the name, install the distribution that brings it, or name a module by its import path.",
        )
    )


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


# --- registering ----------------------------------------------------------------------------------------------------
@final
class Manager(pluggy.PluginManager):
    """The plugins of one generation, in pluggy. Made once a boot, never shared."""

    def __init__(self) -> None:
        super().__init__(PROJECT)
        self.plugins: Final[list[Registered]] = []
        self.owners: Final[dict[CodeType, tuple[str, str]]] = {}
        self.add_hookspecs(kernel_hookspecs)

    def install(self, plugins: Sequence[Registered], problems: list[Problem]) -> None:
        """Register plugins that are in order: hookspecs first, once each, then implementations.

        pluggy stops at the first fault and only warns of some; so every hook and argument name is verified before.
        pluggy calls the latest registered first; so they are registered from last to first.
        """
        self.plugins.extend(plugins)
        brought = {id(spec): (plugin, spec) for plugin in plugins for spec in plugin.found.says("hookspecs")}
        for plugin, spec in brought.values():
            try:
                self.add_hookspecs(spec)
            except ValueError as error:
                problems.append(_bad_hookspecs(plugin, spec, error))
        for plugin in plugins:
            for name, function in implementations(plugin.plugin):
                setattr(plugin, name, self._verified(plugin, name, function, problems))
                if (code := code_of(function)) is not None:
                    self.owners[code] = (plugin.name, name)
        if not problems:
            for plugin in reversed(plugins):
                self.register(plugin, plugin.name)

    def calls(self, hook: str) -> list[tuple[Registered, Callable[..., Any]]]:
        """Return the implementations of a hook in the order of calling, each with its plugin."""
        return [
            (found.plugin, original(found.function)) for found in reversed(getattr(self.hook, hook).get_hookimpls())
        ]

    def callers(self, hook: str) -> list[tuple[Registered, Callable[..., Any]]]:
        """Return one caller for each plugin that implements a boot hook, in the order of calling.

        So each result is known to be somebody's; pluggy's wrappers stay around every one of these calls.
        """
        found = [impl for impl in getattr(self.hook, hook).get_hookimpls() if not (impl.wrapper or impl.hookwrapper)]
        plugins = list(dict.fromkeys(impl.plugin for impl in reversed(found)))
        return [
            (plugin, self.subset_hook_caller(hook, [other for other in plugins if other is not plugin]))
            for plugin in plugins
        ]

    def bind(self, plugin: Registered, function: Callable[..., Any], call: Callable[[Any], Any]) -> None:
        """Let pluggy's own calls of a function find what it asks for, as plans do: `call` takes the scope."""
        for hook in vars(plugin).values():
            if getattr(hook, "original", None) == function:
                hook.bound[:] = [call]

    def arguments(self, hook: str) -> tuple[str, ...]:
        """Return the names of a hook's arguments."""
        spec = getattr(self.hook, hook).spec
        return tuple(spec.argnames)

    def _verified(self, plugin: Registered, name: str, function: Any, problems: list[Problem]) -> Any:
        options = getattr(function, _MARK)
        hook = options["specname"] or name
        caller = getattr(self.hook, hook, None)
        if caller is None or not caller.has_spec():
            problems.append(self._unknown_hook(plugin, hook, function))
            return function
        if hook in REQUEST_HOOKS and any(options[key] for key in ("wrapper", "hookwrapper", "tryfirst", "trylast")):
            problems.append(_ordered_request_hook(plugin, hook, function))
        return self._adapted(plugin, hook, function, problems)

    def _adapted(self, plugin: Registered, hook: str, function: Any, problems: list[Problem]) -> Any:
        """Return the function as pluggy may see it: with the hook's own arguments only, the others bound."""
        signature = inspect.signature(function)
        allowed = self.arguments(hook)
        extra = {name: parameter for name, parameter in signature.parameters.items() if name not in allowed}
        unresolved = [name for name, parameter in extra.items() if parameter.annotation is parameter.empty]
        problems += [_unknown_argument(plugin, hook, function, name, allowed) for name in unresolved]
        if not extra or unresolved:
            return function
        if hook in REQUEST_HOOKS or hook == "newel_startup":
            return _with_scope(function, [name for name in signature.parameters if name not in extra])
        return _with_config(plugin, hook, function, signature, extra, problems)

    def _unknown_hook(self, plugin: Registered, hook: str, function: Any) -> Problem:
        return Problem(
            what=f"plugin {plugin.name!r} implements {hook!r}, and no loaded plugin or kernel has such a hook.",
            found=hook,
            allowed=tuple(name for name in vars(self.hook) if not name.startswith("_")),
            places=(place_of(function),),
            remedy="correct the name, or load the plugin that brings the hook.",
        )


def implementations(plugin: object) -> Iterator[tuple[str, Any]]:
    """Yield the functions of a plugin that are marked as hook implementations, by attribute name, sorted."""
    for name in sorted(dir(plugin)):
        function = inspect.getattr_static(plugin, name, None)
        if getattr(function, _MARK, None) is not None or getattr(getattr(function, "__func__", None), _MARK, None):
            yield name, getattr(plugin, name)


def unmarked(plugin: object) -> Iterator[tuple[str, Any]]:
    """Yield functions that are named as hooks are but lack the mark, so that pluggy would never call them."""
    for name in sorted(dir(plugin)):
        if name.startswith(f"{PROJECT}_"):
            function = getattr(plugin, name)
            if inspect.isroutine(function) and getattr(function, _MARK, None) is None:
                yield name, function


def original(function: Any) -> Any:
    """Return the plugin author's function behind one that was adapted for pluggy."""
    return getattr(function, "original", function)


def _with_scope(function: Any, own: Sequence[str]) -> Any:
    """Adapt a hook function with contract parameters: pluggy sees the hook's arguments and the scope they come from.

    What it calls is bound when the contracts are known (`Manager.bind`).
    """
    names = list(dict.fromkeys([*own, "scope"]))
    bound: list[Callable[[Any], Any]] = []
    hook = _as_hook(lambda *values: bound[0](values[names.index("scope")]), function, names)
    hook.bound = bound
    return hook


def _with_config(
    plugin: Registered,
    hook: str,
    function: Any,
    signature: inspect.Signature,
    extra: Mapping[str, inspect.Parameter],
    problems: list[Problem],
) -> Any:
    """Adapt a boot hook's function: its one further parameter may be the plugin's own configuration."""
    wanted = plugin.found.says("Config")
    for name, parameter in extra.items():
        if wanted is None or _evaluated(function, parameter.annotation) not in {wanted, wanted.__name__}:
            problems.append(
                Problem(
                    what=f"plugin {plugin.name!r}, hook {hook}: parameter {name!r} asks for {parameter.annotation!r}, "
                    "which does not exist yet while the application boots.",
                    places=(place_of(function),),
                    remedy="a boot hook may ask for its own arguments and the plugin's own Config.",
                )
            )
            return function

    kept = [name for name in signature.parameters if name not in extra]

    def adapted(*values: Any) -> Any:
        given = dict(zip(kept, values, strict=True))
        return function(**given, **dict.fromkeys(extra, plugin.config))

    return _as_hook(adapted, function, kept)


def _evaluated(function: Any, annotation: Any) -> Any:
    """Return an annotation evaluated, or as it stands where that cannot be done."""
    owner = inspect.unwrap(getattr(function, "__func__", function))
    try:
        return eval(annotation, owner.__globals__) if isinstance(annotation, str) else annotation  # noqa: S307
    except Exception:  # noqa: BLE001  -- said by who compares it
        return annotation


def _as_hook(adapted: Any, function: Any, names: Sequence[str]) -> Any:
    """Return a function whose parameters have these names, because pluggy reads them from the code itself.

    It is a generator function where the other is, because pluggy looks for that too.
    """
    listed = ", ".join(names)  # names of a hookspec's arguments, verified before
    body = f"(yield from adapted({listed}))" if inspect.isgeneratorfunction(function) else f"adapted({listed})"
    hook = eval(f"lambda {listed}: {body}", {"adapted": adapted})  # noqa: S307
    hook.original = function
    setattr(hook, _MARK, getattr(function, _MARK))
    return hook


def _bad_hookspecs(plugin: Registered, spec: Any, error: ValueError) -> Problem:
    return Problem(
        what=f"plugin {plugin.name!r} brings the hookspecs of {getattr(spec, '__name__', spec)!r}, refused: {error}.",
        places=(plugin.found.source, place_of(spec)),
        remedy=f"mark each with @hookspec (from newel import hookspec), and name it {PROJECT}_… as no other hook is.",
    )


def listed(result: Any, kinds: Any) -> tuple[list[Any], list[Any]]:
    """Part what a hook returned into what it may hold and what it may not; nothing at all is fine."""
    if result is None:
        return [], []
    if isinstance(result, str) or not isinstance(result, Iterable):
        return [], [result]
    values = list(result)
    return [one for one in values if isinstance(one, kinds)], [one for one in values if not isinstance(one, kinds)]


def unfit(plugin: Registered, hook: str, value: Any, wanted: str) -> Problem:
    """Say that a hook returned something that nobody knows what to do with."""
    return Problem(
        what=f"plugin {plugin.name!r}, {hook}, returned {value!r}; what it may return is a list of {wanted}.",
        places=(plugin.found.source,),
        remedy="return a list, a tuple or a generator of these.",
    )


def _ordered_request_hook(plugin: Registered, hook: str, function: Any) -> Problem:
    return Problem(
        what=f"plugin {plugin.name!r} marks its {hook} as wrapper, tryfirst or trylast; request hooks are compiled.",
        places=(place_of(function),),
        remedy="say `before` or `after` on the plugin, or return an Around record from newel_route to wrap a handler.",
    )


def _unknown_argument(plugin: Registered, hook: str, function: Any, name: str, allowed: Iterable[str]) -> Problem:
    return Problem(
        what=f"plugin {plugin.name!r}, hook {hook}: {name!r} is no argument of this hook and has no annotation.",
        found=name,
        allowed=tuple(allowed),
        places=(place_of(function),),
        remedy="correct the name, or annotate it with the contract it asks for.",
    )
