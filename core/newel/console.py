"""`newel shell`: Python with an application at hand, in one scope that ends as a command's does."""

from __future__ import annotations

import code
import contextlib
import importlib
from collections.abc import Callable
from typing import Any, Final, final

from newel.scope import Scope
from newel.wsgi import App

LEAVING: Final = "Leaving it commits what was done; exit(1) leaves and rolls back."


@final
class Rollback(Exception):
    """Ends the scope without a commit."""


def run(app: App, source: str | None, tell: Callable[[str], None]) -> int:
    """Run one piece of code, or a console, in a scope; return the exit status, and commit where that is 0."""
    status = 0
    with contextlib.suppress(Rollback), app.scope() as scope:
        names = names_of(app, scope)
        status = _console(names, banner(app)) if source is None else _once(source, names)
        if status:
            tell("rolled back")
            raise Rollback
    return status


def names_of(app: App, scope: Scope) -> dict[str, Any]:
    """Return what is at hand: `app`, `scope`, every contract by its name, and what plugins bring."""
    contracts = {contract.__name__: contract for contract in scope.supplies if isinstance(contract, type)}
    return {**contracts, **brought(app), "app": app, "scope": scope}


def brought(app: App) -> dict[str, Any]:
    """Return what plugins bring, by name."""
    found: dict[str, Any] = {}
    for names in reversed(app.generation.manager.hook.newel_shell_names()):
        found |= names
    return found


def banner(app: App) -> str:
    """Return what is said first."""
    return (
        f"Newel in the {app.generation.configuration.profile} profile. {LEAVING}\n"
        f"At hand: {', '.join(['app', 'scope', *brought(app)])}, and every contract by its name: scope[Urls]."
    )


def _once(source: str, names: dict[str, Any]) -> int:
    return _status(lambda: exec(compile(source, "<command>", "exec"), names))  # noqa: S102  -- what a shell is for


def _console(names: dict[str, Any], said: str) -> int:
    with contextlib.suppress(ImportError):  # there is none on some systems; the console works without
        importlib.import_module("readline").set_completer(
            importlib.import_module("rlcompleter").Completer(names).complete
        )
        importlib.import_module("readline").parse_and_bind("tab: complete")
    console = code.InteractiveConsole(names)
    return _status(lambda: console.interact(said, exitmsg=""))


def _status(work: Callable[[], object]) -> int:
    """Run something and return its exit status: that of `exit()`, or 0."""
    try:
        work()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0
