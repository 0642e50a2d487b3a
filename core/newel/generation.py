"""A generation: all that one boot built. Immutable; two of them share nothing.

What serves a request is reached in one step from here: `match`, `hosts`. The rest is what people and commands look at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, final

import msgspec

from newel.config import Configuration
from newel.errors import accuse
from newel.log import log
from newel.manager import Manager
from newel.paths import as_path
from newel.plan import Plan
from newel.records import Provider, Route
from newel.safety import Hosts
from newel.scope import ApplicationScope, Scope, Supply
from newel.settings import AppConfig
from newel.urls import UrlMap

if TYPE_CHECKING:
    from pathlib import Path

Match = Callable[[str, str, str], tuple[Plan, Mapping[str, Any]]]

UNMATCHED: Final = "failed match"
"""The edge of paths of which a converter raised an error."""


@final
class Generation(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Configuration, plugins, plans and open resources of one application.

    `plans` lists the routes' plans in the order of declaration, `edges` those of what is no route, by name. `supplies`
    is what a scope opens; `application` holds what lives as long as the generation.
    """

    configuration: Configuration
    settings: AppConfig
    manager: Manager
    reasons: Mapping[str, tuple[str, ...]]
    plans: tuple[Plan, ...]
    edges: Mapping[str, Plan]
    match: Match
    hosts: Hosts
    urls: UrlMap
    supplies: dict[Any, Supply]
    providers: tuple[tuple[str, Provider], ...]
    application: ApplicationScope
    template_folders: tuple[tuple[str, str], ...] = ()

    @property
    def development(self) -> bool:
        """Whether this is the development profile."""
        return self.configuration.profile == "development"

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every route, in the order of declaration."""
        return tuple(plan.route for plan in self.plans if plan.route is not None)

    @property
    def template_roots(self) -> tuple[tuple[str, Path], ...]:
        """The folders of templates in the order of searching, and whose each is: "app", or a plugin's name."""
        return tuple((owner, as_path(folder)) for owner, folder in self.template_folders)

    def scope(self) -> Scope:
        """Return a scope outside any request."""
        return Scope(self.supplies, {}, None, {})

    def start(self) -> None:
        """Call `newel_startup` in a scope of its own; an error undoes the start."""
        try:
            with self.scope() as scope:
                self.manager.hook.newel_startup(scope=scope)
        except BaseException as error:
            accuse(error, self.manager.owners)
            self.application.close()
            raise

    def close(self) -> None:
        """Call every plugin's `newel_shutdown`, last plugin first, and close what the application holds."""
        for plugin, shut_down in reversed(self.manager.callers("newel_shutdown")):
            try:
                shut_down()
            except Exception:
                log().exception("newel_shutdown of plugin %r failed", plugin.name)
        self.application.close()
