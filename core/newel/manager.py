"""How pluggy holds the plugins of one generation: every hook and argument verified before it sees them.

pluggy stops at the first fault and only warns of some; boot wants to hear of all.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any, Final, final

import pluggy

from newel import hookspecs as kernel_hookspecs
from newel.errors import Problem, code_of, place_of
from newel.hookspecs import PROJECT, REQUEST_HOOKS
from newel.plugins import Registered

_MARK: Final = f"{PROJECT}_impl"


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

    @property
    def configs(self) -> dict[str, Any]:
        """The configuration of each plugin that has one, by the plugin's name."""
        return {plugin.name: plugin.config for plugin in self.plugins if plugin.config is not None}

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
    for name in sorted(name for name in dir(plugin) if not name.startswith("__")):
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
