"""What a handler returns becomes a response: each class in its own way, and nothing by accident."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from newel import Data, FileResponse, Html, HTTPError, Plugin, Provider, Redirect, Response, Router
from newel.contracts.renderer import Renderer
from newel.results import Responder
from newel.testing import Client
from tests.core.applications import client_of, plugin, routing, served


def sent(result: Any, *plugins: Any, **request: Any) -> Any:
    """The response that a result becomes."""
    return served(lambda: result, *plugins).get("/", **request)


# --- text and HTML ----------------------------------------------------------------------------------------------------
def test_a_str_is_plain_text_whatever_it_holds() -> None:
    response = sent("<script>é")
    assert (response.content_type, response.text) == ("text/plain; charset=utf-8", "<script>é")


@pytest.mark.parametrize("kind", [Html, Markup])
def test_html_and_markup_are_pages(kind: Callable[[str], Any]) -> None:
    response = sent(kind("<p>é"))
    assert (response.content_type, response.text) == ("text/html; charset=utf-8", "<p>é")


def test_a_subclass_goes_by_its_nearest_base() -> None:
    class Slug(str):
        __slots__ = ()

    class Color(enum.StrEnum):
        RED = "red"

    class Fancy(Html):
        __slots__ = ()

    assert sent(Slug("a")).content_type == "text/plain; charset=utf-8"
    assert sent(Color.RED).text == "red"
    assert sent(Fancy("<p>")).content_type == "text/html; charset=utf-8"


# --- data -------------------------------------------------------------------------------------------------------------
@dataclasses.dataclass
class Notice:
    """A dataclass."""

    title: str
    at: date


class Tag(msgspec.Struct):
    """A struct."""

    name: str
    price: Decimal


@pytest.mark.parametrize(
    "value, expected",
    [
        ({"a": [1, None, True]}, {"a": [1, None, True]}),
        ([1, "é"], [1, "é"]),
        ((1, 2), [1, 2]),
        ({3}, [3]),
        (3, 3),
        (True, True),
        (1.5, 1.5),
        (Notice("x", date(2026, 1, 31)), {"title": "x", "at": "2026-01-31"}),
        (Tag("x", Decimal("1.50")), {"name": "x", "price": "1.50"}),
        ({"id": UUID(int=1)}, {"id": "00000000-0000-0000-0000-000000000001"}),
        ({"html": Markup("<p>")}, {"html": "<p>"}),
    ],
)
def test_data_is_json(value: Any, expected: Any) -> None:
    response = sent(value)
    assert (response.content_type, response.json) == ("application/json", expected)


def test_an_object_that_says_what_of_it_is_public_is_that_part() -> None:
    class Person:
        password = "hunter2"

        def __public__(self) -> dict[str, str]:
            return {"name": "Ada"}

    assert sent([Person()]).json == [{"name": "Ada"}]


@pytest.mark.parametrize("value", [object(), [object()], {"a": 3 + 4j}, lambda: None])
def test_what_is_no_data_is_an_error_that_names_the_handler_and_tells_strangers_nothing(
    value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def shows_something() -> Any:
        return value

    response = served(shows_something).get("/")
    assert response.status_code == 500
    assert "shows_something() returned" in caplog.text
    assert "test_responders.py" in caplog.text
    assert "shows_something" not in response.text


def test_none_is_an_error_that_names_the_handler_and_the_answer_of_who_has_nothing_to_say(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def forgets() -> Any:
        return None

    forgets.__annotations__["return"] = Any
    assert served(forgets).get("/").status_code == 500
    assert "forgets() returned None" in caplog.text
    assert "Response(status=204)" in caplog.text


@pytest.mark.parametrize(
    "accept, status",
    [
        (None, 200),
        ("*/*", 200),
        ("application/json", 200),
        ("application/*;q=0.1", 200),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("text/csv, image/*", 406),
        ("nonsense;;;", 200),
    ],
)
def test_data_is_sent_in_what_is_accepted_or_not_at_all(accept: str | None, status: int) -> None:
    response = sent({"a": 1}, headers={} if accept is None else {"Accept": accept})
    assert response.status_code == status
    if status == 406:
        assert "application/json" in response.text


class Csv:
    """A renderer of rows."""

    content_type = "text/csv; charset=utf-8"

    def render(self, value: Any, /) -> bytes:
        """Return the rows as lines."""
        if not isinstance(value, list):
            msg = "rows are a list"
            raise TypeError(msg)
        return "\n".join(",".join(map(str, row)) for row in value).encode()


def csv() -> type[Plugin]:
    """A plugin that renders CSV."""
    record = Provider(contract=Renderer, key="text/csv", scope="app", open=Csv)
    return plugin("csv", newel_providers=lambda self: [record])


def test_a_plugins_renderer_is_chosen_by_accept_and_caches_are_told() -> None:
    rows = [[1, 2]]
    response = sent(rows, csv(), headers={"Accept": "text/csv"})
    assert (response.content_type, response.text) == ("text/csv; charset=utf-8", "1,2")
    assert response.headers["Vary"] == "Accept"
    assert sent(rows, csv()).json == rows
    assert sent(rows, csv(), headers={"Accept": "text/csv;q=0.5, application/json"}).json == rows


def test_what_the_chosen_renderer_cannot_express_is_an_error() -> None:
    assert sent({"a": 1}, csv(), headers={"Accept": "text/csv"}).status_code == 500


# --- Data -------------------------------------------------------------------------------------------------------------
def test_data_may_have_a_status_and_headers() -> None:
    response = sent(Data({"a": 1}, status=201, headers={"Location": "/a", "Content-Type": "application/hal+json"}))
    assert (response.status_code, response.location, response.content_type) == (201, "/a", "application/hal+json")


def test_data_without_content_sends_none() -> None:
    response = sent(Data({"a": 1}, status=204))
    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize("value", [b"\x89PNG", "text"])
def test_data_with_a_type_is_sent_as_it_is(value: Any) -> None:
    response = sent(Data(value, type="image/png", status=202))
    assert (response.status_code, response.content_type) == (202, "image/png")
    assert response.data == (value if isinstance(value, bytes) else value.encode())


def test_data_with_a_type_of_text_gets_a_charset() -> None:
    assert sent(Data("é", type="text/csv")).content_type == "text/csv; charset=utf-8"


def test_data_with_a_type_is_rendered_by_who_renders_it_whatever_is_accepted() -> None:
    response = sent(Data([[1, 2]], type="text/csv"), csv(), headers={"Accept": "application/json"})
    assert response.text == "1,2"


def test_kinds_of_json_are_rendered_as_json() -> None:
    response = sent(Data({"title": "x"}, type="application/problem+json", status=409))
    assert (response.status_code, response.content_type) == (409, "application/problem+json")
    assert response.json == {"title": "x"}


@pytest.mark.parametrize("value", [{"a": 1}, [1], 3, None])
def test_data_in_a_type_that_nobody_renders_is_an_error_that_says_which_there_are(
    value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert sent(Data(value, type="text/csv")).status_code == 500
    assert "as 'text/csv', and no plugin renders that type" in caplog.text
    assert "allowed: application/json" in caplog.text


def test_data_of_a_generator_is_streamed_in_its_type_and_the_generator_closed() -> None:
    log: list[str] = []

    def rows() -> Iterator[str | bytes]:
        try:
            yield "a,b\n"
            yield b"c,d\n"
        finally:
            log.append("closed")

    response = sent(Data(rows(), type="text/csv"))
    assert (response.content_type, response.text) == ("text/csv; charset=utf-8", "a,b\nc,d\n")
    assert log == ["closed"]


def test_data_of_a_generator_that_fails_at_once_has_an_error_page() -> None:
    def rows() -> Iterator[str]:
        raise HTTPError(409)
        yield ""

    assert sent(Data(rows(), type="text/csv")).status_code == 409


def test_bytes_without_a_type_are_an_error_that_says_how_to_give_one(caplog: pytest.LogCaptureFixture) -> None:
    assert sent(b"bytes").status_code == 500
    assert "returned bytes without a media type" in caplog.text
    assert 'Data(content, type="image/png")' in caplog.text


# --- redirects --------------------------------------------------------------------------------------------------------
def show(id: int, q: str = "") -> str:
    """A page to go to."""
    return f"{id} {q}"


def redirecting(result: Redirect, **request: Any) -> Any:
    """The response of a redirect in an application with a page to go to."""
    router = Router()
    router.get("/notices/<id>")(show)
    router.get("/")(lambda: result)
    return client_of(router).get("/", **request)


@pytest.mark.parametrize(
    "result, location",
    [
        (Redirect(show, id=3), "/notices/3"),
        (Redirect("show", id=3), "/notices/3"),
        (Redirect("show", id=3, q="ä b"), "/notices/3?q=%C3%A4%20b"),
        (Redirect("/notices/3"), "/notices/3"),
        (Redirect("/notices/3", q="a b", page=2), "/notices/3?q=a+b&page=2"),
        (Redirect("/notices/3?x=1", q=["a", "b"]), "/notices/3?x=1&q=a&q=b"),
        (Redirect("/notices/3#end", q="x"), "/notices/3?q=x#end"),
        (Redirect("/näh/東"), "/n%C3%A4h/%E6%9D%B1"),
        (Redirect("/a%20b"), "/a%20b"),
        (Redirect("http://localhost/x"), "http://localhost/x"),
    ],
)
def test_a_redirect_leads_to_a_route_a_path_or_our_own_address(result: Redirect, location: str) -> None:
    response = redirecting(result)
    assert (response.status_code, response.headers["Location"]) == (303, location)
    assert response.data == b""


def test_a_redirect_to_a_route_keeps_where_the_application_is_mounted() -> None:
    assert redirecting(Redirect(show, id=3), base_url="http://localhost/board").location == "/board/notices/3"


def test_a_redirect_may_have_another_status_and_headers() -> None:
    response = redirecting(Redirect(show, id=3, status=307, headers={"Cache-Control": "no-store"}))
    assert (response.status_code, response.headers["Cache-Control"]) == (307, "no-store")


def test_a_redirect_to_a_name_that_there_is_not_is_told_with_the_nearest(caplog: pytest.LogCaptureFixture) -> None:
    assert redirecting(Redirect("shwo", id=3)).status_code == 500
    assert "did you mean 'show'?" in caplog.text


# --- responses --------------------------------------------------------------------------------------------------------
def test_a_response_is_sent_as_it_is() -> None:
    response = sent(Response("made", 418, {"X-Own": "1"}))
    assert (response.status_code, response.text, response.headers["X-Own"]) == (418, "made", "1")


@pytest.mark.parametrize("body", ["<p>", b"<p>"], ids=["str", "bytes"])
def test_a_responses_type_may_stand_among_its_headers_and_gets_its_charset(body: str | bytes) -> None:
    response = sent(Response(body, headers={"content-type": "text/html"}))
    assert response.headers.getlist("Content-Type") == ["text/html; charset=utf-8"]


def test_an_error_that_is_returned_is_one_that_is_raised() -> None:
    response = sent(HTTPError(409, "Somebody was faster.", headers={"X-Own": "1"}))
    assert (response.status_code, response.headers["X-Own"]) == (409, "1")
    assert "Somebody was faster." in response.text


def test_a_werkzeug_response_is_sent_with_its_status_headers_and_cookies() -> None:
    made = WerkzeugResponse("made", 202, {"X-Own": "1"}, mimetype="text/html")
    made.set_cookie("a", "b")
    response = sent(made)
    assert (response.status_code, response.text, response.content_type) == (202, "made", "text/html; charset=utf-8")
    assert (response.headers["X-Own"], response.headers["Set-Cookie"]) == ("1", "a=b; Path=/")


def test_a_streamed_werkzeug_response_is_closed() -> None:
    closed: list[str] = []
    made = WerkzeugResponse(iter(["a", "b"]))
    made.call_on_close(lambda: closed.append("closed"))
    assert sent(made).text == "ab"
    assert closed == ["closed"]


# --- streams ----------------------------------------------------------------------------------------------------------
def test_a_generator_is_streamed_as_text() -> None:
    def pieces() -> Iterator[str | bytes]:
        yield "é"
        yield b"\xc3\xa9"

    response = served(pieces).get("/")
    assert (response.content_type, response.text) == ("text/plain; charset=utf-8", "éé")
    assert "Content-Length" not in response.headers


def test_any_iterator_is_streamed() -> None:
    assert sent(iter(["a", "b"])).text == "ab"


def test_a_generator_that_gives_nothing_is_an_empty_text() -> None:
    def pieces() -> Iterator[str]:
        yield from ()

    response = served(pieces).get("/")
    assert (response.status_code, response.text) == (200, "")


# --- files ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def files(tmp_path: Path) -> Client:
    """A client of an application with a file on disk, and one in memory."""
    (tmp_path / "a.txt").write_bytes(b"0123456789")
    return client_of(
        routing(
            disk=lambda: FileResponse(tmp_path / "a.txt"), memory=lambda: FileResponse(BytesIO(b"0123456789"), "a.txt")
        )
    )


@pytest.mark.parametrize("path", ["/disk", "/memory"])
def test_a_file_is_sent_whole_in_part_or_only_by_its_head(path: str, files: Client) -> None:
    assert files.get(path).text == "0123456789"
    part = files.get(path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.text, part.headers["Content-Range"]) == (206, "234", "bytes 2-4/10")
    head = files.head(path)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "10")
    assert files.get(path, headers={"Range": "bytes=20-"}).status_code == 416


def test_a_file_that_is_known_is_not_sent_again(files: Client) -> None:
    etag = files.get("/disk").headers["ETag"]
    assert files.get("/disk", headers={"If-None-Match": etag}).status_code == 304


def test_a_file_that_is_not_there_is_404() -> None:
    assert sent(FileResponse("/nowhere/at/all")).status_code == 404


# --- responders of plugins --------------------------------------------------------------------------------------------
def test_a_plugin_may_bring_the_responder_of_a_class_of_its_own() -> None:
    class Money:
        amount = 3

    def respond(result: Any, scope: Any) -> Response:
        return Response(f"{result.amount} francs of {scope.environ['PATH_INFO']}")

    record = Provider(contract=Responder, key=Money, scope="app", open=lambda: respond)
    money = plugin("money", newel_providers=lambda self: [record])
    assert sent(Money(), money).text == "3 francs of /"
