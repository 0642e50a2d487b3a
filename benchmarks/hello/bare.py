"""No framework: what a WSGI callable costs by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from benchmarks.texts import GREETING
from benchmarks.work import DOCUMENT


def build(routes: int = 0) -> Any:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/json":
            body, kind = json.dumps(DOCUMENT).encode(), "application/json"
        else:
            body, kind = GREETING.encode(), "text/plain; charset=utf-8"
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return application
