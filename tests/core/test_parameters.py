"""A handler's signature names what it needs: where each value comes from, and what becomes of input that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import NODEFAULT

from newel import App, Form, Json, Plugin, Provider, Query, Request, Route, Router, Scope, Urls
from newel.contracts.validator import Validator
from newel.records import Parameter
from newel.testing import Client
from tests.core.applications import (
    PRODUCTION,
    boot_problems,
    client_of,
    errors,
    plugin,
    problem_of,
    routing,
    served,
)


# --- path -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "annotation, path, shown",
    [
        (str, "/x", "'x'"),
        (int, "/12", "12"),
        (float, "/1.5", "1.5"),
        (UUID, "/6ba7b810-9dad-11d1-80b4-00c04fd430c8", "UUID('6ba7b810-9dad-11d1-80b4-00c04fd430c8')"),
        (Literal["a", "b"], "/b", "'b'"),
        (Any, "/x", "'x'"),
    ],
)
def test_a_path_parameter_is_read_as_its_annotation_says(annotation: Any, path: str, shown: str) -> None:
    def handler(key: Any) -> str:
        return repr(key)

    handler.__annotations__["key"] = annotation
    assert served(handler, rule="/<key>").get(path).text == shown


def test_a_path_that_does_not_read_as_its_annotation_is_another_path() -> None:
    def handler(key: int) -> str:
        return repr(key)

    assert served(handler, rule="/<key>").get("/x").status_code == 404


def test_a_path_parameter_may_have_no_annotation() -> None:
    def handler(key):  # type: ignore[no-untyped-def] # noqa: ANN001
        return key

    assert served(handler, rule="/<key>").get("/x").text == "x"


def test_a_variable_of_the_path_that_the_handler_does_not_take_is_a_boot_error() -> None:
    def handler(kye: str) -> str:
        return kye

    text = problem_of(handler, "/<key>")
    assert "the path has <key>, and the handler has no parameter of that name" in text
    assert "did you mean 'kye'?" in text


def test_path_query_and_contracts_may_stand_in_any_order() -> None:
    def handler(request: Request, key: int, scope: Scope, q: str = "", *, page: int = 1) -> list[Any]:
        return [request.path, key, scope.request is request, q, page]

    assert served(handler, rule="/<key>").get("/3?page=2&q=x").json == ["/3", 3, True, "x", 2]


# --- query ------------------------------------------------------------------------------------------------------------
class Color(Enum):
    """A choice."""

    RED = "red"


@pytest.mark.parametrize(
    "annotation, query, shown",
    [
        (str, "x=a+b%C3%A9", "'a bé'"),
        (int, "x=-3", "-3"),
        (float, "x=1e3", "1000.0"),
        (bool, "x=true", "True"),
        (Decimal, "x=1.50", "Decimal('1.50')"),
        (date, "x=2026-01-31", "datetime.date(2026, 1, 31)"),
        (Color, "x=red", "<Color.RED: 'red'>"),
        (Literal[1, 2], "x=2", "2"),
        (list[int], "x=1&x=2", "[1, 2]"),
        (int | None, "x=1", "1"),
        (int | None, "", "None"),
        (Annotated[int, msgspec.Meta(ge=1)], "x=1", "1"),
        (int, "x=1&x=2", "2"),
    ],
)
def test_a_scalar_is_a_query_parameter(annotation: Any, query: str, shown: str) -> None:
    def handler(x: Any) -> str:
        return repr(x)

    handler.__annotations__["x"] = annotation
    assert served(handler).get(f"/?{query}").text == shown


def test_a_query_parameter_with_a_default_keeps_it() -> None:
    def handler(q: str = "all", page: int = 1, tags: list[str] = []) -> list[Any]:  # noqa: B006
        return [q, page, tags]

    assert served(handler).get("/").json == ["all", 1, []]


def test_dates_and_times_of_a_query_are_in_the_applications_time_zone() -> None:
    def handler(at: datetime) -> str:
        return at.astimezone(UTC).isoformat()

    router = Router()
    router.get("/")(handler)
    client = client_of(router, config={"app": {**PRODUCTION["app"], "timezone": "Asia/Tokyo"}})
    assert client.get("/?at=2026-01-31T09:30").text == "2026-01-31T00:30:00+00:00"


def test_a_missing_query_parameter_is_400_and_names_it() -> None:
    def handler(q: str) -> str:
        return q

    response = served(handler).get("/")
    assert response.status_code == 400
    assert errors(response) == {"q": "missing"}


def test_every_wrong_query_parameter_is_told_at_once() -> None:
    def handler(q: str, page: int, tags: list[int], size: Annotated[int, msgspec.Meta(le=9)] = 5) -> str:
        raise AssertionError

    response = served(handler).get("/?page=x&tags=1&tags=y&size=10")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert errors(response) == {
        "q": "missing", "page": "type", "tags.1": "type", "size": "too_large",
    }  # fmt: skip


def test_names_that_nobody_asked_for_are_passed_over() -> None:
    def handler(q: str = "") -> str:
        return q

    assert served(handler).get("/?q=1&utm_source=x").text == "1"


@pytest.mark.parametrize("query", ["q=%FF", "%FF=q", "q=\xff"])
def test_a_query_that_is_not_utf_8_is_400(query: str) -> None:
    def handler(q: str = "") -> str:
        return q

    assert served(handler).get("/", environ_overrides={"QUERY_STRING": query}).status_code == 400


@dataclass
class Search:
    """A query string."""

    q: str
    exact: bool = True
    tags: list[str] = field(default_factory=list)


def test_a_query_string_is_read_as_a_class_with_the_defaults_of_what_was_not_sent() -> None:
    def handler(query: Query[Search]) -> list[Any]:
        return [query.value.q, query.value.exact, query.value.tags]

    assert served(handler).get("/?q=x&tags=a&tags=b").json == ["x", True, ["a", "b"]]


def test_a_query_string_that_is_invalid_never_reaches_the_handler() -> None:
    def handler(query: Query[Search]) -> str:
        raise AssertionError

    response = served(handler).get("/?exact=perhaps")
    assert response.status_code == 422
    assert set(errors(response)) == {"q", "exact"}


# --- what boot refuses ------------------------------------------------------------------------------------------------
@dataclass
class Priced:
    """A class with a field of which no bound can be read."""

    price: Annotated[Decimal, msgspec.Meta(ge=0)]


class Fractional(msgspec.Struct):
    """A class with a field that no input is."""

    ratio: dict[str, complex]


@pytest.mark.parametrize("way", [Form, Json, Query])
@pytest.mark.parametrize("kind, named", [(Priced, "price"), (Fractional, "ratio")])
def test_a_class_that_cannot_be_read_is_a_boot_error_that_names_the_field(way: Any, kind: Any, named: str) -> None:
    def handler(thing: Any) -> str:
        return ""

    handler.__annotations__["thing"] = way[kind]
    text = problem_of(handler, method="POST")
    assert "handler(), parameter 'thing'" in text
    assert f"{kind.__name__}.{named}" in text


@pytest.mark.parametrize("way", [Form, Json, Query])
def test_what_no_validator_reads_is_a_boot_error(way: Any) -> None:
    def handler(thing: Any) -> str:
        return ""

    class Plain: ...

    handler.__annotations__["thing"] = way[Plain]
    assert "no validator reads" in problem_of(handler, method="POST")


def test_a_parameter_without_annotation_that_is_no_variable_of_the_path_is_a_boot_error() -> None:
    def handler(q):  # type: ignore[no-untyped-def] # noqa: ANN001
        return q

    assert "parameter 'q' has no annotation and is no variable of the path" in problem_of(handler)


@pytest.mark.parametrize(
    "annotation", [int | str, dict, dict[str, int], list, object, Callable[[], int], Sequence[int]], ids=str
)
def test_an_annotation_that_names_no_source_is_a_boot_error(annotation: Any) -> None:
    def handler(thing: Any) -> str:
        return ""

    handler.__annotations__["thing"] = annotation
    assert "handler(), parameter 'thing'" in problem_of(handler).replace("handler(): parameter", "handler(), parameter")


def test_all_problems_of_a_handler_are_told_at_once() -> None:
    def handler(one, two: dict[str, int], three: Json[complex]) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001
        return ""

    router = Router()
    router.post("/<key>")(handler)
    assert len(boot_problems(routes=router)) == 4


# --- contracts and the request itself ---------------------------------------------------------------------------------
def test_a_handler_may_ask_for_the_request_its_route_its_scope_and_urls() -> None:
    def handler(request: Request, route: Route, scope: Scope, urls: Urls) -> list[Any]:
        return [request.method, route.rule, scope.route is route, urls.url_for("handler")]

    assert served(handler).get("/").json == ["GET", "/", True, "/"]


class Ladder:
    """A contract."""


def test_a_contract_that_nobody_provides_is_none_where_that_is_allowed() -> None:
    def handler(ladder: Ladder | None, other: Ladder | None = None) -> str:
        return repr((ladder, other))

    assert served(handler).get("/").text == "(None, None)"


def test_a_test_may_override_a_contract_that_nobody_provides() -> None:
    def handler(ladder: Ladder | None) -> str:
        return type(ladder).__name__

    app = App(PRODUCTION, routes=[routing(index=handler)])
    app.override(Ladder, Ladder())
    assert Client(app).get("/").text == "Ladder"


def test_a_route_that_nobody_asks_a_request_of_never_makes_one() -> None:
    seen: list[object] = []

    def newel_after_request(self: Plugin, scope: Scope) -> None:
        seen.append(scope._request)

    def handler(q: str = "") -> str:
        return q

    served(handler, plugin("looks", newel_after_request=newel_after_request)).get("/?q=1")
    assert seen == [None]


def test_a_validator_of_a_plugins_own_is_asked_after_those_before_it() -> None:
    class Weird:
        text: str

    class Reader:
        def form(self, fields: Any) -> Any:
            return repr(fields)

        query = form

        def data(self, body: bytes) -> Any:
            return body.decode()

    class Own:
        def accepts(self, kind: Any, /) -> bool:
            return kind is Weird

        def compile(self, kind: Any, timezone: Any, /) -> Any:
            return Reader()

    def handler(form: Any) -> str:
        return str(form.value)

    handler.__annotations__["form"] = Json[Weird]
    own = plugin("own", newel_providers=lambda self: [Provider(contract=Validator, key="own", scope="app", open=Own)])
    client = served(handler, own, method="POST")
    assert client.post("/", data=b"anything", content_type="application/json").text == "anything"


@dataclass
class NewNotice:
    """A form."""

    title: str


def test_route_records_tell_where_each_parameter_comes_from() -> None:
    def handler(key: int, form: Form[NewNotice], scope: Scope, q: str = "all", tags: list[str] | None = None) -> str:
        return ""

    router = Router()
    router.post("/<key>")(handler)
    (route,) = App(PRODUCTION, routes=[router]).generation.routes
    assert route.parameters == (
        Parameter(name="key", source="path", type=int, default=NODEFAULT),
        Parameter(name="form", source="form", type=Form[NewNotice], default=NODEFAULT),
        Parameter(name="scope", source="contract", type=Scope, default=NODEFAULT),
        Parameter(name="q", source="query", type=str, default="all"),
        Parameter(name="tags", source="query", type=list[str] | None, optional=True, default=None),
    )
    assert route.contracts == {Scope}
