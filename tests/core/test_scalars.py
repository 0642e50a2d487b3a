"""One text becomes one typed value. What forms have in common with other input is in the kit of validators."""

from __future__ import annotations

import contextlib
import enum
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, Optional
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.contracts.validator import InvalidInput
from newel.scalars import DECIMAL, Shape, is_scalar, reader_for, shape_of

ZURICH = ZoneInfo("Europe/Zurich")
NoticeId = NewType("NoticeId", int)


class Color(enum.Enum):
    RED = "red"
    CRIMSON = "red"  # noqa: PIE796 (an alias)
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


def read(annotation: Any, *texts: Any, **options: Any) -> Any:
    return reader_for(annotation, ZURICH, **options)(list(texts))


def errors(annotation: Any, *texts: Any, **options: Any) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(InvalidInput) as caught:
        read(annotation, *texts, **options)
    return [(error.place, error.code) for error in caught.value.errors]


# --- what reads as what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation, text, value",
    [
        (str, "Zoë", "Zoë"),
        (int, "12", 12),
        (int, "-3", -3),
        (int, "+3", 3),
        (int, "007", 7),
        (int, "9" * 40, int("9" * 40)),
        (float, "1.5", 1.5),
        (float, "-.5", -0.5),
        (float, "1e3", 1000.0),
        (Decimal, "12.50", Decimal("12.50")),
        (Decimal, "-.5", Decimal("-0.5")),
        (Decimal, "1e3", Decimal(1000)),
        (bool, "on", True),
        (bool, "True", True),
        (bool, "1", True),
        (bool, "yes", True),
        (bool, "off", False),
        (bool, "false", False),
        (bool, "0", False),
        (bool, "no", False),
        (date, "2026-01-31", date(2026, 1, 31)),
        (time, "09:30", time(9, 30)),
        (time, "09:30:15.5", time(9, 30, 15, 500_000)),
        (timedelta, "PT90S", timedelta(seconds=90)),
        (UUID, "6ba7b8109dad11d180b400c04fd430c8", UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
        (Color, "red", Color.RED),
        (Size, "2", Size.LARGE),
        (Literal["a", 1], "1", 1),
        (NoticeId, "5", 5),
        (int | None, "5", 5),
        (Annotated[int, "a note"], "5", 5),
    ],
)
def test_a_text_is_read_as_its_type(annotation: Any, text: str, value: object) -> None:
    found = read(annotation, text)
    assert (value, type(value)) == (found, type(found))


@pytest.mark.parametrize(
    "annotation, text",
    [
        (int, "1_000"),
        (int, "\u0661\u0662"),  # digits, but not those of JSON and HTML
        (int, "12.0"),
        (int, "0x10"),
        (int, "9" * 5000),
        (float, "1_0.5"),
        (float, "\u0661.\u0665"),
        (float, "nan"),
        (float, "-inf"),
        (float, "infinity"),
        (float, "1e999"),
        (Decimal, "NaN"),
        (Decimal, "sNaN"),
        (Decimal, "Infinity"),
        (Decimal, "1_000"),
        (Decimal, "1e1000"),
        (Decimal, "."),
        (Decimal, "1,5"),
        (bool, "2"),
        (date, "20260131"),
        (date, "2026-W05-6"),
        (date, "2026-02-29"),
        (date, "2026-01-31T00:00"),
        (time, "0930"),
        (time, "T09:30"),
        (time, "24:30"),
        (datetime, "2026-01-31"),
        (datetime, "20260131T0930"),
        (datetime, "2026-W05-6T09:30"),
        (datetime, "1769848200"),
        (timedelta, "90"),
        (UUID, "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}"),
        (Color, "RED"),
        (Size, "SMALL"),
        (Literal["a"], "A"),
        (int | None, "null"),
    ],
)
def test_what_does_not_read_as_its_type_is_an_error(annotation: Any, text: str) -> None:
    ((place, code),) = errors(annotation, text)
    assert place == ()
    assert code in {"type", "format", "choice"}


