"""What handlers ask of a body: forms, uploads and JSON, read as types before the handler runs."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any

import msgspec
import pytest

from newel import Form, HTTPError, Json, Plugin, Request, Router, UploadedFile
from newel.testing import Client
from newel.wsgi import Sent
from tests.core.applications import (
    PRODUCTION,
    client_of,
    errors,
    plugin,
    served,
)

DEEP = "[" * 100_000 + "]" * 100_000


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


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 201])
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
