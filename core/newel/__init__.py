"""Newel: a web framework made as a microkernel. Plugins, routes, request hooks and contracts; the rest is plugins."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from newel.contracts.validator import Form, Json, Query
from newel.converters import Converter
from newel.errors import BootError, HTTPError, NewelError
from newel.hookspecs import hookimpl, hookspec
from newel.plugins import Plugin
from newel.records import After, Around, Before, Guard, Provider, Route
from newel.request import Request
from newel.response import Response
from newel.results import Data, Html, Page, Redirect
from newel.router import Router
from newel.scope import Scope
from newel.secret import Secret
from newel.urls import Urls
from newel.wsgi import App

if TYPE_CHECKING:
    from newel.files import FileResponse
    from newel.uploads import UploadedFile

__all__ = [
    "After",
    "App",
    "Around",
    "Before",
    "BootError",
    "Converter",
    "Data",
    "FileResponse",
    "Form",
    "Guard",
    "HTTPError",
    "Html",
    "Json",
    "NewelError",
    "Page",
    "Plugin",
    "Provider",
    "Query",
    "Redirect",
    "Request",
    "Response",
    "Route",
    "Router",
    "Scope",
    "Secret",
    "UploadedFile",
    "Urls",
    "hookimpl",
    "hookspec",
]


_LATE: Final = {"FileResponse": "newel.files", "UploadedFile": "newel.uploads"}


def __getattr__(name: str) -> Any:
    """Import what few applications need when they need it (PEP 562)."""
    if name in _LATE:
        return getattr(importlib.import_module(_LATE[name]), name)
    msg = f"module 'newel' has no attribute {name!r}"
    raise AttributeError(msg)
