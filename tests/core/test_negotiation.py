from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.negotiation import Accept, best, prefers_html

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
OFFERS = ("application/json", "text/html")


@pytest.mark.parametrize(
    "header, expected",
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("*", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        (BROWSER, "text/html"),
        ("text/*", "text/html"),
        ("text/html;q=0.5, application/json;q=0.4", "text/html"),
        ("text/html;q=.5, application/json;q=0.6", "application/json"),
        ("text/html, application/json", "application/json"),
        ("image/png", None),
        ("*/*, application/json;q=0", "text/html"),
        ("*/*;q=0", None),
        ("text/*;q=0.9, text/html;q=0.1, */*;q=0.5", "application/json"),
    ],
)
def test_the_offer_that_is_liked_best_is_chosen(header: str, expected: str | None) -> None:
    assert best(header, OFFERS) == expected


def test_nothing_on_offer_is_nothing_chosen() -> None:
    assert best("", ()) is best("*/*", ()) is best("text/html", ()) is None


@pytest.mark.parametrize("header", ["nonsense", ",,,", ";q=1", "text/", "*/html", "text/html;q=x", "text/html;q=."])
def test_a_header_of_which_nothing_can_be_read_counts_as_not_sent(header: str) -> None:
    assert best(header, OFFERS) == "application/json"


def test_what_cannot_be_read_is_left_out() -> None:
    assert best("nonsense, text/html;q=9, image", OFFERS) == "text/html"


def test_the_most_exact_range_decides() -> None:  # the example of RFC 9110, 12.5.1
    accept = Accept(
        "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5"
    )
    qualities = {
        "text/plain;format=flowed": 1.0,
        "text/plain": 0.7,
        "text/html": 0.3,
        "image/jpeg": 0.5,
        "text/plain;format=fixed": 0.4,
        "text/html;level=3": 0.3,
    }
    assert {offer: accept.quality(offer) for offer in qualities} == qualities


def test_parameters_of_an_offer_do_not_hide_it() -> None:
    assert best("text/html;q=0.5", ["text/html; charset=utf-8"]) == "text/html; charset=utf-8"
    assert best("text/html;level=1", ["text/html"]) is None
    assert best('text/html; charset="UTF-8"', ["text/html; charset=utf-8"]) == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "header, expected",
    [
        (BROWSER, True),
        ("text/html", True),
        ("application/xhtml+xml, text/html;q=0.9", True),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0", False),
        ("nonsense html", False),
    ],
)
def test_a_browser_is_told_from_a_program(header: str, *, expected: bool) -> None:
    assert prefers_html(header) is expected


@given(
    st.text(max_size=100)
    | st.lists(st.sampled_from(["text/html", ";q=", "0.5", ",", "*/*", "; a=b", '"'])).map("".join)
)
def test_reading_never_raises_and_chooses_only_what_is_on_offer(header: str) -> None:
    assert best(header, OFFERS) in {*OFFERS, None}
    prefers_html(header)
    for media_range in Accept(header).ranges:
        assert 0 <= media_range.weight <= 1


@pytest.mark.parametrize("piece", [",", ";", "a/b,", "text/html;", '"', "q=0.5;", "*/*;q=0.5,"])
def test_a_hostile_header_takes_linear_time(piece: str) -> None:
    header = "text/html;" + piece * (64_000 // len(piece))
    started = time.process_time()
    best(header, OFFERS)
    assert time.process_time() - started < 2