@given(st.sampled_from([str, int, float, bool, Decimal, date, time, datetime, timedelta, UUID, Color, Size]), st.text())
def test_no_text_raises_anything_but_invalid_input(annotation: Any, text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert (read(annotation, text, default=None) is None) == (not text.strip())


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(allow_nan=False, places=4))
def test_numbers_come_back_from_their_own_texts(number: Any) -> None:
    if not isinstance(number, Decimal) or DECIMAL.fullmatch(str(number)):
        assert number == read(type(number), str(number))


@given(st.datetimes(timezones=st.just(UTC)) | st.dates() | st.times() | st.uuids())
def test_dates_times_and_uuids_come_back_from_their_own_texts(value: Any) -> None:
    text = str(value) if isinstance(value, UUID) else value.isoformat()
    assert value == read(type(value), text)


# --- dates and times --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2026-07-01T09:30", "2026-07-01T09:30:00", "2026-07-01 09:30:00.000"])
def test_a_date_and_time_without_offset_is_in_the_timezone(text: str) -> None:
    found = read(datetime, text)
    assert datetime(2026, 7, 1, 9, 30, tzinfo=ZURICH) == found
    assert found.utcoffset() == timedelta(hours=2)


def test_a_date_and_time_with_offset_keeps_it() -> None:
    assert read(datetime, "2026-07-01T09:30:00-05:00").utcoffset() == timedelta(hours=-5)


def test_a_date_and_time_declared_without_timezone_has_none() -> None:
    naive = Annotated[datetime, msgspec.Meta(tz=False)]
    assert read(naive, "2026-07-01T09:30").tzinfo is None
    assert errors(naive, "2026-07-01T09:30Z") == [((), "format")]


def test_of_an_hour_that_comes_twice_the_first_is_taken() -> None:
    assert read(datetime, "2026-10-25T02:30").utcoffset() == timedelta(hours=2)


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\t\r\n"])
def test_an_empty_text_is_none_or_not_sent(text: str) -> None:
    assert read(int | None, text, default=5) is None
    assert read(int, text, default=5) == 5
    assert errors(int, text) == [((), "missing")]


def test_nothing_sent_is_the_default_even_where_none_is_allowed() -> None:
    assert read(int | None, default=5) == 5
    assert errors(int | None) == [((), "missing")]


def test_the_last_of_several_texts_counts_even_when_it_is_empty() -> None:
    assert read(int, "1", "2") == 2
    assert errors(int, "1", "") == [((), "missing")]


def test_texts_are_stripped_and_their_line_ends_made_one() -> None:
    assert read(str, "\r\n a\r\nb\rc \n") == "a\nb\nc"


def test_what_is_no_text_is_of_the_wrong_type() -> None:
    assert errors(str, object()) == [((), "type")]


def test_errors_stand_at_the_place_that_was_asked_for() -> None:
    assert errors(int, "x", place=("page",)) == [(("page",), "type")]
    assert errors(list[int], "1", "x", place=("page",)) == [(("page", 1), "type")]


def test_an_error_can_be_raised_again_without_the_last_ones_trace() -> None:
    reader = reader_for(int, UTC)
    raised = []
    for _ in range(2):
        with pytest.raises(InvalidInput) as caught:
            reader(["x"])
        raised.append(caught.value)
    assert raised[0] is not raised[1]


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation, value",
    [
        (list[int], [2, 1, 2]),
        (set[int], {1, 2}),
        (frozenset[int], frozenset({1, 2})),
        (tuple[int, ...], (2, 1, 2)),
        (list[int] | None, [2, 1, 2]),
        (list[int | None], [2, 1, 2]),
    ],
)
def test_a_list_takes_all_texts_but_the_empty_ones(annotation: Any, value: object) -> None:
    assert value == read(annotation, "2", "", "1", " ", "2")


@pytest.mark.parametrize("texts", [(), ("",)])
def test_of_nothing_sent_a_list_is_its_default_or_empty(texts: tuple[str, ...]) -> None:
    assert read(list[int], *texts) == []
    assert read(list[int], *texts, default=(1,)) == (1,)
    assert read(list[int] | None, *texts) is None


