from __future__ import annotations

import datetime as dt
import enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.converters import (
    CONVERTERS,
    AnyConverter,
    ChoiceConverter,
    Converter,
    FloatConverter,
    IntConverter,
    PathConverter,
    StringConverter,
    UUIDConverter,
)

KEY = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class DayConverter(Converter):
    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    type = dt.date

    def parse(self, text: str) -> dt.date:
        return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    "converter,text,value",
    [
        (StringConverter(), "naïve name", "naïve name"),
        (StringConverter(length=2), "en", "en"),
        (StringConverter(minlength=2, maxlength=3), "abc", "abc"),
        (PathConverter(), "a/b/c", "a/b/c"),
        (PathConverter(), "a/b/", "a/b/"),
        (AnyConverter("about", "help"), "help", "help"),
        (ChoiceConverter(Colour, tuple(Colour)), "red", Colour.RED),
        (ChoiceConverter(Any, (1, 2)), "2", 2),
        (IntConverter(), "42", 42),
        (IntConverter(), "007", 7),
        (IntConverter(fixed_digits=4), "0042", 42),
        (IntConverter(min=1, max=9), "9", 9),
        (IntConverter(signed=True), "-42", -42),
        (FloatConverter(), "1.50", 1.5),
        (FloatConverter(signed=True), "-0.5", -0.5),
        (UUIDConverter(), KEY, UUID(KEY)),
        (UUIDConverter(), KEY.upper(), UUID(KEY)),
        (DayConverter(), "2024-02-29", dt.date(2024, 2, 29)),
    ],
)
def test_a_text_of_its_form_is_read_as_the_value(converter: Converter, text: str, value: object) -> None:
    read = converter.reader()(text)
    assert value == read
    assert type(value) is type(read)


@pytest.mark.parametrize(
    "converter,text",
    [
        (StringConverter(), ""),
        (StringConverter(), "a/b"),
        (StringConverter(length=2), "eng"),
        (StringConverter(minlength=2), "a"),
        (StringConverter(maxlength=2), "abc"),
        (PathConverter(), ""),
        (PathConverter(), "/a"),
        (AnyConverter("about", "help"), "abou"),
        (AnyConverter("about", "help"), ""),
        (ChoiceConverter(Colour, tuple(Colour)), "RED"),
        (IntConverter(), ""),
        (IntConverter(), "-1"),
        (IntConverter(), "+1"),
        (IntConverter(), " 1"),
        (IntConverter(), "1_000"),
        (IntConverter(), "1.0"),
        (IntConverter(), "٣"),
        (IntConverter(), "²"),
        pytest.param(IntConverter(), "9" * 5000, id="more digits than CPython converts"),
        (IntConverter(fixed_digits=4), "042"),
        (IntConverter(min=1, max=9), "0"),
        (IntConverter(min=1, max=9), "10"),
        (IntConverter(signed=True), "--1"),
        (IntConverter(signed=True), "-"),
        (FloatConverter(), "1"),
        (FloatConverter(), "1."),
        (FloatConverter(), "nan"),
        (FloatConverter(), "1e5"),
        (FloatConverter(), "٣.٣"),
        (FloatConverter(max=1.0), "1.1"),
        (UUIDConverter(), KEY[:-1]),
        (UUIDConverter(), KEY.replace("-", "")),
        (UUIDConverter(), f"{{{KEY}}}"),
        (DayConverter(), "2023-02-29"),
        (DayConverter(), "yesterday"),
        (DayConverter(), "2024-02-29\n"),
        (Converter(), ""),
        (Converter(), "a/b"),
    ],
)
def test_any_other_text_is_no_match_and_no_error(converter: Converter, text: str) -> None:
    assert converter.reader()(text) is None


@pytest.mark.parametrize("name", sorted(CONVERTERS))
@given(text=st.text())
def test_no_text_makes_a_converter_of_the_kernel_raise(name: str, text: str) -> None:
    cls = CONVERTERS[name]
    converter = cls("a", "b") if cls is AnyConverter else cls()
    value = converter.reader()(text)
    assert value is None or isinstance(value, converter.type)


@given(st.integers(min_value=0, max_value=10**30))
def test_a_whole_number_comes_back(number: int) -> None:
    assert number == IntConverter().parse(IntConverter().format(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_without_an_exponent(number: float) -> None:
    converter = FloatConverter(signed=True)
    assert number == converter.parse(converter.format(number))


@pytest.mark.parametrize(
    "converter,value,text",
    [
        (StringConverter(), Colour.BLUE, "blue"),
        (ChoiceConverter(Colour, tuple(Colour)), Colour.BLUE, "blue"),
        (IntConverter(fixed_digits=4), 42, "0042"),
        (IntConverter(signed=True, fixed_digits=4), -42, "-042"),
        (IntConverter(), "42", "42"),
        (FloatConverter(), 1e-7, "0.0000001"),
        (FloatConverter(), 1e16, "10000000000000000.0"),
        (UUIDConverter(), UUID(KEY), KEY),
    ],
)
def test_a_value_is_written_as_it_is_read(converter: Converter, value: object, text: str) -> None:
    assert text == converter.format(value)


@pytest.mark.parametrize("value", [1.5, "one", None])
def test_what_is_no_whole_number_is_not_written_as_one(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        IntConverter().format(value)


@pytest.mark.parametrize(
    "cls,positional,named",
    [
        (StringConverter, (), {"minlength": 0}),
        (StringConverter, (), {"minlength": 3, "maxlength": 2}),
        (StringConverter, (), {"length": "two"}),
        (IntConverter, (), {"min": 5, "max": 1}),
        (IntConverter, (), {"min": 1.5}),
        (IntConverter, (), {"min": True}),
        (IntConverter, (), {"fixed_digits": -1}),
        (FloatConverter, (), {"min": "low"}),
        (FloatConverter, (), {"min": float("nan")}),
        (AnyConverter, (), {}),
        (AnyConverter, ("a", ""), {}),
        (AnyConverter, ("a", 1), {}),
        (ChoiceConverter, (Any, ("1", 1)), {}),
        (ChoiceConverter, (Any, (None,)), {}),
    ],
)
def test_arguments_that_make_no_sense_are_refused(cls: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        cls(*positional, **named)


def test_a_value_error_of_a_converter_of_ones_own_is_no_match() -> None:
    class Even(Converter):
        regex = "[0-9]+"
        type = int

        def parse(self, text: str) -> int:
            if int(text) % 2:
                raise ValueError(text)
            return int(text)

    read = Even().reader()
    assert (4, None) == (read("4"), read("5"))
