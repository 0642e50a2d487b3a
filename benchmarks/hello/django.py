"""Django: settings without applications or middleware, DEBUG off, hosts listed."""

from __future__ import annotations

from types import ModuleType

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.texts import GREETING, HOST, SECRET


def greet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(GREETING, content_type="text/plain; charset=utf-8")


def item(request: HttpRequest, key: str) -> HttpResponse:
    return HttpResponse(key, content_type="text/plain; charset=utf-8")


def build(routes: int = 0) -> WSGIHandler:
    urls = ModuleType("urls")
    vars(urls)["urlpatterns"] = [
        path("", greet),
        *(path(f"area{number}/items/<str:key>", item) for number in range(routes)),
    ]
    settings.configure(
        ALLOWED_HOSTS=[HOST, "127.0.0.1"],
        DEBUG=False,
        LOGGING_CONFIG=None,
        ROOT_URLCONF=urls,
        SECRET_KEY=SECRET,
    )
    django.setup()
    return WSGIHandler()
