"""Bottle: an application of its own, routes by decorator."""

from __future__ import annotations

import bottle

from benchmarks.texts import GREETING


def greet() -> str:
    bottle.response.content_type = "text/plain; charset=utf-8"
    return GREETING


def item(key: str) -> str:
    bottle.response.content_type = "text/plain; charset=utf-8"
    return key


def build(routes: int = 0) -> bottle.Bottle:
    app = bottle.Bottle()
    app.get("/", callback=greet)
    for number in range(routes):
        app.get(f"/area{number}/items/<key>", callback=item)
    return app
