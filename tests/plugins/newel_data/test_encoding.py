from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel_data import encoding
from newel_data.schema import Kind, Type

DECIMALS = st.integers(-(10**12) + 1, 10**12 - 1).map(lambda units: Decimal(units).scaleb(-4))
MOMENTS = st.integers(-62135596800000, 253402300799999).map(encoding.datetime_of)


@given(st.lists(DECIMALS, min_size=2))
def test_texts_of_decimals_sort_as_the_decimals_do(values: list[Decimal]) -> None:
    texts = [encoding.decimal_text(value, 12, 4) for value in values]
    assert sorted(texts) == [encoding.decimal_text(value, 12, 4) for value in sorted(values)]
    assert {len(text) for text in texts} == {13}


@given(DECIMALS)
def test_texts_of_decimals_are_read_exactly(value: Decimal) -> None:
    found = encoding.decimal_of(encoding.decimal_text(value, 12, 4), 4)
    assert (found, found.as_tuple().exponent) == (value, -4)


@pytest.mark.parametrize("text, shown", [("1.50", "10150"), ("-1.50", "09849"), ("0.00", "10000"), ("-99.99", "00000")])
def test_a_negative_decimal_is_written_as_its_complement(text: str, shown: str) -> None:
    assert encoding.decimal_text(Decimal(text), 4, 2) == shown


@given(st.tuples(MOMENTS, MOMENTS))
def test_times_are_written_reversibly_and_sort(moments: tuple[datetime, datetime]) -> None:
    for moment in moments:
        assert encoding.datetime_of(encoding.milliseconds(moment)) == moment
        assert encoding.datetime_of_text(encoding.datetime_text(moment)) == moment
    first, second = moments
    assert (first < second) == (encoding.milliseconds(first) < encoding.milliseconds(second))
    assert (first < second) == (encoding.datetime_text(first) < encoding.datetime_text(second))


@given(st.tuples(st.times(), st.times()))
def test_texts_of_times_of_day_sort(times: tuple[time, time]) -> None:
    first, second = times
    assert (first < second) == (encoding.time_text(first) < encoding.time_text(second))
    assert time.fromisoformat(encoding.time_text(first)) == first


@given(st.integers(-(2**63), 2**63 - 1))
def test_timedeltas_are_microseconds(count: int) -> None:
    assert encoding.microseconds(encoding.timedelta_of(count)) == count


LISTS: list[tuple[Kind, tuple[Any, ...]]] = [
    ("str", ("a", "ü", '"', "\\", "\u2028", "\U0001f600", "")),
    ("int", (0, -1, 2**63 - 1)),
    ("float", (0.0, 1.0, -1.5, 1e300)),
    ("decimal", (Decimal("1.10"), Decimal("-0.01"))),
    ("bool", (True, False)),
    ("bytes", (b"", b"\x00\xff")),
    ("datetime", (datetime(2024, 1, 1, tzinfo=UTC),)),
    ("date", (date(1, 1, 1),)),
    ("time", (time(1, 2, 3, 4),)),
    ("timedelta", (timedelta(microseconds=-1),)),
    ("uuid", (UUID(int=5),)),
]


@pytest.mark.parametrize("kind, values", LISTS)
def test_lists_are_written_reversibly(kind: Kind, values: tuple[Any, ...]) -> None:
    element = Type(kind=kind)
    text = encoding.list_text(element, values)
    found = encoding.list_of(element, text)
    assert repr(found) == repr(values)
    assert msgspec.json.decode(text) is not None
    for value in values:
        assert encoding.item_text(element, value) in text


def test_texts_in_lists_are_not_escaped_beyond_json() -> None:
    assert encoding.list_text(Type(kind="str"), ("ü", "/", '"')) == '["ü","/","\\""]'


def test_json_is_canonical() -> None:
    assert encoding.json_text({"b": 1, "a": [1.0, None]}) == '{"a":[1.0,null],"b":1}'


def test_size_counts_texts_and_bytes() -> None:
    assert encoding.size_of(("é" * 100, b"x" * 50)) == 250
    assert encoding.size_of((("a" * 10, "b" * 10),)) >= 20
