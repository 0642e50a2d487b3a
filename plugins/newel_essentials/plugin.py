"""The plugin that is always on, and uses nothing that another plugin could not."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from types import GeneratorType
from typing import Any, ClassVar

from markupsafe import Markup

from newel import Plugin, hookimpl
from newel.contracts.keyed import Keyed
from newel.contracts.renderer import Renderer
from newel.contracts.templates import Templates
from newel.contracts.validator import InvalidInput, Validator
from newel.errors import HTTPError
from newel.log import log
from newel.negotiation import prefers_html
from newel.paths import below, folder_of
from newel.plan import status_of
from newel.records import Provider
from newel.response import Response
from newel.results import Data, Html, Page, Redirect, Responder
from newel.scope import Scope
from newel.urls import Urls
from newel_essentials import responders
from newel_essentials.error_pages import error_page, html_response, problem_response
from newel_essentials.renderers import JsonRenderer
from newel_essentials.responders import DataResponder, PageResponder, RedirectResponder


class EssentialsPlugin(Plugin):
    """Text, HTML, JSON and pages; redirects; the validator of dataclasses and structs; error pages; `url_for`."""

    name: ClassVar[str] = "essentials"

    @hookimpl
    def newel_providers(self) -> Iterable[Provider]:
        """Supply renderer, validator, and the responders of the results that come with Newel."""
        plain: dict[type, Any] = {
            str: responders.text,
            Markup: responders.html,
            Html: responders.html,
            bytes: responders.untyped_bytes,
            Response: responders.itself,
            GeneratorType: responders.stream,
        }
        yield Provider(contract=Renderer, key="application/json", scope="app", open=JsonRenderer)
        yield Provider(contract=Validator, key="msgspec", scope="app", open=_validator)
        yield Provider(contract=DataResponder, scope="app", open=DataResponder)
        for kind, respond in plain.items():
            yield Provider(contract=Responder, key=kind, scope="app", open=_always(respond))
        yield Provider(contract=Responder, key=Page, scope="app", open=PageResponder)
        yield Provider(contract=Responder, key=Redirect, scope="app", open=RedirectResponder)
        yield Provider(contract=Responder, key=Data, scope="app", open=_wrapped_data)
        for kind in (dict, list, tuple):
            yield Provider(contract=Responder, key=kind, scope="app", open=_data)
        yield Provider(contract=Responder, key=object, scope="app", open=_anything_else)

    @hookimpl
    def newel_template_names(self) -> Mapping[str, Callable[..., Any]]:
        """Let every template build URLs."""
        return {"url_for": url_for}

    @hookimpl
    def newel_template_filters(self) -> Mapping[str, Callable[..., Any]]:
        """Let every template write a time as HTML wants it."""
        return {"iso": iso}

    @hookimpl
    def newel_template_roots(self) -> Iterable[str]:
        """Bring the page of errors, which an application's own `newel/error.html` replaces."""
        return [below(folder_of(__file__), "templates")]

    @hookimpl
    def newel_handle_error(self, error: Exception, scope: Scope) -> Response | Page:
        """Answer what no other plugin answered: by the page of errors where a browser asks and an engine is there."""
        accept = scope.environ.get("HTTP_ACCEPT")
        if accept is not None and prefers_html(accept):
            return error_page(error) if scope[Keyed[Templates]] else html_response(error)
        return problem_response(error)


class DevelopmentPlugin(Plugin):
    """On in the development profile: shows exception, source, plan and plugin at fault; logs why data was refused."""

    name: ClassVar[str] = "development"

    @hookimpl
    def newel_handle_error(self, error: Exception, scope: Scope) -> Response | None:
        """Show what went wrong to the one who can mend it: on the page, or in the log what no client is told."""
        if status_of(error) < 500:
            if not isinstance(error, HTTPError | InvalidInput):  # these are told
                log().info(importlib.import_module("newel_essentials.fault").summary_of(error, scope))
            return None
        page = importlib.import_module("newel_essentials.development")
        response: Response = page.respond(error, scope)
        return response


def url_for(urls: Urls, target: str, /, **values: Any) -> str:
    """Return the path of a route by its name: `url_for("show", id=notice.id)`."""
    return urls.url_for(target, **values)


def iso(moment: date | time | None) -> str:
    """Write a date or time for programs, to the second: `<time datetime="{{ notice.posted | iso }}">` (ISO 8601)."""
    if moment is None:
        return ""
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime | time) else moment.isoformat()


def _always(respond: Any) -> Callable[[], Any]:
    return lambda: respond


def _validator() -> Any:
    """Load the validator late: a route without forms or JSON bodies does without it."""
    return importlib.import_module("newel_essentials.validation").MsgspecValidator()


def _wrapped_data(data: DataResponder) -> Any:
    return data.wrapped


def _data(data: DataResponder) -> Any:
    return data


def _anything_else(data: DataResponder) -> Any:
    """Send what makes its own response (a file, a Werkzeug response) as such, and any other object as data."""

    def respond(result: Any, scope: Scope) -> Response:
        if hasattr(result, "to_response"):
            return responders.from_environ(result, scope)
        if hasattr(result, "get_wsgi_response"):
            return responders.werkzeug(result, scope)
        if hasattr(result, "__next__"):
            return responders.stream(result, scope)
        return data(result, scope)

    return respond
