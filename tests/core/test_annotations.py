from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest

from newel.annotations import converter_for, is_suitable, plain, shown
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

UserId = NewType("UserId", int)


class Colour(enum.Enum):
    RED = "red"


class DayConverter(Converter):
    type = dt.date


class RangeConverter(Converter):
    type = range

    def __init__(self, end: int) -> None:
        self.end = end


@pytest.mark.parametrize(
    "annotation",
    [int, Annotated[int, "an id"], UserId, int | None, Annotated[UserId | None, "nested"]],
    ids=["plain", "Annotated", "NewType", "optional", "nested"],
)
def test_what_does_not_change_how_a_text_is_read_is_taken_off(annotation: Any) -> None:
    assert plain(annotation) is int


@pytest.mark.parametrize("annotation,cls", [(int, IntConverter), (float, FloatConverter), (UUID, UUIDConverter)])
def test_a_type_of_a_converter_chooses_it(annotation: Any, cls: type[Converter]) -> None:
    assert isinstance(converter_for(annotation, CONVERTERS)[0], cls)


def test_a_type_of_a_registered_converter_chooses_it() -> None:
    converter, key = converter_for(dt.date, {**CONVERTERS, "day": DayConverter})
    assert isinstance(converter, DayConverter)
    assert (DayConverter, ()) == key


@pytest.mark.parametrize("annotation,text,value", [(Colour, "red", Colour.RED), (Literal["a", 1], "1", 1)])
def test_enums_and_literals_become_a_choice(annotation: Any, text: str, value: object) -> None:
    converter, _ = converter_for(annotation, CONVERTERS)
    assert isinstance(converter, ChoiceConverter)
    assert value == converter.parse(text)


@pytest.mark.parametrize("annotation", [dict, list[int], int | str, object()])
def test_where_no_converter_gives_a_type_it_says_so(annotation: Any) -> None:
    with pytest.raises(LookupError):
        converter_for(annotation, CONVERTERS)


def test_a_converter_that_needs_arguments_is_not_guessed() -> None:
    with pytest.raises(TypeError):
        converter_for(range, {"range": RangeConverter})


@pytest.mark.parametrize(
    "converter,annotation",
    [
        (StringConverter(), str),
        (StringConverter(), Any),
        (StringConverter(), object),
        (PathConverter(), str | None),
        (IntConverter(), UserId),
        pytest.param(IntConverter(), float, id="an int where a float is asked for (PEP 484)"),
        (AnyConverter("a", "b"), Literal["a", "b", "c"]),
        (ChoiceConverter(Colour, tuple(Colour)), Colour),
    ],
)
def test_a_converter_suits_an_annotation_that_takes_its_values(converter: Converter, annotation: Any) -> None:
    assert is_suitable(converter, annotation)


@pytest.mark.parametrize(
    "converter,annotation",
    [
        (StringConverter(), int),
        (IntConverter(), str),
        (FloatConverter(), int),
        (AnyConverter("a", "d"), Literal["a", "b"]),
        (AnyConverter("red"), Colour),
        (StringConverter(), list[str]),
    ],
)
def test_a_converter_does_not_suit_another_type(converter: Converter, annotation: Any) -> None:
    assert not is_suitable(converter, annotation)


@pytest.mark.parametrize(
    "annotation,text", [(int, "int"), (dt.date, "date"), (Literal["a"], "Literal['a']"), (int | None, "int | None")]
)
def test_an_annotation_is_shown_as_it_is_written(annotation: Any, text: str) -> None:
    assert text == shown(annotation)
