"""Bottle: an application of its own, forms by WTForms."""

from __future__ import annotations

from typing import Any

import bottle
from wtforms import Form

from benchmarks import work
from benchmarks.peers.form_wtforms import PostFields


class PostForm(PostFields, Form):
    pass


def document() -> dict[str, Any]:
    return work.DOCUMENT


def typed(key: int) -> dict[str, Any]:
    query = bottle.request.query
    return {
        "id": key,
        "limit": query.get("limit", 10, type=int),
        "q": query.getunicode("q", ""),
        "exact": query.get("exact") == "true",
    }


def form() -> dict[str, Any]:
    posted = PostForm(bottle.request.forms.decode())
    if not posted.validate():
        bottle.response.status = 422
        return {"errors": sorted(posted.errors)}
    return dict(posted.data)


def echo() -> str:
    bottle.response.content_type = "application/json"
    encoded: str = bottle.json_dumps(bottle.request.json)
    return encoded


def build(site: str) -> bottle.Bottle:
    app = bottle.Bottle()
    app.get("/json", callback=document)
    app.get("/typed/<key:int>", callback=typed)
    app.post("/form", callback=form)
    app.post("/echo", callback=echo)
    return app
