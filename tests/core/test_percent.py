from __future__ import annotations

from urllib import parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.percent import quote

SAFE = st.text("!$&'()*+,/:;=@?%#[]")


@given(st.text(), SAFE)
def test_a_text_is_encoded_as_the_standard_library_does_it(text: str, safe: str) -> None:
    assert parse.quote(text, safe, errors="replace") == quote(text, safe, errors="replace")


@given(st.binary(), SAFE)
def test_bytes_are_encoded_as_the_standard_library_does_it(octets: bytes, safe: str) -> None:
    assert parse.quote(octets, safe) == quote(octets, safe)


def test_what_is_no_unicode_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        quote("\ud800", "")
