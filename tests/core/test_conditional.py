from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.conditional import failed_precondition, http_date, may_resume, parse_date, quoted_etag
from tests.core.environs import environ

MOMENT = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
EARLIER = "Sat, 05 Nov 1994 08:49:37 GMT"
LATER = "Mon, 07 Nov 1994 08:49:37 GMT"


def test_a_moment_is_written_as_an_http_date() -> None:
    assert http_date(MOMENT) == http_date(MOMENT.timestamp()) == http_date(MOMENT.replace(tzinfo=None)) == DATE
    assert http_date(MOMENT.astimezone(timezone(timedelta(hours=9)))) == DATE


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_dates_agree_with_the_standard_library_and_are_read_back(moment: datetime) -> None:
    assert http_date(moment) == format_datetime(moment, usegmt=True)
    assert parse_date(http_date(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize("text", [DATE, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
def test_the_three_forms_of_a_date_are_read(text: str) -> None:
    assert parse_date(text) == MOMENT


@pytest.mark.parametrize("text", ["", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@given(st.text(max_size=40) | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ ?[+-]?\d*", fullmatch=True))
def test_reading_a_date_never_raises(text: str) -> None:
    parse_date(text)


def test_an_entity_tag_is_quoted_once() -> None:
    assert quoted_etag("abc") == quoted_etag('"abc"') == '"abc"'
    assert quoted_etag("abc", weak=True) == quoted_etag('W/"abc"', weak=True) == quoted_etag('W/"abc"') == 'W/"abc"'


@pytest.mark.parametrize("bad", ['a"b', "a b", "a\n", "東"])
def test_an_entity_tag_that_cannot_be_quoted_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="an entity tag was set to"):
        quoted_etag(bad)


@pytest.mark.parametrize(
    "header, expected",
    [('"a"', 304), ('W/"a"', 304), ('"x", "a"', 304), ("*", 304), ('"b"', None), ("a", None), ("", None), ('"a', None)],
)
def test_if_none_match_compares_weakly(header: str, expected: int | None) -> None:
    assert failed_precondition(environ(HTTP_IF_NONE_MATCH=header), '"a"', None) == expected
    assert failed_precondition(environ(HTTP_IF_NONE_MATCH=header), 'W/"a"', None) == expected


def test_if_none_match_of_a_writing_method_is_a_412() -> None:
    assert failed_precondition(environ(body=b"", HTTP_IF_NONE_MATCH='"a"'), '"a"', None) == 412
    assert failed_precondition(environ(HTTP_IF_NONE_MATCH='"a"'), None, None) is None


@pytest.mark.parametrize("since, expected", [(DATE, 304), (LATER, 304), (EARLIER, None), ("never", None)])
def test_if_modified_since_asks_for_what_is_newer(since: str, expected: int | None) -> None:
    assert failed_precondition(environ(HTTP_IF_MODIFIED_SINCE=since), None, MOMENT) == expected
    assert failed_precondition(environ(body=b"", HTTP_IF_MODIFIED_SINCE=since), None, MOMENT) is None
    assert failed_precondition(environ(HTTP_IF_MODIFIED_SINCE=since), None, None) is None


def test_if_none_match_takes_the_place_of_if_modified_since() -> None:
    request = environ(HTTP_IF_NONE_MATCH='"old"', HTTP_IF_MODIFIED_SINCE=DATE)
    assert failed_precondition(request, '"new"', MOMENT) is None


@pytest.mark.parametrize(
    "header, etag, expected",
    [('"a"', '"a"', None), ("*", '"a"', None), ('"b"', '"a"', 412), ('W/"a"', 'W/"a"', 412), ('"a"', None, 412)],
)
def test_if_match_compares_strongly(header: str, etag: str | None, expected: int | None) -> None:
    assert failed_precondition(environ(HTTP_IF_MATCH=header), etag, None) == expected


@pytest.mark.parametrize("since, expected", [(DATE, None), (LATER, None), (EARLIER, 412), ("never", None)])
def test_if_unmodified_since_refuses_what_changed(since: str, expected: int | None) -> None:
    assert failed_precondition(environ(HTTP_IF_UNMODIFIED_SINCE=since), None, MOMENT) == expected


@pytest.mark.parametrize(
    "header, expected",
    [(None, True), ('"a"', True), ('"b"', False), ('W/"a"', False), (DATE, True), (LATER, False), ("x", False)],
)
def test_if_range_lets_a_range_count_for_the_same_representation_only(header: str | None, *, expected: bool) -> None:
    request = environ() if header is None else environ(HTTP_IF_RANGE=header)
    assert may_resume(request, '"a"', MOMENT) is expected
