"""The rows of the table: which call, who takes part, and the ratio that Newel wants to reach."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from benchmarks.calls import Call
from benchmarks.work import ROWS_OF_PAGES, items_as_json

ROUTES: Final = 500
MANY_ROUTES: Final = 5000
ENGINE: Final = "engine"
"""The contestant that is a template engine without Newel."""

WITHOUT: Final = "newel, without"

Compared = Literal["text", "json", "html", "status"]


class Base(msgspec.Struct, frozen=True):
    """Newel doing something lighter, as one more contestant of a row: what the row costs is the difference."""

    name: str
    site: str
    call: Call


class Target(msgspec.Struct, frozen=True):
    """Newel's time is at most this many times a peer's, or this many microseconds more."""

    peer: str
    limit: float
    unit: Literal["times", "us"] = "times"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of work, done by Newel's application `site` and by each peer's.

    `status` and `compared` say what the answer must be and how answers are held against each other.
    """

    name: str
    call: Call
    site: str = "full"
    peers: tuple[str, ...] = ()
    base: Base | None = None
    targets: tuple[Target, ...] = ()
    status: int = 200
    compared: Compared = "json"


def route_path(number: int) -> str:
    """Return a URL that only the route of that number serves."""
    return f"/area{number}/items/abc"


def _form(rating: str) -> Call:
    body = f"title=Bicycle+for+sale&body=Blue%2C+gr%C3%BCn%2C+two+wheels.+Ask+Ada&rating={rating}"
    return Call("/form", method="POST", content_type="application/x-www-form-urlencoded", body=body.encode())


def _of_many(place: str, number: int, routes: int = ROUTES) -> Row:
    """Return the row of one route of many; any but the first is compared with the first of the lesser many, too."""
    name = f"newel, first of {ROUTES}"
    first = Base(name, f"hello-{ROUTES}", Call(route_path(0))) if number else None
    peers = ("falcon", "bottle", "flask", "django") if routes == ROUTES else ()
    return Row(
        name=f"{place} of {routes} routes",
        call=Call(route_path(number)),
        site=f"hello-{routes}",
        peers=peers,
        base=first,
        targets=(*([Target("falcon", 0.65)] if peers else []), *([Target(name, 1.1)] if first else [])),
        compared="text",
    )


def _page(engine: str, count: int) -> Row:
    """Return the row of an engine that renders a page of so many rows, beside the same engine without Newel."""
    return Row(
        name=f"template of {count} rows, {engine}",
        call=Call(f"/{count}"),
        site=f"page-{engine}",
        peers=(ENGINE,),
        targets=(Target(ENGINE, 1.1),),
        compared="html",
    )


_FORM_PEERS: Final = ("falcon", "bottle", "flask", "django")

ROWS: Final[tuple[Row, ...]] = (
    Row(
        name="plaintext",
        call=Call("/"),
        site="hello-0",
        peers=("bare", "falcon", "bottle", "flask", "django"),
        targets=(Target("falcon", 0.5),),
        compared="text",
    ),
    Row(
        name="json",
        call=Call("/json"),
        peers=("bare", "falcon", "falcon-orjson", "bottle", "flask", "django"),
        targets=(Target("falcon", 0.4), Target("falcon-orjson", 0.6)),
    ),
    Row(
        name="typed path and query",
        call=Call("/typed/1234", "limit=20&q=gr%C3%BCn&exact=true"),
        peers=("falcon", "falcon-orjson", "bottle", "flask", "django"),
        targets=(Target("falcon", 0.65),),
    ),
    _of_many("first", 0),
    _of_many("middle", ROUTES // 2),
    _of_many("last", ROUTES - 1),
    _of_many("last", MANY_ROUTES - 1, MANY_ROUTES),
    Row(
        name="404",
        call=Call("/nowhere/to/be/found"),
        peers=("falcon", "bottle", "flask", "django"),
        targets=(Target("falcon", 0.3),),
        status=404,
        compared="status",
    ),
    Row(name="form, good", call=_form("4"), peers=_FORM_PEERS, targets=(Target("falcon", 0.85),)),
    Row(name="form, bad", call=_form("9"), peers=_FORM_PEERS, targets=(Target("falcon", 0.85),), status=422),
    Row(
        name="10 KB of JSON echoed",
        call=Call("/echo", method="POST", content_type="application/json", body=items_as_json()),
        peers=("falcon", "falcon-orjson", "bottle", "flask", "django"),
        targets=(Target("falcon-orjson", 1.0),),
    ),
    Row(
        name="12 rows of SQLite, template",
        call=Call("/notices"),
        site="data",
        peers=("falcon", "flask", "django"),
        targets=(Target("falcon", 0.6),),
        compared="html",
    ),
    *(_page(engine, count) for count in ROWS_OF_PAGES for engine in ("jinja2", "mako")),
    Row(
        name="plaintext, security on",
        call=Call("/"),
        site="secure",
        peers=("django-middleware",),
        base=Base(WITHOUT, "full", Call("/")),
        targets=(Target(WITHOUT, 1.5, "us"),),
        compared="text",
    ),
    Row(
        name="form, security on",
        call=_form("4"),
        site="secure",
        base=Base(WITHOUT, "full", _form("4")),
        targets=(Target(WITHOUT, 3.0, "us"),),
    ),
)
