from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.ranges import single_range


@pytest.mark.parametrize(
    "header, expected",
    [
        ("bytes=0-4", (0, 5)),
        ("bytes=5-", (5, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes=9-9", (9, 10)),
    ],
)
def test_one_range_is_cut_to_the_size(header: str, expected: tuple[int, int]) -> None:
    assert single_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_without_a_byte_is_empty(header: str) -> None:
    assert single_range(header, 10) == (10, 10)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=0-" + "9" * 5000,
        "bytes=a-b",
        "bytes=5-2",
        "bytes=--5",
        "bytes=1",
        "rows=0-4",
        "bytes=0-1,3-4",
        "bytes=+1-2",
    ],
)
def test_the_whole_is_sent_for_what_is_malformed_other_or_several(header: str) -> None:
    assert single_range(header, 10) is None


def test_an_empty_file_has_no_range() -> None:
    assert single_range("bytes=0-", 0) == single_range("bytes=-5", 0) == (0, 0)


@given(st.text(max_size=30) | st.from_regex(r"bytes=[0-9-]*,? ?[0-9-]*", fullmatch=True), st.integers(0, 100))
def test_a_range_lies_within_the_file_whatever_is_sent(header: str, size: int) -> None:
    found = single_range(header, size)
    assert found is None or 0 <= found[0] <= found[1] <= size
