"""Falcon with orjson in its JSON handler, as its manual recommends for speed."""

from __future__ import annotations

from typing import Any

import falcon
import orjson
from falcon.media import JSONHandler

from benchmarks.peers.falcon import build as build_falcon


def build(site: str) -> falcon.App[Any, Any]:
    app = build_falcon(site)
    handler = JSONHandler(dumps=orjson.dumps, loads=orjson.loads)
    app.req_options.media_handlers[falcon.MEDIA_JSON] = handler
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = handler
    return app
