"""A plugin that takes down which hooks ran, in which order, and what they saw."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from newel.hookspecs import hookimpl
from newel.plugins import Plugin


class Call(NamedTuple):
    """One call of a hook: its name, the path, the route's name or None, and what was seen (a status or an error)."""

    hook: str
    path: str
    route: str | None
    seen: Any = None


class HookRecorder(Plugin):
    """Records calls of hooks. Make one for each test by `HookRecorder.fresh()`, for `App(plugins=…)`.

    ```python
    recorder = HookRecorder.fresh()
    client = Client(App(routes=[router], plugins=[recorder], profile="development"))
    client.get("/")
    recorder.hooks("/") == ["newel_before_request", "newel_after_request", "newel_teardown_request"]
    ```

    `calls` holds every call, with those of start and end.
    """

    name: ClassVar[str] = "recorder"
    calls: ClassVar[list[Call]] = []

    @classmethod
    def fresh(cls, name: str = "recorder") -> type[HookRecorder]:
        """Return a recorder class with an empty list of its own."""
        return type("HookRecorder", (cls,), {"calls": [], "name": name})

    @classmethod
    def hooks(cls, path: str) -> list[str]:
        """Return the names of the hooks that ran for requests of one path, in order."""
        return [call.hook for call in cls.calls if call.path == path]

    @hookimpl
    def newel_startup(self) -> None:
        """Record the start of the application."""
        self._note("newel_startup", {}, None)

    @hookimpl
    def newel_shutdown(self) -> None:
        """Record its end."""
        self._note("newel_shutdown", {}, None)

    @hookimpl
    def newel_before_request(self, environ: Any, route: Any) -> None:
        """Record the beginning."""
        self._note("newel_before_request", environ, route)

    @hookimpl
    def newel_after_request(self, response: Any, environ: Any, route: Any) -> None:
        """Record the final status."""
        self._note("newel_after_request", environ, route, response.status)

    @hookimpl
    def newel_handle_error(self, error: Exception, environ: Any, route: Any) -> None:
        """Record an error, and leave its response to others."""
        self._note("newel_handle_error", environ, route, error)

    @hookimpl
    def newel_teardown_request(self, error: Exception | None, environ: Any, route: Any) -> None:
        """Record the end."""
        self._note("newel_teardown_request", environ, route, error)

    def _note(self, hook: str, environ: Any, route: Any, seen: Any = None) -> None:
        name = None if route is None else route.name
        type(self).calls.append(Call(hook, environ.get("PATH_INFO", ""), name, seen))
