"""The scope: one request's (or one command's) opened providers, and how they end.

A scope opens what is asked of it, remembers the order, and ends it in the reverse:

```
open … → finish (commit) → save (what outlives a rollback) → close        after success
open … → unwind (roll back) → save → close                                after an error
```

The application has a scope of its own, for what lives as long as a generation.
"""

from __future__ import annotations

from _thread import RLock  # PERF: as `functools` does; `threading` takes a millisecond to load
from collections.abc import Callable, Mapping
from typing import Any, Final, Self, TypeVar, final

import msgspec

from newel.body import Limits
from newel.errors import Problem, ProblemError
from newel.log import log
from newel.records import Provider, Route
from newel.request import Request

T = TypeVar("T")
Resolve = Callable[["Scope"], Any]


@final
class Supply(msgspec.Struct, frozen=True):
    """A provider made ready: `open` takes the scope. `provider` is None where there is nothing to end."""

    open: Resolve
    provider: Provider | None = None


@final
class Scope(msgspec.Struct, eq=False):
    """One request on its way: environ, route, arguments, response, and the providers opened for it.

    `scope[Database]` opens a provider or returns the one that is open. As a context manager (`with app.scope() as
    scope`) it finishes on a clean exit, rolls back on an error, and closes.

    PERF: a struct, which is made in half the time of a class with an `__init__`; every request makes one.
    """

    supplies: Mapping[Any, Supply]
    environ: dict[str, Any]
    route: Route | None
    args: Mapping[str, Any]
    values: dict[Any, Any] = {}
    opened: list[tuple[Provider, Any]] = []
    response: Any = None
    error: BaseException | None = None
    _request: Request | None = None

    __repr__ = object.__repr__  # SECURITY: the environ holds cookies and passwords, which belong into no log

    @property
    def request(self) -> Request:
        """The request, made at first use; a route that nobody asks a `Request` of never makes one."""
        if self._request is None:
            self._request = Request(self.environ, self[Limits])
        return self._request

    def __getitem__(self, contract: type[T]) -> T:
        """Return the value of a contract, opening its provider where it is not open. Raises `ProblemError`."""
        try:
            return self.values[contract]  # type: ignore[no-any-return]
        except KeyError:
            return self._opened(contract)  # type: ignore[no-any-return]

    def __contains__(self, contract: object) -> bool:
        return contract in self.supplies

    def is_open(self, contract: object) -> bool:
        """Tell whether something has asked for the contract already."""
        return contract in self.values

    def _opened(self, contract: Any) -> Any:
        supply = self.supplies.get(contract)
        if supply is None:
            raise ProblemError(not_provided(contract, self.supplies))
        value = supply.open(self)
        self.values[contract] = value
        if supply.provider is not None:
            self.opened.append((supply.provider, value))
        return value

    # --- the end ----------------------------------------------------------------------------------------------------
    def finish(self, response: Any) -> None:
        """Finish every opened provider, latest first. The first error ends it and is the request's error."""
        for provider, value in reversed(self.opened):
            if provider.finish is not None:
                provider.finish(value, response)

    def save(self, response: Any) -> Exception | None:
        """Save what outlives a rollback, latest first; every one is tried. Returns the first error, logs all."""
        first: Exception | None = None
        for provider, value in reversed(self.opened):
            if provider.save is not None:
                try:
                    provider.save(value, response)
                except Exception as error:
                    log().exception("saving %s failed; what was committed stands", _name(provider.contract))
                    first = first or error
        return first

    def unwind(self, error: BaseException) -> None:
        """Roll back at once: close, latest first, every opened provider that has nothing to save.

        What is asked for again is opened anew, so that an error page may read the database: what was made of a closed
        value too. No unit of work stays open while sessions are saved (SQLite would wait for itself).
        """
        goes = [pair for pair in self.opened if pair[0].save is None]
        self.opened = [pair for pair in self.opened if pair[0].save is not None]
        self.values = {provider.contract: value for provider, value in self.opened}
        _close(goes, error)

    def discard(self, error: BaseException) -> None:
        """Forget an attempt that will be tried again: close everything, save nothing."""
        pairs, self.opened, self.values = self.opened, [], {}
        _close(pairs, error)

    def close(self) -> None:
        """Close every provider that is still open, latest first; errors are logged and hide no other."""
        pairs, self.opened, self.values = self.opened, [], {}
        _close(pairs, self.error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._finish_or_unwind()
            else:
                self.error = error
                self.unwind(error)
                self.save(None)
        finally:
            self.close()

    def _finish_or_unwind(self) -> None:
        try:
            self.finish(None)
        except BaseException as error:
            self.error = error
            self.unwind(error)
            self.save(None)
            raise
        if (failure := self.save(None)) is not None:
            raise failure


@final
class ApplicationScope:
    """The providers that live as long as a generation: opened once, at first use, whichever thread comes first."""

    __slots__ = ("_lock", "_scope", "_supplies")

    def __init__(self, supplies: dict[Any, Supply]) -> None:
        self._supplies: Final = supplies
        self._scope: Final = Scope(supplies, {}, None, {})
        self._lock: Final = RLock()

    def __getitem__(self, contract: type[T]) -> T:
        try:
            return self._scope.values[contract]  # type: ignore[no-any-return]
        except KeyError:
            with self._lock:
                return self._scope[contract]

    def __contains__(self, contract: object) -> bool:
        return contract in self._scope.supplies

    def hold(self, contract: type[T], value: T) -> None:
        """Hold a value in place of the provider's, for good: for tests, before the start."""
        self._supplies[contract] = Supply(lambda scope: value)
        self._scope.values[contract] = value

    def close(self) -> None:
        """Close what was opened, latest first."""
        with self._lock:
            self._scope.close()


def _close(pairs: list[tuple[Provider, Any]], error: BaseException | None) -> None:
    for provider, value in reversed(pairs):
        if provider.close is not None:
            try:
                provider.close(value, error)
            except Exception:
                log().exception("closing %s failed", _name(provider.contract))


def not_provided(contract: Any, supplies: Mapping[Any, Any]) -> Problem:
    """Say that a contract has no provider, and what would supply it."""
    slot = getattr(contract, "__newel_slot__", "")
    remedy = (
        f"choose a provider under [use], for instance {slot} = …, or run `newel plugins` to see what is installed."
        if slot
        else "enable a plugin that provides it (`newel plugins` lists what is provided)."
    )
    return Problem(
        what=f"{_name(contract)} was asked for, and no enabled plugin provides it.",
        found=_name(contract),
        allowed=tuple(_name(known) for known in supplies if not isinstance(known, tuple)),
        remedy=remedy,
    )


def _name(contract: Any) -> str:
    return getattr(contract, "__name__", None) or str(contract)
