"""Django: DEBUG off, hosts listed, its own forms, ORM and cached templates; middleware only where a row asks for it."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import django
from django import forms
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from benchmarks import work
from benchmarks.hello.django import greet
from benchmarks.texts import HOST, SECRET


class PostForm(forms.Form):
    title = forms.CharField(max_length=work.MAX_TITLE)
    body = forms.CharField(max_length=work.MAX_BODY)
    rating = forms.IntegerField(min_value=work.MIN_RATING, max_value=work.MAX_RATING)


def document(request: HttpRequest) -> HttpResponse:
    return JsonResponse(work.DOCUMENT)


def typed(request: HttpRequest, key: int) -> HttpResponse:
    query = request.GET
    return JsonResponse(
        {
            "id": key,
            "limit": int(query.get("limit", 10)),
            "q": query.get("q", ""),
            "exact": query.get("exact") == "true",
        }
    )


def form(request: HttpRequest) -> HttpResponse:
    posted = PostForm(request.POST)
    if not posted.is_valid():
        return JsonResponse({"errors": sorted(posted.errors)}, status=422)
    return JsonResponse(posted.cleaned_data)


def echo(request: HttpRequest) -> HttpResponse:
    return JsonResponse(json.loads(request.body), safe=False)


def build(site: str, middleware: tuple[str, ...] = ()) -> WSGIHandler:
    urls = ModuleType("urls")
    vars(urls)["urlpatterns"] = patterns = [
        path("", greet),
        path("json", document),
        path("typed/<int:key>", typed),
        path("form", form),
        path("echo", echo),
    ]
    settings.configure(
        ALLOWED_HOSTS=[HOST],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": Path(tempfile.mkdtemp()) / "notices.db",
                "CONN_MAX_AGE": None,
            }
        },
        DEBUG=False,
        LOGGING_CONFIG=None,
        MIDDLEWARE=list(middleware),
        ROOT_URLCONF=urls,
        SECRET_KEY=SECRET,
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [work.TEMPLATES / "django"]},
        ],
        USE_TZ=True,
    )
    django.setup()
    logging.getLogger("django").setLevel(logging.ERROR)  # a 404 or 422 is no news here, and printing costs
    if site == "data":
        patterns.append(path("notices", _notices()))
    return WSGIHandler()


def _notices() -> Any:
    from django.db import connection, models

    class Notice(models.Model):  # noqa: DJ008  nobody prints one
        id = models.CharField(primary_key=True, max_length=36)
        title = models.CharField(max_length=120)
        body = models.TextField()
        author = models.CharField(max_length=80)
        posted = models.DateTimeField(db_index=True)

        class Meta:
            app_label = "benchmarks"

    with connection.schema_editor() as editor:
        editor.create_model(Notice)
    Notice.objects.bulk_create(Notice(**row) for row in work.notices())

    def notices(request: HttpRequest) -> HttpResponse:
        found = Notice.objects.order_by("-posted", "-id")[: work.PAGE]
        return render(request, "list.html", {"notices": found})

    return notices
