"""Flask, Django and Bottle inside of an application of ours: each finds itself below its prefix, behind our checks."""

# The frameworks mounted here are typed in part, or otherwise than they behave.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportReturnType=false, reportAssignmentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import unquote

import bottle
import flask
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path as django_path
from django.urls import reverse
from werkzeug.test import run_wsgi_app

from newel import App, Html, Router
from newel.testing import Client
from tests.core.applications import PRODUCTION
from tests.core.environs import environ

WsgiApp = Callable[..., Iterable[bytes]]

LIMIT = 1000
closed: list[str] = []


# --- three applications with the same pages ---------------------------------------------------------------------------
def of_flask() -> WsgiApp:
    """Return a Flask application."""
    app = flask.Flask("mounted", static_folder=None)

    @app.get("/page/<name>")
    def page(name: str) -> str:
        here = flask.url_for("page", name=name)
        return f"{name} at {here} of {flask.request.script_root}, {flask.request.args.get('q')}"

    @app.post("/form")
    def form() -> str:
        return f"{flask.request.form['title']}, {flask.request.content_length}"

    @app.post("/body")
    def body() -> str:
        return str(len(flask.request.get_data()))

    @app.get("/stream")
    def stream() -> flask.Response:
        response = flask.Response(iter(["one ", "two"]))
        response.call_on_close(lambda: closed.append("flask"))
        return response

    @app.get("/framed")
    def framed() -> flask.Response:
        return flask.Response("<p>framed", headers={"Referrer-Policy": "no-referrer"})

    return app


class Pieces:
    """A streamed answer of Bottle that tells of its end."""

    def __iter__(self) -> Any:
        return iter([b"one ", b"two"])

    def close(self) -> None:
        """Note the end."""
        closed.append("bottle")


def of_bottle() -> WsgiApp:
    """Return a Bottle application."""
    app: Any = bottle.Bottle()
    request = bottle.request

    def page(name: str) -> str:
        root = request.script_name.rstrip("/")
        return f"{name} at {app.get_url('page', name=name)} of {root}, {request.query.getunicode('q')}"

    def framed() -> str:
        bottle.response.set_header("Referrer-Policy", "no-referrer")
        return "<p>framed"

    app.get("/page/<name>", name="page", callback=page)
    app.post("/form", callback=lambda: f"{request.forms.getunicode('title')}, {request.content_length}")
    app.post("/body", callback=lambda: str(len(request.body.read())))
    app.get("/stream", callback=Pieces)
    app.get("/framed", callback=framed)
    wsgi: WsgiApp = app
    return wsgi


def page(request: HttpRequest, name: str) -> HttpResponse:
    """Show where this is, as Django sees it."""
    here = reverse("page", args=[name])
    return HttpResponse(f"{name} at {here} of {request.META['SCRIPT_NAME']}, {request.GET.get('q')}")


def form(request: HttpRequest) -> HttpResponse:
    """Read a form in Django."""
    return HttpResponse(f"{request.POST['title']}, {request.META['CONTENT_LENGTH']}")


def body(request: HttpRequest) -> HttpResponse:
    """Read a body in Django."""
    return HttpResponse(str(len(request.body)))


class Closing(StreamingHttpResponse):
    """A streamed answer of Django that tells of its end."""

    def close(self) -> None:
        """Note the end."""
        super().close()
        closed.append("django")


def stream(request: HttpRequest) -> HttpResponse:
    """Stream from Django."""
    return Closing(iter([b"one ", b"two"]))


def framed(request: HttpRequest) -> HttpResponse:
    """Answer with a header of Django's own."""
    return HttpResponse("<p>framed", headers={"Referrer-Policy": "no-referrer"})


urlpatterns = [
    django_path("page/<name>", page, name="page"),
    django_path("form", form),
    django_path("body", body),
    django_path("stream", stream),
    django_path("framed", framed),
]


def of_django() -> WsgiApp:
    """Return the Django application, of which a process has one."""
    if not settings.configured:
        import django

        settings.configure(ALLOWED_HOSTS=["localhost"], ROOT_URLCONF=__name__, SECRET_KEY="x" * 50, MIDDLEWARE=[])
        django.setup()
    handler: WsgiApp = WSGIHandler()
    return handler


@pytest.fixture(params=[of_flask, of_django, of_bottle], ids=["flask", "django", "bottle"])
def client(request: pytest.FixtureRequest) -> Client:
    """A client of an application that has one of the three below a prefix, and a page of its own."""
    router = Router()
    router.mount("/older", request.param())
    router.get("/")(lambda: Html("<p>our own"))
    return Client(App({"app": {**PRODUCTION["app"], "max_body": LIMIT}}, routes=[router]))


# --- what holds for each ----------------------------------------------------------------------------------------------
def test_it_knows_where_it_is(client: Client) -> None:
    response = client.get("/older/page/tür?q=ü", base_url="http://localhost/site")
    assert unquote(response.text) == "tür at /site/older/page/tür of /site/older, ü"


def test_it_reads_a_form(client: Client) -> None:
    assert client.post("/older/form", data={"title": "Löwe"}).text == "Löwe, 15"


def test_it_streams_and_is_closed(client: Client) -> None:
    closed.clear()
    assert client.get("/older/stream").text == "one two"
    assert len(closed) == 1


def test_it_is_closed_after_head_too(client: Client) -> None:
    closed.clear()
    assert client.head("/older/stream").data == b""
    assert len(closed) == 1


def test_it_answers_what_it_does_not_have(client: Client) -> None:
    response = client.get("/older/nowhere")
    assert response.status_code == 404
    assert response.content_type.startswith("text/html")  # its own page, not ours


def test_a_body_over_the_limit_never_reaches_it(client: Client) -> None:
    assert client.post("/older/body", data=b"x" * (LIMIT + 1)).status_code == 413


def test_a_body_of_unknown_length_over_the_limit_is_413_whatever_it_makes_of_that(
    client: Client, request: pytest.FixtureRequest
) -> None:
    sent = environ("/older/body", REQUEST_METHOD="POST", HTTP_SEC_FETCH_SITE="same-origin", HTTP_HOST="localhost")
    sent |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "wsgi.errors": StringIO()}
    _, status, _ = run_wsgi_app(client.app, {**sent, "wsgi.input": BytesIO(b"x" * (LIMIT + 1))})
    reads_nothing = "django" in request.node.name  # of a body without a length
    assert status.split()[0] == ("200" if reads_nothing else "413")


def test_a_request_of_another_site_never_reaches_it(client: Client) -> None:
    response = client.post("/older/form", data={"title": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403


def test_a_foreign_host_never_reaches_it(client: Client) -> None:
    assert client.get("/older/page/x", headers={"Host": "evil.example"}).status_code == 400


def test_security_headers_are_set_where_it_sets_none_and_no_policy(client: Client) -> None:
    response = client.get("/older/framed")
    assert response.headers.getlist("Referrer-Policy") == ["no-referrer"]
    assert response.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert "Content-Security-Policy" not in response.headers
    assert "Content-Security-Policy" in client.get("/").headers
