from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_cookie as werkzeug_parse_cookie

from newel.cookies import MAX_COOKIE, CookieError, dump_cookie, parse_cookies

PRINTABLE = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40)


def test_a_cookie_is_strict_unless_told_otherwise() -> None:
    assert dump_cookie("session", "abc") == "session=abc; Secure; HttpOnly; Path=/; SameSite=Lax"


def test_every_attribute_can_be_said() -> None:
    cookie = dump_cookie(
        "a", "b", max_age=timedelta(hours=1), expires=datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC), path="/x",
        domain=".example.org", secure=True, httponly=False, samesite="None", partitioned=True,
    )  # fmt: skip
    assert cookie == (
        "a=b; Domain=example.org; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=3600; Secure; Path=/x;"
        " SameSite=None; Partitioned"
    )


def test_what_is_none_is_not_said() -> None:
    assert dump_cookie("a", "b", path=None, secure=False, httponly=False, samesite=None) == "a=b"


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\0b", "\x7f"])
def test_control_characters_in_a_value_are_refused(bad: str) -> None:
    with pytest.raises(CookieError, match="control character"):
        dump_cookie("a", bad)


@pytest.mark.parametrize("bad", ["", "a b", "a=b", "a;b", "a\r", "ä", "a,b"])
def test_a_name_is_a_token(bad: str) -> None:
    with pytest.raises(CookieError) as raised:
        dump_cookie(bad, "1")
    assert raised.value.name == bad


@pytest.mark.parametrize(
    "attributes",
    [
        {"path": "x"}, {"path": "/;a"}, {"path": "/\n"}, {"path": ""}, {"path": "/ä"},
        {"domain": "a b"}, {"domain": "a;b"}, {"domain": ""}, {"domain": "a..b"}, {"domain": "ä.org"},
        {"domain": "a\n"},
        {"samesite": "lax"}, {"samesite": "Lax; Secure"},
    ],
)  # fmt: skip
def test_attributes_cannot_carry_others(attributes: dict[str, Any]) -> None:
    with pytest.raises(CookieError):
        dump_cookie("a", "b", **attributes)


@pytest.mark.parametrize(
    "name, attributes",
    [
        ("__Host-a", {"secure": False}),
        ("__Host-a", {"domain": "example.org"}),
        ("__HOST-a", {"path": "/x"}),
        ("__host-a", {"path": None}),
        ("__Secure-a", {"secure": False}),
        ("__Http-a", {"httponly": False}),
        ("__Host-Http-a", {"httponly": False}),
        ("a", {"samesite": "None", "secure": False}),
        ("a", {"partitioned": True, "secure": False}),
    ],
)
def test_what_a_browser_would_drop_is_refused(name: str, attributes: dict[str, Any]) -> None:
    with pytest.raises(CookieError, match=r"cookie '.*' cannot be set"):
        dump_cookie(name, "b", **attributes)


def test_a_promise_that_is_kept_is_accepted() -> None:
    assert dump_cookie("__Host-a", "b").startswith("__Host-a=b; Secure;")
    assert dump_cookie("__Secure-a", "b", domain="example.org", path="/x").startswith("__Secure-a=b;")


def test_a_cookie_that_is_too_large_is_refused_and_never_cut() -> None:
    assert dump_cookie("a", "x" * (MAX_COOKIE - 1)).startswith("a=xxx")
    with pytest.raises(CookieError, match="4097 bytes"):
        dump_cookie("a", "x" * MAX_COOKIE)
    with pytest.raises(CookieError):
        dump_cookie("a", "ä" * (MAX_COOKIE // 6))  # four bytes each, as it is written


def test_cookies_are_read() -> None:
    assert parse_cookies("a=1; b=2;c=3") == {"a": "1", "b": "2", "c": "3"}
    assert parse_cookies('a="x y"; b="\\303\\244\\"\\\\"') == {"a": "x y", "b": 'ä"\\'}
    assert parse_cookies("") == {}


def test_the_first_of_two_cookies_wins() -> None:
    assert parse_cookies("a=1; a=2") == {"a": "1"}


def test_garbage_is_left_out() -> None:
    assert parse_cookies("; ;=x; a; b=; \t c = d ;e=f=g") == {"a": "", "b": "", "c": "d", "e": "f=g"}
    assert parse_cookies('a="; b="x') == {"a": '"', "b": '"x'}
    assert parse_cookies('a="\\999"') == {"a": "999"}


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert parse_cookies("a=\xff; b=\xc3\xa4") == {"a": "\ufffd", "b": "ä"}


@given(st.text(max_size=80))
def test_reading_never_raises(header: str) -> None:
    for name, value in parse_cookies(header).items():
        assert name
        assert isinstance(value, str)


@given(PRINTABLE)
def test_what_is_written_is_read_back(value: str) -> None:
    pair = dump_cookie("a", value, path=None, secure=False, httponly=False, samesite=None)
    assert parse_cookies(pair) == {"a": value}
    assert pair.isascii()


@given(PRINTABLE)
def test_werkzeug_reads_what_is_written(value: str) -> None:
    pair = dump_cookie("a", value, path=None, secure=False, httponly=False, samesite=None)
    assert werkzeug_parse_cookie(pair)["a"] == value


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40))
def test_the_standard_library_reads_what_is_written(value: str) -> None:
    jar = SimpleCookie(dump_cookie("a", value, path=None, secure=False, httponly=False, samesite=None))
    assert jar["a"].value == value


def test_a_hostile_header_takes_linear_time() -> None:
    assert len(parse_cookies("a=" + '"\\' * 50_000)) == 1
    assert parse_cookies(";" * 200_000) == {}
