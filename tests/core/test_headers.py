from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.errors import NewelError
from newel.headers import EnvironHeaders, HeaderInjection, Headers, environ_key
from tests.core.environs import environ

NAMES = st.text(alphabet="abcXYZ019-_!~", min_size=1, max_size=12)
VALUES = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)


def test_names_compare_without_regard_to_case() -> None:
    headers = Headers({"Content-Type": "text/plain"})
    assert headers["content-type"] == headers["CONTENT-TYPE"] == "text/plain"
    assert "content-TYPE" in headers
    assert 1 not in headers


def test_a_name_may_stand_several_times() -> None:
    headers = Headers([("Vary", "Cookie")])
    headers.add("vary", "Accept")
    assert headers.getlist("VARY") == ["Cookie", "Accept"]
    assert headers["Vary"] == "Cookie"
    assert list(headers) == [("Vary", "Cookie"), ("vary", "Accept")]
    assert len(headers) == 2


def test_setting_puts_one_field_in_the_place_of_all() -> None:
    headers = Headers([("A", "1"), ("X", "2"), ("a", "3"), ("Y", "4")])
    headers["A"] = "5"
    assert headers.raw == [("A", "5"), ("X", "2"), ("Y", "4")]
    headers.set("New", 6)
    assert headers["new"] == "6"


def test_setdefault_keeps_what_is_there() -> None:
    headers = Headers()
    assert headers.setdefault("Age", 1) == "1"
    assert headers.setdefault("age", 2) == "1"


def test_removing_is_silent_and_deleting_is_not() -> None:
    headers = Headers([("A", "1"), ("a", "2")])
    headers.remove("B")
    assert headers.pop("A") == "1"
    assert headers.pop("A", "gone") == "gone"
    assert headers.pop("A") is None
    with pytest.raises(KeyError):
        del headers["A"]
    headers["A"] = "1"
    del headers["a"]
    assert headers.raw == []
    with pytest.raises(KeyError):
        headers["A"]


def test_a_view_writes_through_to_its_list() -> None:
    raw = [("A", "1")]
    Headers.over(raw)["b"] = "2"
    Headers.over(raw).remove("a")
    assert raw == [("b", "2")]


def test_pairs_that_were_given_are_copied() -> None:
    given_pairs = [("A", "1")]
    Headers(given_pairs)["A"] = "2"
    assert given_pairs == [("A", "1")]


def test_extending_adds_all_or_nothing() -> None:
    headers = Headers()
    with pytest.raises(HeaderInjection):
        headers.extend([("A", "1"), ("B", "2\n")])
    assert headers.raw == []
    headers.extend({"A": "1"})
    assert (list(headers.keys()), list(headers.values()), list(headers.items())) == (["A"], ["1"], [("A", "1")])


def test_headers_are_equal_whatever_the_case_of_names() -> None:
    assert Headers({"A": "1"}) == Headers({"a": "1"})
    assert Headers({"A": "1"}) != Headers({"A": "2"})
    assert Headers() != []


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\x1b", "\x7f", "a\r\nSet-Cookie: a=b"])
def test_control_characters_in_a_value_are_refused_wherever_it_is_set(bad: str) -> None:
    headers = Headers()
    for attempt in (
        lambda: headers.add("X", bad),
        lambda: headers.set("X", bad),
        lambda: headers.setdefault("X", bad),
        lambda: headers.extend({"X": bad}),
        lambda: Headers([("X", bad)]),
    ):
        with pytest.raises(HeaderInjection) as raised:
            attempt()
        assert (raised.value.name, raised.value.value) == ("X", bad)
    assert headers.raw == []


@pytest.mark.parametrize("bad", ["", " ", "A B", "A:", "A\r\n", "Ä", "A\0", "A/B", '"A"'])
def test_a_name_is_a_token(bad: str) -> None:
    with pytest.raises(HeaderInjection):
        Headers().add(bad, "1")


def test_a_value_is_latin_1() -> None:
    headers = Headers({"X": "Köln\tam Rhein"})
    assert headers["X"] == "Köln\tam Rhein"
    with pytest.raises(HeaderInjection, match="Latin-1"):
        headers["X"] = "東京"


def test_an_injection_is_an_error_of_newel_and_a_value_error() -> None:
    with pytest.raises(HeaderInjection, match=r"'X': 'a\\nb' was refused: '\\n' is a control character") as raised:
        Headers({"X": "a\nb"})
    assert isinstance(raised.value, NewelError)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("bad", [None, True, 1.5, b"x"])
def test_a_value_is_text_or_a_number(bad: object) -> None:
    with pytest.raises(TypeError, match="a value is a str"):
        Headers().add("X", bad)  # type: ignore[arg-type]


@given(st.text(max_size=30))
def test_what_is_accepted_can_be_sent(value: str) -> None:
    headers = Headers()
    try:
        headers["X"] = value
    except HeaderInjection:
        return
    assert not {"\r", "\n", "\0"} & set(value)
    value.encode("latin-1")


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), NAMES, VALUES)
def test_setting_leaves_exactly_one_field_and_the_order_of_others(
    pairs: list[tuple[str, str]], name: str, value: str
) -> None:
    headers = Headers(pairs)
    headers[name] = value
    assert headers.getlist(name) == [value]
    others = [pair for pair in pairs if pair[0].lower() != name.lower()]
    assert [pair for pair in headers if pair[0].lower() != name.lower()] == others


def test_the_requests_headers_are_read_from_the_environ() -> None:
    headers = EnvironHeaders(environ(HTTP_ACCEPT="*/*", CONTENT_TYPE="text/plain", CONTENT_LENGTH="", HTTP_X_EMPTY=""))
    assert headers["accept"] == "*/*"
    assert headers.get("Content-Type") == "text/plain"
    assert headers["X-Empty"] == ""
    assert "Content-Length" not in headers
    assert sorted(headers) == ["Accept", "Content-Type", "X-Empty"]
    assert len(headers) == 3
    with pytest.raises(KeyError):
        headers["Wsgi.Input"]


def test_a_header_cannot_pass_for_the_content_type() -> None:
    headers = EnvironHeaders(environ(HTTP_CONTENT_TYPE="text/html"))
    assert "Content-Type" not in headers
    assert list(headers) == []


def test_the_members_of_a_list_are_told_apart() -> None:
    headers = EnvironHeaders(environ(HTTP_X_LIST="a, b ,,c"))
    assert headers.getlist("X-List") == ["a", "b", "c"]
    assert headers.getlist("X-Other") == []


def test_the_environs_key_of_a_header() -> None:
    assert ["HTTP_X_A", "CONTENT_TYPE"] == [environ_key("X-a"), environ_key("content-type")]
