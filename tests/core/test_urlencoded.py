from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newel.errors import HTTPError
from newel.urlencoded import split_fields

Pairs = list[tuple[str, str]]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", {}),
        ("a=1&b=2&a=3", {"a": ["1", "3"], "b": ["2"]}),
        ("a&b=&=c&&", {"a": [""], "b": [""], "": ["c"]}),
        ("a+b=c+d%21", {"a b": ["c d!"]}),
        ("a=1;b=2", {"a": ["1;b=2"]}),
        ("q=%C3%A4", {"q": ["ä"]}),
        ("q=\xc3\xa4", {"q": ["ä"]}),
        ("q=\xc3%A4", {"q": ["ä"]}),
        ("a=b=c", {"a": ["b=c"]}),
        ("a%26b=c%3Dd%2B", {"a&b": ["c=d+"]}),
        ("a=%2541", {"a": ["%41"]}),
    ],
)
def test_names_and_values_are_decoded_once(text: str, expected: dict[str, list[str]]) -> None:
    assert split_fields(text) == expected


@pytest.mark.parametrize("broken", ["%", "100%", "%z", "%zz", "%4", "%%", "%u0041", "%-1", "% 41", "%\n41"])
def test_a_percent_sign_that_begins_no_escape_stands_for_itself(broken: str) -> None:
    assert split_fields(f"q={broken}") == {"q": [broken]}
    assert split_fields(f"q=%41{broken}") == {"q": [f"A{broken}"]}


@pytest.mark.parametrize("text", ["\\", "\\\\", r"\x41", r"\u0041", r"\101", r"\N{BULLET}", "\\\n"])
def test_what_python_would_take_for_an_escape_stands_for_itself(text: str) -> None:
    assert split_fields(f"q={text}%41") == {"q": [f"{text}A"]}


@pytest.mark.parametrize(
    "bad", ["q=%ff", "%C3=1", "q=\xff", "q=%C0%80", "q=%ED%A0%80", "q=\u6771", "q=%41\u6771", "q=%ff%", "q=%C3&r=%A4"]
)
def test_what_is_no_utf_8_is_400(bad: str) -> None:
    with pytest.raises(HTTPError) as raised:
        split_fields(bad)
    assert raised.value.http_status == 400


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6))
def test_what_the_standard_library_writes_is_read(pairs: Pairs) -> None:
    text = urlencode(pairs)
    assert split_fields(text) == parse_qs(text, keep_blank_values=True)


@given(st.text(alphabet="%+=&4c3aAxN{}\\\n", max_size=20))
@example("%\\41=%5C41")
def test_whatever_is_sent_is_read_as_the_standard_library_reads_it(text: str) -> None:
    try:
        expected = parse_qs(text, keep_blank_values=True, errors="strict")
    except UnicodeError:
        with pytest.raises(HTTPError):
            split_fields(text)
    else:
        assert split_fields(text) == expected
