"""The plugin: it collects the models of an application, and supplies `Database` over the backend that was chosen."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import msgspec

from newel import Plugin, hookimpl
from newel.config import Configuration
from newel.errors import BootError, Problem, ProblemError, place_of
from newel.generation import Generation
from newel.records import Finding, Panel, Provider
from newel.scope import Scope
from newel_data import hookspecs
from newel_data.database import Database
from newel_data.errors import DatabaseUnavailable
from newel_data.model import Model
from newel_data.models import Models
from newel_data.port import Backend, SyncReport
from newel_data.profiles import Profile, problems
from newel_data.querylog import LOG as QUERIES
from newel_data.querylog import QueryLog
from newel_data.units import Units

if TYPE_CHECKING:
    from click import Command

_LOG: Final = logging.getLogger("newel.data")


class DataConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[data]`: what is stored."""

    models: list[str] = []
    """Modules whose models are stored: the closed set, together with what plugins bring."""
    repeated_queries: Annotated[int, msgspec.Meta(ge=0)] = 5
    """How often one statement may run in one request before development warns of it; 0: never."""


class DataPlugin(Plugin):
    """Models and `Database`. A database plugin requires this one and provides the `Backend`."""

    name: ClassVar[str] = "data"
    hookspecs: ClassVar[tuple[Any, ...]] = (hookspecs,)
    Config: ClassVar[type[Any] | None] = DataConfig

    def __init__(self, config: DataConfig | None = None) -> None:
        super().__init__(config)
        settings = config or DataConfig()
        self.listed: Final = tuple(settings.models)
        self.repeated: Final = settings.repeated_queries
        self.models: Models | None = None

    @hookimpl
    def newel_models(self) -> Iterable[type[Model]]:
        """Bring the models of the modules that `[data] models` lists."""
        return [model for name in self.listed for model in _models_of(name)]

    @hookimpl
    def newel_collect(self, hooks: Any) -> None:
        """Close the set of models: everybody's, each with its plugin's prefix."""
        found: dict[type[Model], str] = {}
        for implementation in reversed(hooks.newel_models.get_hookimpls()):
            prefix = "" if implementation.plugin_name == self.name else implementation.plugin_name
            for model in implementation.function() or ():
                found.setdefault(model, prefix)
        self.models = closed = Models(found, found)
        _refuse(found for profile in hooks.newel_database_profile() for found in problems(profile, closed))

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply the models for the application, and a unit of work for each request."""
        yield Provider(contract=Models, scope="app", open=self._closed_set)
        yield Provider(contract=Units, scope="app", open=self._units)
        yield Provider(contract=Database, open=open_database, finish=finish_database, close=close_database)
        yield Provider(contract=QueryLog, open=self._query_log, save=outlive_rollback, close=close_query_log)

    @hookimpl
    def newel_startup(self, scope: Scope) -> None:
        """Create what is missing in development; elsewhere refuse to start on a schema that is not there."""
        if Backend in scope:
            backend = scope[Backend]  # type: ignore[type-abstract]
            profile = Profile(name=backend.name, capabilities=backend.capabilities)
            _refuse(problems(profile, self._closed_set()))
            prepare(backend, development=scope[Configuration].development)

    @hookimpl
    def newel_commands(self) -> Iterable[Command]:
        """Offer `newel db`."""
        group: Command = importlib.import_module("newel_data.commands").db
        return [group]

    @hookimpl
    def newel_audit(self, generation: Generation) -> Iterable[Finding]:
        """List where the application would have to change with its database."""
        auditing = importlib.import_module("newel_data.auditing")
        found: Iterable[Finding] = auditing.findings(generation, self._closed_set(), self.listed)
        return found

    @hookimpl
    def newel_shell_names(self) -> Mapping[str, Any]:
        """Let `newel shell` have `Database` and every model at hand."""
        return {"Database": Database} | {table.model.__name__: table.model for table in self._closed_set().tables}

    @hookimpl
    def newel_development_panel(self, scope: Scope) -> Panel | None:
        """Show the statements of the request."""
        return scope[QueryLog].panel() if scope.is_open(QueryLog) else None

    def _units(self, backend: Backend, models: Models, configuration: Configuration) -> Units:
        """Choose how units are made: with what runs in them taken down, in development and for a logger that asks."""
        development = configuration.development
        if not (development or QUERIES.isEnabledFor(logging.DEBUG)):
            return Units(backend, models)
        units: Units = importlib.import_module("newel_data.observing").ObservedUnits(
            backend, models, values=development
        )
        return units

    def _query_log(self, scope: Scope) -> QueryLog:
        method = scope.environ.get("REQUEST_METHOD")
        if not method:
            return QueryLog("outside a request", repeated=0)  # a command may do one thing for each of many rows
        # SECURITY: named by the rule, for a path may hold what is nobody's business.
        return QueryLog(f"{method} {scope.route.rule if scope.route else '(no route)'}", self.repeated)

    def _closed_set(self) -> Models:
        return self.models if self.models is not None else Models(())


# --- the unit of a request -------------------------------------------------------------------------------------------


def open_database(units: Units, scope: Scope) -> Database:
    """Make the unit of work."""
    return units.database(scope)


def finish_database(database: Database, response: Any) -> None:
    """Commit, before a byte is sent."""
    database.finish(None if response is None else response.status)


def close_database(database: Database, error: BaseException | None) -> None:
    """End the unit; roll back what was not finished."""
    database.close()


# --- what ran in it --------------------------------------------------------------------------------------------------


def outlive_rollback(log: QueryLog, response: Any) -> None:
    """Nothing is saved: a provider that saves is still open when the error page asks what had run."""


def close_query_log(log: QueryLog, error: BaseException | None) -> None:
    """Log how many there were."""
    log.close()


def _refuse(found: Iterable[Problem]) -> None:
    """Raise `BootError` where there is any problem."""
    if listed := list(found):
        raise BootError(listed)


# --- starting --------------------------------------------------------------------------------------------------------


def prepare(backend: Backend, *, development: bool) -> None:
    """See to it that the schema is there. A server that is down is a warning: it may come up later."""
    try:
        report = backend.sync(dry_run=not development)
    except DatabaseUnavailable as error:
        _LOG.warning("%s is missing while starting: %s (%s)", backend.name, error, error.__cause__)
        return
    for difference in report.differences:
        _LOG.warning("%s differs from its model: %s\n%s", difference.table, difference.what, difference.statement)
    if not development and report.created:
        raise ProblemError(_not_there(backend, report))
    for created in report.created:
        _LOG.info("created %s", created)


def _not_there(backend: Backend, report: SyncReport) -> Problem:
    return Problem(
        what=f"{backend.name} lacks what the models need: {', '.join(report.created)}.",
        remedy="run `newel db sync`, which creates what is missing and changes nothing that is there.",
    )


# --- [data] models ---------------------------------------------------------------------------------------------------


def _models_of(name: str) -> list[type[Model]]:
    """Return the models of a module and of the package's own modules that it imports them from."""
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not error.name or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
        remedy = "correct the name; the folder of newel.toml is searched first."
        problem = Problem(what=f"[data] models lists {name!r}, and there is no module {error.name!r}.", remedy=remedy)
        raise BootError([problem]) from error
    found = [value for value in vars(module).values() if _is_own(value, name)]
    if not found:
        raise BootError([_no_models(name, module)])
    return found


def _is_own(value: Any, name: str) -> bool:
    if not (isinstance(value, type) and issubclass(value, Model)) or value.__declaration__.abstract:
        return False
    return value.__module__ == name or value.__module__.startswith(f"{name}.")


def _no_models(name: str, module: ModuleType) -> Problem:
    return Problem(
        what=f"[data] models lists {name!r}, which declares no Model.",
        places=(place_of(module),),
        remedy="list the module whose classes derive from newel_data.Model.",
    )
