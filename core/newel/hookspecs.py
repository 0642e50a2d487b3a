"""Every hook of the kernel.

A plugin implements a hook by a function of its name, marked with `@hookimpl`. It takes as many of the arguments below
as it wants, by name; any further parameter must be annotated with a contract or with the plugin's own `Config` and is
resolved as a handler's would be (boot hooks: the `Config` only).

Order: plugins are called as boot ordered them, first one first, unless a hook says otherwise. `None` means "nothing to
add". Boot hooks are called through pluggy, so wrappers, `tryfirst` and `trylast` work there as pluggy's users know
them. Request hooks are compiled into plans and called directly: wrappers, `tryfirst` and `trylast` are a boot error
there (use a plugin's `before` and `after`, or the record `Around`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pluggy

from newel.records import Finding, Panel, Provider, Route, RouteRecord

if TYPE_CHECKING:
    import os

    from click import Command

    from newel.router import Router

PROJECT: Final = "newel"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)

REQUEST_HOOKS: Final = frozenset(
    {"newel_before_request", "newel_after_request", "newel_handle_error", "newel_teardown_request"}
)
"""The hooks that plans call directly."""


# --- boot: what an application is made of ---------------------------------------------------------------------------
@hookspec
def newel_providers() -> Iterable[Provider] | None:
    """Return records that say how contracts are supplied. All results; called once, while booting."""


@hookspec
def newel_routes() -> Iterable[Router] | None:
    """Return routers to be served beside the application's own, which win over them. All results; called once."""


@hookspec
def newel_template_roots() -> Iterable[str | os.PathLike[str]] | None:
    """Return folders of templates. All results; searched in plugin order, after the application's own `templates`."""


@hookspec
def newel_template_names() -> Mapping[str, Callable[..., Any]] | None:
    """Return functions that every template of every engine may call, by name. All results; called once.

    Parameters of these functions annotated with a contract are supplied by the request; the template gives the others.
    Markup is returned as `Markup`, anything else is escaped. The same name from two plugins is a conflict.
    """


@hookspec
def newel_template_filters() -> Mapping[str, Callable[..., Any]] | None:
    """Return filters that every template of every engine may use, by name. All results; called once.

    A filter is a function of the value, and of what the template gives in parentheses. It is the same for every
    request: what needs the request is a function of `newel_template_names`. The escape comes after it, unless it
    returns `Markup`. The same name from two plugins is a conflict, and so is that of a filter that engines share.
    """


@hookspec
def newel_collect(hooks: Any) -> None:
    """Collect what a plugin's own hookspecs asked for, once every plugin is registered; called before the commit.

    `hooks.name_of_hook(...)` calls a hook and returns all results, in plugin order. Raise `BootError` with every
    problem found: it is reported together with all others.
    """


@hookspec
def newel_route(route: Route) -> Iterable[RouteRecord] | None:
    """Return what this plugin adds to one route: `Before`, `Guard`, `After`, `Around`. Called once for each route.

    A plugin that returns nothing costs the route nothing. All results, in plugin order; `After` records run in the
    reverse, and the first plugin's `Around` is the outermost.
    """


@hookspec
def newel_commands() -> Iterable[Command] | None:
    """Return click commands that `newel` offers. All results; called only by the command line.

    A command gets the booted `App` by `@click.pass_obj`.
    """


@hookspec
def newel_shell_names() -> Mapping[str, Any] | None:
    """Return what `newel shell` has at hand, by name. All results; called only by the shell, when it begins.

    Of two values under one name, that of the first plugin counts.
    """


@hookspec
def newel_audit(generation: Any) -> Iterable[Finding] | None:
    """Return what `newel audit` shall list beside what it finds itself. All results; called only by the command line.

    That is what of this plugin is weaker than its default, and what binds the application to one provider of a slot.
    `generation` holds configuration, routes and all else that was booted.
    """


@hookspec
def newel_development_panel(scope: Any) -> Panel | None:
    """Return what this plugin knows of a request that failed, as a table for the error page of development.

    All results; called only by that page, when providers have rolled back and before they close. What raises is left
    out.
    """


@hookspec
def newel_startup(scope: Any) -> None:
    """Do what must be done before the first request, in a scope that is committed afterwards. Called once."""


@hookspec
def newel_shutdown() -> None:
    """Let go of what the plugin holds. Called once, in the reverse order; an error is logged and hides no other."""


# --- requests -------------------------------------------------------------------------------------------------------
@hookspec
def newel_before_request(request: Any, environ: Any, route: Any, scope: Any) -> Any:
    """Look at every request before its guards and parameters; a result other than None ends the request with it.

    The result is whatever a handler may return. `route` is None where no route matched (404, 405, a mount). A plugin
    that concerns some routes only returns a `Before` from `newel_route` instead.
    """


@hookspec
def newel_after_request(response: Any, request: Any, environ: Any, route: Any, scope: Any) -> None:
    """Change status or headers of every final response, once, in the reverse order. The body is not to be touched."""


@hookspec(firstresult=True)
def newel_handle_error(error: Exception, request: Any, environ: Any, route: Any, scope: Any) -> Any:
    """Make the response for an error; asked in the reverse order (the last plugin first), the first result wins.

    The result is whatever a handler may return. Providers have rolled back by then. The essentials answer last, with
    the status of the error and nothing else that it knows.
    """


@hookspec
def newel_teardown_request(error: Exception | None, request: Any, environ: Any, route: Any, scope: Any) -> None:
    """Run when the response is closed, always, in the reverse order. An error here is logged and hides no other."""
