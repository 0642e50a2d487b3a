"""Providers become supplies: the tables from which scopes open what is asked of them.

One table for the application, one for a request; what the application holds is reached from a request as well. Checked
here: two providers of one contract, an app-scoped provider that asks for a request-scoped one, cycles, a keyed provider
that belongs to a request.
"""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, final, get_args, get_origin

import msgspec

from newel.contracts.keyed import Keyed
from newel.errors import Problem, place_of
from newel.parameters import Wiring, bind_signature, contracts_of, own_config
from newel.records import Provider, Scoped
from newel.scope import ApplicationScope, Resolve, Supply
from newel.signatures import label, signature_of


@final
class Owned(msgspec.Struct, frozen=True):
    """Something collected, and the short name of the plugin it came from."""

    owner: str
    value: Any


@final
class Supplies:
    """The two tables of one generation, filled in place: resolvers look contracts up when they run.

    `values` are contracts that exist already (configuration, settings), `made` those the kernel makes once, when asked
    for, `per_request` those it makes for each request. `configs` are the plugins' configurations, by plugin.
    """

    def __init__(
        self,
        providers: Sequence[Owned],
        values: Mapping[Any, Any],
        made: Mapping[Any, Resolve],
        per_request: Mapping[Any, Resolve],
        keyed: Sequence[Any],
        configs: Mapping[str, Any],
        problems: list[Problem],
    ) -> None:
        self._configs: Final = configs
        self._problems: Final = problems
        self._application: Final[dict[Any, Supply]] = {}
        self.application: Final = ApplicationScope(self._application)
        self.request: Final[dict[Any, Supply]] = {name: Supply(make) for name, make in per_request.items()}
        self._asked: Final[dict[Hashable, list[Any]]] = {}
        self.providers: Final = self._without_conflicts(providers)
        for contract, value in values.items():
            self._hold(contract, Supply(_constant(value)))
        for contract, make in made.items():
            self._hold(contract, Supply(make))
        self._announce()
        self._group(keyed)
        self._bind()
        self._refuse_cycles()

    def _hold(self, contract: Any, supply: Supply) -> None:
        """Enter something the application holds into both tables."""
        self._application[contract] = supply
        self.request[contract] = Supply(lambda scope: self.application[contract])

    def _without_conflicts(self, providers: Sequence[Owned]) -> tuple[Owned, ...]:
        """Return one provider for each contract and key; two are a problem that shows both places."""
        kept: dict[Hashable, Owned] = {}
        for owned in providers:
            other = kept.setdefault(identity(owned.value), owned)
            if other is not owned:
                self._problems.append(_conflict(other, owned))
            self._problems.extend(_faults(owned))
        return tuple(kept.values())

    def _announce(self) -> None:
        """Enter every contract before anything is bound, because providers ask for one another."""
        for owned in self.providers:
            provider = owned.value
            if provider.scope == "app":
                self._hold(identity(provider), Supply(_unbound))
            else:
                self.request[provider.contract] = Supply(_unbound)

    def _group(self, keyed: Sequence[Any]) -> None:
        groups: dict[Any, list[Hashable]] = {contract: [] for contract in keyed}
        for owned in self.providers:
            if owned.value.key is not None:
                groups.setdefault(owned.value.contract, []).append(owned.value.key)
        for contract, keys in groups.items():
            group: Any = Keyed.__class_getitem__(contract)
            self._asked[group] = [(contract, key) for key in keys]
            self._hold(group, Supply(_group_of({key: (contract, key) for key in keys})))

    def askers(self, contract: Any) -> list[Owned]:
        """Return the providers that ask for a contract."""
        return [owned for owned in self.providers if contract in self._asked[identity(owned.value)]]

    def _bind(self) -> None:
        for owned in self.providers:
            provider = owned.value
            signature = signature_of(provider.open, self._problems)
            table = self._application if provider.scope == "app" else self.request
            self._asked[identity(provider)] = contracts_of(signature, self.request)
            if provider.scope == "app" and self._asks_for_a_request(owned):
                continue
            asker = f"plugin {owned.owner!r}, provider of {_shown(provider.contract)}"
            named = own_config(signature, self._configs.get(owned.owner))
            run = bind_signature(provider.open, signature, named, Wiring(table), self._problems, asker=asker)
            ends = provider.finish or provider.save or provider.close
            table[identity(provider)] = Supply(run, provider if ends else None)

    def _asks_for_a_request(self, owned: Owned) -> bool:
        for contract in self._asked[identity(owned.value)]:
            if contract not in self._application:
                self._problems.append(_outlives(owned, contract))
                return True
        return False

    def _refuse_cycles(self) -> None:
        done: set[Hashable] = set()
        for start in self._asked:
            path: list[Hashable] = []
            self._walk(start, path, done)

    def _walk(self, node: Hashable, path: list[Hashable], done: set[Hashable]) -> None:
        if node in path:
            self._problems.append(self._cycle(path[path.index(node) :]))
            return
        if node in done:
            return
        done.add(node)
        for asked in self._asked.get(node, ()):
            self._walk(asked, [*path, node], done)

    def _cycle(self, members: Sequence[Hashable]) -> Problem:
        places = tuple(owned.value.place for owned in self.providers if identity(owned.value) in members)
        return Problem(
            what="providers ask for one another: " + " → ".join(_shown(name) for name in [*members, members[0]]) + ".",
            places=places,
            remedy="let one of them do without the other, or open it later from the scope.",
        )


