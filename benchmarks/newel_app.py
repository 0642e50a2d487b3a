"""Newel: JSON, typed values and forms on routers; data and templates only where a row asks for them.

Sites: "full" (essentials only, as the peers have no middleware), "secure" (with the security plugin, which is on unless
it is switched off), "data" (SQLite and Jinja2).
"""

from __future__ import annotations

import importlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from benchmarks import work
from benchmarks.hello.newel import greet
from benchmarks.texts import HOST, SECRET
from newel import App, Data, Form, Json, Router

router: Final = Router()
router.get("/")(greet)


class Post(msgspec.Struct):
    title: Annotated[str, Meta(min_length=1, max_length=work.MAX_TITLE)]
    body: Annotated[str, Meta(min_length=1, max_length=work.MAX_BODY)]
    rating: Annotated[int, Meta(ge=work.MIN_RATING, le=work.MAX_RATING)]


class Item(msgspec.Struct, forbid_unknown_fields=True):  # PERF: unknown keys are refused without a second look
    id: int
    name: str
    price: float
    available: bool
    tags: list[str]
    description: str


@router.get("/json")
def document() -> dict[str, Any]:
    return work.DOCUMENT


@router.get("/typed/<id>")
def typed(id: int, limit: int = 10, q: str = "", exact: bool = False) -> dict[str, Any]:
    return {"id": id, "limit": limit, "q": q, "exact": exact}


@router.post("/form")
def form(form: Form[Post]) -> Post | Data:
    if not form:
        return Data({"errors": sorted(error.field for error in form.errors)}, status=422)
    return form.value


@router.post("/echo")
def echo(body: Json[list[Item]]) -> list[Item]:
    return body.value


def build(site: str) -> App:
    """Make the application of a site."""
    if site == "data":
        application: App = importlib.import_module("benchmarks.newel_rows").build()
        return application
    without = [] if site == "secure" else ["security"]
    return App({"app": {"hosts": [HOST, "127.0.0.1"], "secret": SECRET, "without": without}}, routes=[router])
