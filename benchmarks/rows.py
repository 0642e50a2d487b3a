"""The rows of the table: which call, who takes part, and the ratio that Newel wants to reach."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from benchmarks.calls import Call
from benchmarks.work import items_as_json

ROUTES: Final = 500
MANY_ROUTES: Final = 5000

Compared = Literal["text", "json", "html", "status"]


class Target(msgspec.Struct, frozen=True):
    """Newel's time divided by a peer's is to be at most this."""

    peer: str
    ratio: float


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of work, done by Newel's application `site` and by each peer's.

    `status` and `compared` say what the answer must be and how answers are held against each other.
    """

    name: str
    call: Call
    site: str = "full"
    peers: tuple[str, ...]
    targets: tuple[Target, ...] = ()
    status: int = 200
    compared: Compared = "json"


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """What one Newel application costs more than another: at most `limit` times as much, or microseconds more."""

    name: str
    row: str
    base: str
    limit: float
    unit: Literal["times", "us"]


def route_path(number: int) -> str:
    """Return a URL that only the route of that number serves."""
    return f"/area{number}/items/abc"


def _form(rating: str) -> Call:
    body = f"title=Bicycle+for+sale&body=Blue%2C+gr%C3%BCn%2C+two+wheels%0D%0AAsk+Ada&rating={rating}"
    return Call("/form", method="POST", content_type="application/x-www-form-urlencoded", body=body.encode())


def _of_many(place: str, number: int) -> Row:
    return Row(
        name=f"{place} of {ROUTES} routes",
        call=Call(route_path(number)),
        site=f"hello-{ROUTES}",
        peers=("falcon", "bottle", "flask", "django"),
        targets=(Target("falcon", 0.65),),
        compared="text",
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
    Row(
        name=f"first of {MANY_ROUTES} routes",
        call=Call(route_path(0)),
        site=f"hello-{MANY_ROUTES}",
        peers=(),
        compared="text",
    ),
    Row(
        name=f"last of {MANY_ROUTES} routes",
        call=Call(route_path(MANY_ROUTES - 1)),
        site=f"hello-{MANY_ROUTES}",
        peers=(),
        compared="text",
    ),
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
    Row(name="plaintext, security on", call=Call("/"), site="secure", peers=("django-middleware",), compared="text"),
    Row(name="form, security on", call=_form("4"), site="secure", peers=()),
)

EXTRAS: Final[tuple[Extra, ...]] = (
    Extra(
        name=f"last of {ROUTES} beside the first",
        row=f"last of {ROUTES} routes",
        base=f"first of {ROUTES} routes",
        limit=1.1,
        unit="times",
    ),
    Extra(
        name=f"last of {MANY_ROUTES} beside the first of {ROUTES}",
        row=f"last of {MANY_ROUTES} routes",
        base=f"first of {ROUTES} routes",
        limit=1.1,
        unit="times",
    ),
    Extra(name="security adds to plaintext", row="plaintext, security on", base="plaintext", limit=1.5, unit="us"),
    Extra(name="security adds to a form", row="form, security on", base="form, good", limit=3.0, unit="us"),
)
