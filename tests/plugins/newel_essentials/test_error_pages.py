"""The last answer to an error: the status, what the one who asked may know, and nothing else (RFC 9457; E71)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel import HTTPError, Response
from newel.contracts.validator import InvalidInput, field_error
from newel.errors import Problem, ProblemError
from newel_essentials.error_pages import error_response

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def answer(error: BaseException, accept: str | None = None) -> Response:
    """The response to an error."""
    return error_response(error, {} if accept is None else {"HTTP_ACCEPT": accept})


def problem(error: BaseException) -> dict[str, Any]:
    """The problem that a program gets."""
    response = answer(error)
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = msgspec.json.decode(response.text)
    return found


@pytest.mark.parametrize("status", [int(status) for status in HTTPStatus if status >= 400])
def test_every_status_is_a_problem_with_its_name(status: int) -> None:
    found = problem(HTTPError(status))
    assert (found["type"], found["status"]) == ("about:blank", status)
    assert found["title"]
    assert answer(HTTPError(status)).status == status


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/problem+json", "text/plain", "", "x"])
def test_a_program_gets_a_problem(accept: str | None) -> None:
    assert answer(HTTPError(404), accept).content_type == "application/problem+json"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "application/json;q=0.5, text/html"])
def test_a_browser_gets_a_page(accept: str) -> None:
    response = answer(HTTPError(404), accept)
    assert response.content_type == "text/html; charset=utf-8"
    assert "<h1>404 Not Found</h1>" in response.text


def test_the_detail_and_extensions_of_an_error_are_shown() -> None:
    error = HTTPError(409, "Somebody was faster.", headers={"X-Own": "1"}, version=3)
    assert problem(error) == {
        "type": "about:blank", "title": "Conflict", "status": 409, "detail": "Somebody was faster.", "version": 3,
    }  # fmt: skip
    assert answer(error).headers.get("X-Own") == "1"


def test_a_detail_is_escaped_in_a_page() -> None:
    text = answer(HTTPError(400, "<script>alert(1)</script>"), BROWSER).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_every_mistake_of_the_input_is_shown_with_its_place() -> None:
    error = InvalidInput([field_error(("tags", 2), "too_long", limit=5, unit="characters"), field_error((), "invalid")])
    assert problem(error)["errors"] == [
        {"field": "tags.2", "code": "too_long", "text": "At most 5 characters.",
         "parameters": {"limit": 5, "unit": "characters"}},
        {"field": "", "code": "invalid", "text": "This is not valid.", "parameters": {}},
    ]  # fmt: skip
    page = answer(error, BROWSER).text
    assert "<p>tags.2: At most 5 characters.</p>" in page
    assert "<p>This is not valid.</p>" in page


class Secretive(Exception):
    """An error whose text is nobody's business."""


@pytest.mark.parametrize("accept", [None, BROWSER])
@pytest.mark.parametrize(
    "error",
    [
        Secretive("hunter2"),
        ValueError("hunter2"),
        ProblemError(Problem(what="hunter2", remedy="hunter2")),
        KeyError("hunter2"),
        OSError(2, "hunter2", "/srv/hunter2"),
    ],
)
def test_any_other_error_is_a_500_that_says_nothing(error: Exception, accept: str | None) -> None:
    error.add_note("hunter2")
    response = answer(error, accept)
    assert response.status == 500
    assert "hunter2" not in response.text
    assert "Internal Server Error" in response.text


def test_an_error_with_a_status_of_its_own_says_the_status_and_nothing_else() -> None:
    class Gone(Exception):
        http_status = 410

    assert problem(Gone("hunter2")) == {"type": "about:blank", "title": "Gone", "status": 410}


def test_a_503_says_when_to_come_again_unless_the_error_does() -> None:
    class Busy(Exception):
        http_status = 503

    assert answer(Busy()).headers.get("Retry-After") == "1"
    assert answer(HTTPError(503, headers={"Retry-After": "9"})).headers.get("Retry-After") == "9"
    assert answer(HTTPError(503)).headers.get("Retry-After") is None


@pytest.mark.parametrize("status", [200, 302, 0, -1, 999, "404", None, 404.0])
def test_what_is_no_status_of_an_error_is_500(status: Any) -> None:
    error = ValueError()
    error.http_status = status  # type: ignore[attr-defined]
    assert answer(error).status == 500


def test_a_status_that_nobody_registered_is_sent_as_it_is() -> None:
    response = answer(HTTPError(499))
    assert (response.status, msgspec.json.decode(response.text)["title"]) == (499, "Error")


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text()), st.sampled_from([None, BROWSER, "x", ";q=,"]))
def test_no_text_of_an_error_breaks_its_page(detail: str, extensions: Mapping[str, Any], accept: str | None) -> None:
    taken = {"status", "detail", "headers", "self"}
    error = HTTPError(400, detail, **{name: value for name, value in extensions.items() if name not in taken})
    response = answer(error, accept)
    assert response.status == 400
    if accept == BROWSER:
        assert response.text.count("<") == answer(HTTPError(400, "x"), BROWSER).text.count("<") - (0 if detail else 2)
    else:
        assert msgspec.json.decode(response.text).get("detail", "") == detail
