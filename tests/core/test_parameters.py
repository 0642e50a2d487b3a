"""A handler's signature names what it needs: where each value comes from, and what becomes of input that is wrong."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import NODEFAULT
from werkzeug.test import TestResponse

from newel import App, Form, HTTPError, Json, Plugin, Provider, Query, Request, Route, Router, Scope, UploadedFile, Urls
from newel.contracts.validator import Validator
from newel.records import Parameter
from newel.testing import Client
from newel.wsgi import Sent
from tests.core.applications import (
    PRODUCTION,
    boot_problems,
    client_of,
    plugin,
    routing,
    served,
    the_problem,
)

if TYPE_CHECKING:
    pass

DEEP = "[" * 100_000 + "]" * 100_000


def problem(handler: Callable[..., Any], rule: str = "/", method: str = "GET") -> str:
    """What boot says of a handler, which must be one thing."""
    router = Router()
    router.route(rule, methods=[method])(handler)
    return the_problem(routes=router)


def errors(response: TestResponse) -> dict[str, str]:
    """The fields that a response says are wrong, with the code of each."""
    answer: Any = response.json
    return {error["field"]: error["code"] for error in answer["errors"]}


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

    text = problem(handler, "/<key>")
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


# --- forms ------------------------------------------------------------------------------------------------------------
@dataclass
class NewNotice:
    """A form."""

    title: Annotated[str, msgspec.Meta(max_length=10)]
    pages: int = 1
    pinned: bool = False
    photo: UploadedFile | None = None


def shows(form: Form[NewNotice]) -> Any:
    """Show what became of a form."""
    if not form:
        return {"errors": {error.field: error.code for error in form.errors}, "typed": form.typed("title")}
    value = form.value
    photo = value.photo and [value.photo.name, value.photo.read().decode()]
    return [value.title, value.pages, value.pinned, photo]


@pytest.fixture
def form() -> Client:
    """A client of an application with one form."""
    return served(shows, method="POST")


def test_a_form_is_read_as_a_class(form: Client) -> None:
    assert form.post("/", data={"title": " one ", "pages": "2", "pinned": "on"}).json == ["one", 2, True, None]


def test_a_form_with_files_is_read_as_a_class(form: Client) -> None:
    data = {"title": "one", "photo": (BytesIO(b"pixels"), "me.png")}
    assert form.post("/", data=data).json == ["one", 1, False, ["me.png", "pixels"]]


def test_an_invalid_form_reaches_the_handler_with_every_error_and_what_was_typed(form: Client) -> None:
    answer = form.post("/", data={"title": "far too long", "pages": "many"}).json
    assert answer == {"errors": {"title": "too_long", "pages": "type"}, "typed": "far too long"}


def test_a_form_that_was_not_sent_is_an_empty_one(form: Client) -> None:
    assert form.post("/").json == {"errors": {"title": "missing"}, "typed": ""}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml", "nonsense"])
def test_another_type_than_a_forms_is_415(kind: str, form: Client) -> None:
    response = form.post("/", data=b"title=one", content_type=kind)
    assert response.status_code == 415
    assert "application/x-www-form-urlencoded" in response.headers["Accept-Post"]


def test_a_body_without_a_type_is_415(form: Client) -> None:
    assert form.post("/", data=b"title=one").status_code == 415


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 80])
def test_a_multipart_form_without_a_boundary_is_400(kind: str, form: Client) -> None:
    assert form.post("/", data=b"--x--", content_type=kind).status_code == 400


@pytest.mark.parametrize("body", [b"title=%FF", b"\xff=1"])
def test_a_form_that_is_not_utf_8_is_400(body: bytes, form: Client) -> None:
    response = form.post("/", data=body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


@pytest.mark.parametrize(
    "limit, data",
    [
        ("max_body", {"title": "x" * 200}),
        ("max_form_fields", {f"f{number}": "x" for number in range(200)}),
        ("max_field_name", {"x" * 200: "x"}),
    ],
)
def test_a_form_over_a_limit_is_413(limit: str, data: dict[str, str]) -> None:
    router = Router()
    router.post("/")(shows)
    client = client_of(router, config={"app": {**PRODUCTION["app"], limit: 100}})
    assert client.post("/", data=data).status_code == 413


def test_what_the_form_does_not_declare_is_left_out(form: Client) -> None:
    assert form.post("/", data={"title": "x", "is_admin": "1"}).json == ["x", 1, False, None]


def test_query_and_form_are_never_merged(form: Client) -> None:
    answer = form.post("/?title=query", data={"pages": "2"}).json
    assert answer == {"errors": {"title": "missing"}, "typed": ""}


# --- uploads ----------------------------------------------------------------------------------------------------------
class Files(list[UploadedFile]):
    """What handlers saw, to be looked at when the request is over."""


def upload() -> dict[str, Any]:
    """A form with a file."""
    return {"title": "one", "photo": (BytesIO(b"pixels" * 100_000), "me.png")}


def test_files_are_closed_when_the_request_ends_and_not_before() -> None:
    seen = Files()

    def handler(form: Form[NewNotice]) -> Any:
        assert form.value.photo
        seen.append(form.value.photo)
        return (piece.decode() for piece in iter(functools.partial(form.value.photo.read, 1000), b""))

    response = served(handler, method="POST").post("/", data=upload())
    assert len(response.text) == 600_000
    assert seen[0].stream.closed


def test_files_that_only_the_request_was_asked_for_are_closed_too() -> None:
    seen = Files()

    def handler(request: Request) -> str:
        seen.extend(request.files.getlist("photo"))
        return str(seen[0].stream.closed)

    assert served(handler, method="POST").post("/", data=upload()).text == "False"
    assert seen[0].stream.closed


def test_files_of_a_request_that_fails_can_be_read_by_its_error_page_and_are_closed_then() -> None:
    seen = Files()

    def newel_handle_error(self: Plugin, request: Request) -> str:
        seen.extend(request.files.getlist("photo"))
        return str(len(seen[0].read()))

    def handler(form: Form[NewNotice]) -> str:
        raise HTTPError(409)

    page = plugin("page", newel_handle_error=newel_handle_error)
    assert served(handler, page, method="POST").post("/", data=upload()).text == "600000"
    assert seen[0].stream.closed


def test_files_can_be_read_again_by_a_plan_that_is_tried_again() -> None:
    seen = Files()
    sizes: list[int] = []

    class Busy(Exception):
        retryable = True

    def handler(form: Form[NewNotice]) -> str:
        assert form.value.photo
        seen.append(form.value.photo)
        sizes.append(len(form.value.photo.read()))
        if len(sizes) < 3:
            raise Busy
        return "done"

    assert served(handler, method="POST", retries=2).post("/", data=upload()).text == "done"
    assert sizes == [600_000] * 3
    assert seen[0].stream.closed


def test_a_request_without_files_is_not_wrapped_for_their_sake() -> None:
    app = served(shows, method="POST").app
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/", "HTTP_HOST": "localhost", "SERVER_NAME": "localhost",
        "wsgi.url_scheme": "http", "SERVER_PORT": "80", "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": "7", "wsgi.input": BytesIO(b"title=x"),
    }  # fmt: skip
    assert type(app(environ, lambda status, headers: None)) is not Sent


# --- JSON -------------------------------------------------------------------------------------------------------------
class Author(msgspec.Struct):
    """A part of a document."""

    name: str


class Document(msgspec.Struct):
    """A JSON document."""

    title: str
    authors: list[Author] = []
    pages: Annotated[int, msgspec.Meta(ge=1)] = 1


def echoes(document: Json[Document]) -> Any:
    """Send back what came."""
    return document.value


@pytest.fixture
def documents() -> Client:
    """A client of an application that takes a document."""
    return served(echoes, method="POST")


def test_json_is_read_as_a_class(documents: Client) -> None:
    sent = {"title": "x", "authors": [{"name": "é"}], "pages": 2}
    assert documents.post("/", json=sent).json == sent


def test_every_mistake_of_a_document_is_422_with_its_place(documents: Client) -> None:
    response = documents.post("/", json={"authors": [{"name": 3}, {}], "pages": 0})
    assert (response.status_code, response.content_type) == (422, "application/problem+json")
    assert errors(response) == {
        "title": "missing", "authors.0.name": "type", "authors.1.name": "missing", "pages": "too_small",
    }  # fmt: skip


def test_an_undeclared_key_is_refused(documents: Client) -> None:
    response = documents.post("/", json={"title": "x", "is_admin": True})
    assert response.status_code == 422
    assert errors(response) == {"is_admin": "unknown"}


def test_the_last_of_duplicate_keys_counts(documents: Client) -> None:
    body = b'{"title": "first", "title": "last"}'
    assert '"title":"last"' in documents.post("/", data=body, content_type="application/json").text


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"title": "x"} x', b'{"title": "\xff"}', b"NaN", DEEP.encode(), DEEP[:100_000].encode()]
)
def test_what_is_no_json_is_400(body: bytes, documents: Client) -> None:
    assert documents.post("/", data=body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("kind", [Any, dict[str, Any], list[Any], list[list[Any]]], ids=str)
def test_json_that_is_nested_too_deeply_is_400_whatever_it_is_read_as(kind: Any) -> None:
    def handler(document: Any) -> str:
        return "read"

    handler.__annotations__["document"] = Json[kind]
    body = DEEP if kind is not dict[str, Any] else '{"a":' * 100_000 + "1" + "}" * 100_000
    response = served(handler, method="POST").post("/", data=body.encode(), content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_another_type_than_jsons_is_415(kind: str | None, documents: Client) -> None:
    response = documents.post("/", data=b'{"title": "x"}', content_type=kind)
    assert response.status_code == 415
    assert response.headers["Accept-Post"] == "application/json"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.board+json", "APPLICATION/JSON"])
def test_parameters_and_kinds_of_json_are_json(kind: str, documents: Client) -> None:
    assert documents.post("/", data=json.dumps({"title": "x"}).encode(), content_type=kind).status_code == 200


@pytest.mark.parametrize("length", ["-1", "abc", "1, 1", "1e3", "٣"])
def test_a_length_that_is_no_number_is_400(length: str, documents: Client) -> None:
    response = documents.post(
        "/", data=b"{}", content_type="application/json", environ_overrides={"CONTENT_LENGTH": length}
    )
    assert response.status_code == 400


def test_a_body_that_breaks_off_is_400(documents: Client) -> None:
    response = documents.post(
        "/", data=b"{}", content_type="application/json", environ_overrides={"CONTENT_LENGTH": "1000"}
    )
    assert response.status_code == 400


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
    text = problem(handler, method="POST")
    assert "handler(), parameter 'thing'" in text
    assert f"{kind.__name__}.{named}" in text


@pytest.mark.parametrize("way", [Form, Json, Query])
def test_what_no_validator_reads_is_a_boot_error(way: Any) -> None:
    def handler(thing: Any) -> str:
        return ""

    class Plain: ...

    handler.__annotations__["thing"] = way[Plain]
    assert "no validator reads" in problem(handler, method="POST")


def test_a_parameter_without_annotation_that_is_no_variable_of_the_path_is_a_boot_error() -> None:
    def handler(q):  # type: ignore[no-untyped-def] # noqa: ANN001
        return q

    assert "parameter 'q' has no annotation and is no variable of the path" in problem(handler)


@pytest.mark.parametrize(
    "annotation", [int | str, dict, dict[str, int], list, object, Callable[[], int], Sequence[int]], ids=str
)
def test_an_annotation_that_names_no_source_is_a_boot_error(annotation: Any) -> None:
    def handler(thing: Any) -> str:
        return ""

    handler.__annotations__["thing"] = annotation
    assert "handler(), parameter 'thing'" in problem(handler).replace("handler(): parameter", "handler(), parameter")


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