def _constant(value: Any) -> Resolve:
    return lambda scope: value


def _group_of(identities: Mapping[Hashable, Any]) -> Resolve:
    return lambda scope: Keyed({key: scope[name] for key, name in identities.items()})


def identity(provider: Provider) -> Hashable:
    """Return what makes a provider the one of its kind: the contract, with the key of a keyed one."""
    return provider.contract if provider.key is None else (provider.contract, provider.key)


def _unbound(scope: Any) -> Any:
    msg = "a provider was opened before boot had bound it"
    raise RuntimeError(msg)


def _shown(contract: Any) -> str:
    if isinstance(contract, tuple):
        return f"{_shown(contract[0])} {contract[1]!r}"
    if get_origin(contract) is Keyed:
        return f"Keyed[{_shown(get_args(contract)[0])}]"
    return getattr(contract, "__name__", None) or str(contract)


def _conflict(first: Owned, second: Owned) -> Problem:
    return Problem(
        what=f"{_shown(identity(first.value))} is provided twice: by plugin {first.owner!r} "
        f"and by plugin {second.owner!r}.",
        places=(first.value.place, second.value.place),
        remedy="enable one of the two.",
    )


def _faults(owned: Owned) -> Iterator[Problem]:
    """Yield what is wrong with a record by itself."""
    provider: Provider = owned.value
    if provider.scope not in get_args(Scoped):
        yield _no_scope(owned)
    elif provider.scope == "app" and (provider.finish or provider.save):
        yield _never_finished(owned)
    elif provider.scope == "request" and provider.key is not None:
        yield _keyed_request(owned)
    for stage, arguments in _ENDS.items():
        if (function := getattr(provider, stage)) is not None and not _takes(function, len(arguments)):
            yield _wrong_end(owned, stage, arguments)


_ENDS: Final = {"finish": ("value", "response"), "save": ("value", "response"), "close": ("value", "error")}


def _takes(function: Any, count: int) -> bool:
    """Tell whether a function may be called with so many arguments, as well as it can be told."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # C code that does not say
        return True
    return True


def _no_scope(owned: Owned) -> Problem:
    return Problem(
        what=f"plugin {owned.owner!r} provides {_shown(identity(owned.value))} with scope={owned.value.scope!r}.",
        found=str(owned.value.scope),
        allowed=get_args(Scoped),
        places=(owned.value.place,),
        remedy="say for how long it lives.",
    )


def _never_finished(owned: Owned) -> Problem:
    return Problem(
        what=f"plugin {owned.owner!r} provides {_shown(identity(owned.value))} for as long as the application lives, "
        "and gives it a finish or save, which belong to a request.",
        places=(owned.value.place,),
        remedy='say scope="request", or do it in close.',
    )


def _wrong_end(owned: Owned, stage: str, arguments: tuple[str, ...]) -> Problem:
    return Problem(
        what=f"plugin {owned.owner!r}, provider of {_shown(identity(owned.value))}: its {stage} cannot be called as "
        f"{stage}({', '.join(arguments)}).",
        places=(place_of(getattr(owned.value, stage)),),
        remedy="let it take these two.",
    )


def _keyed_request(owned: Owned) -> Problem:
    return Problem(
        what=f"plugin {owned.owner!r} provides {_shown(identity(owned.value))} for each request; "
        "a provider with a key lives as long as the application.",
        places=(owned.value.place,),
        remedy='say scope="app", and give the request\'s values to its methods.',
    )


def _outlives(owned: Owned, contract: Any) -> Problem:
    return Problem(
        what=f"plugin {owned.owner!r}: the provider of {_shown(identity(owned.value))} lives as long as the "
        f"application and asks for {_shown(contract)}, which lives as long as a request ({label(owned.value.open)}).",
        places=(owned.value.place,),
        remedy='say scope="request", or take what it needs from the request when it is used.',
    )
