"""Flask: as its quickstart, without debug."""

from __future__ import annotations

from flask import Flask, Response

from benchmarks.texts import GREETING


def greet() -> Response:
    return Response(GREETING, mimetype="text/plain")


def item(key: str) -> Response:
    return Response(key, mimetype="text/plain")


def build(routes: int = 0) -> Flask:
    app = Flask("hello", static_folder=None)
    app.add_url_rule("/", view_func=greet)
    for number in range(routes):
        app.add_url_rule(f"/area{number}/items/<key>", f"item{number}", item)
    return app