def test_two_empty_lists_are_two() -> None:
    reader = reader_for(list[int], UTC)
    assert reader([]) is not reader([])


def test_every_bad_item_of_a_list_is_told() -> None:
    assert errors(list[int], "x", "1", "y") == [((0,), "type"), ((2,), "type")]


# --- bounds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation, good, bad, code",
    [
        (Annotated[int, msgspec.Meta(ge=1)], "1", "0", "too_small"),
        (Annotated[int, msgspec.Meta(gt=1)], "2", "1", "too_small"),
        (Annotated[int, msgspec.Meta(le=1)], "1", "2", "too_large"),
        (Annotated[int, msgspec.Meta(lt=1)], "0", "1", "too_large"),
        (Annotated[int, msgspec.Meta(multiple_of=5)], "-10", "7", "multiple_of"),
        (Annotated[float, msgspec.Meta(multiple_of=0.5)], "1.5", "1.7", "multiple_of"),
        (Annotated[str, msgspec.Meta(min_length=2)], "ab", "a", "too_short"),
        (Annotated[str, msgspec.Meta(max_length=2)], "ab", "abc", "too_long"),
        (Annotated[str, msgspec.Meta(pattern="b")], "abc", "acc", "pattern"),
        (Optional[Annotated[int, msgspec.Meta(ge=2)]], "2", "1", "too_small"),  # noqa: UP045
        (Annotated[int | None, msgspec.Meta(ge=3)], "3", "2", "too_small"),
    ],
)
def test_bounds_are_kept(annotation: Any, good: str, bad: str, code: str) -> None:
    read(annotation, good)
    assert errors(annotation, bad) == [((), code)]
    assert errors(list[annotation], good, bad) == [((1,), code)]


def test_bounds_of_a_list_count_its_items() -> None:
    few = Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)]
    assert read(few, "1", "2") == [1, 2]
    assert errors(few) == [((), "too_short")]
    assert errors(few, "1", "2", "3") == [((), "too_long")]


def test_bounds_do_not_concern_the_default() -> None:
    assert read(Annotated[int, msgspec.Meta(ge=1)], default=0) == 0


@pytest.mark.parametrize("kind", [Decimal, str, date])
def test_bounds_that_msgspec_does_not_know_are_refused_when_compiled(kind: Any) -> None:
    with pytest.raises(TypeError, match="__post_init__"):
        reader_for(Annotated[kind, msgspec.Meta(ge=1)], UTC)


# --- annotations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation, shape",
    [
        (int, Shape(int)),
        (int | None, Shape(int, (), optional=True)),
        (NoticeId, Shape(int)),
        (Literal["a", None], Shape(Literal["a"], (), optional=True)),
        (int | str, Shape(int | str)),
        (int | str | None, Shape(int | str, (), optional=True)),
        (
            Annotated[Annotated[int, msgspec.Meta(ge=1)] | None, "note", msgspec.Meta(le=5)],
            Shape(int, (msgspec.Meta(ge=1), msgspec.Meta(le=5)), optional=True),
        ),
    ],
)
def test_an_annotation_is_a_bare_type_with_constraints(annotation: Any, shape: Shape) -> None:
    assert shape == shape_of(annotation)


@pytest.mark.parametrize("annotation", [str, int | None, list[int], tuple[Color, ...], Literal["a"], Annotated[int, 1]])
def test_scalars_and_lists_of_them_are_told(annotation: Any) -> None:
    assert is_scalar(annotation)


@pytest.mark.parametrize(
    "annotation",
    [object, bytes, dict, list, dict[str, int], list[list[int]], int | str, tuple[int, str], Any, "int"],
    ids=repr,
)
def test_other_types_are_told_and_refused(annotation: Any) -> None:
    assert not is_scalar(annotation)
    with pytest.raises(TypeError, match="cannot be read"):
        reader_for(annotation, UTC)
