"""Newel: one router, no plugin beyond the essentials."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.texts import GREETING, HOST, SECRET
from newel import App, Router


def greet() -> str:
    return GREETING


def _item() -> Callable[..., str]:
    def item(key: str) -> str:
        return key

    return item


def build(routes: int = 0) -> App:
    router = Router()
    router.get("/")(greet)
    for number in range(routes):
        router.get(f"/area{number}/items/<key>")(_item())
    return App({"app": {"hosts": [HOST, "127.0.0.1"], "secret": SECRET, "without": ["security"]}}, routes=[router])
