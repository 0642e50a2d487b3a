"""Serves files from folders: no listing, nothing outside, nothing hidden, no sources (checklist E54)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from newel import FileResponse, HTTPError, Plugin, Router, Urls, hookimpl
from newel.config import Configuration

SOURCES: Final = frozenset({".jinja", ".jinja2", ".j2", ".mako", ".py", ".pyc", ".toml", ".db", ".sqlite", ".sqlite3"})
"""Endings that are never served: templates, programs, configuration, data."""


@dataclass
class StaticConfig:
    """The section [static].

    folders  where files are looked for, first one first; relative to the configuration's folder
    url      the prefix below which they are served
    max_age  seconds for which a browser may keep a file without asking again, where its URL carries the file's version
    """

    folders: tuple[Path, ...] = (Path("static"),)
    url: str = "/static"
    max_age: int = 365 * 24 * 3600


class StaticPlugin(Plugin):
    """Serves static files, and lets templates name them: `static_url("style.css")`."""

    name: ClassVar[str] = "static"
    Config: ClassVar[type[Any] | None] = StaticConfig

    @hookimpl
    def newel_routes(self) -> Iterable[Router]:
        """Serve the files below the prefix."""
        router = Router(self.config.url)
        router.get("/<path:name>", name="static")(self.serve)
        return [router]

    @hookimpl
    def newel_template_names(self) -> Mapping[str, Callable[..., Any]]:
        """Let templates name a file; its version is in the URL, so that browsers may keep it."""
        return {"static_url": self.static_url}

    def serve(self, name: str, configuration: Configuration, v: str = "") -> FileResponse:
        """Send one file. Raises `HTTPError(404)` for everything that is none."""
        path = self.find(name, configuration)
        if path is None:
            raise HTTPError(404)
        return FileResponse(path, max_age=self.config.max_age if v else None, as_attachment=False)

    def static_url(self, configuration: Configuration, urls: Urls, name: str, /) -> str:
        """Return the URL of a file with its version: the time it was changed."""
        path = self.find(name, configuration)
        if path is None:
            msg = f"there is no static file {name!r} in {', '.join(map(str, self.folders(configuration)))}"
            raise LookupError(msg)
        return urls.url_for("static", name=name, v=f"{path.stat().st_mtime_ns:x}")

    def folders(self, configuration: Configuration) -> list[Path]:
        """Return the folders, absolute."""
        base = configuration.folder or Path.cwd()
        return [base / folder for folder in self.config.folders]

    def find(self, name: str, configuration: Configuration) -> Path | None:
        """Return the file of a name below the prefix, or None.

        SECURITY: links are followed before the folder is checked, by functions of `os.path`, which never raise.
        """
        parts = name.split("/")
        if any(part.startswith(".") or "\\" in part or not part for part in parts) or not name.isprintable():
            return None
        for folder in self.folders(configuration):
            path, root = os.path.realpath(folder / name), os.path.realpath(folder)
            inside = path.startswith(root + os.sep)
            if inside and os.path.isfile(path) and os.path.splitext(path)[1].lower() not in SOURCES:
                return Path(path)
        return None
