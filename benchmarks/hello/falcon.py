"""Falcon: resources with a responder for each method."""

from __future__ import annotations

from typing import Any

import falcon

from benchmarks.texts import GREETING


class Greeting:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = GREETING


class Item:
    def on_get(self, req: falcon.Request, resp: falcon.Response, key: str) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = key


def build(routes: int = 0) -> falcon.App[Any, Any]:
    app = falcon.App()
    app.add_route("/", Greeting())
    for number in range(routes):
        app.add_route(f"/area{number}/items/{{key}}", Item())
    return app
