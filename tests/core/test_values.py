from __future__ import annotations

import datetime
import enum
import os
import re
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.secret import MASK, Secret
from newel.settings import HostName
from newel.values import (
    Field,
    SettingError,
    Several,
    choices,
    convert,
    describe,
    fields_of,
    from_text,
    is_secret,
    shown,
    undeclared,
)
from tests.core import toml_writing

FOLDER = Path("/srv/board")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Even(int):
    """A number that reads itself from configuration."""

    @classmethod
    def from_setting(cls, value: Any) -> Self:
        if value % 2:
            raise SettingError(f"is {value}, which is odd", "add one.", found=str(value), allowed=["2", "4"])
        return cls(value)


@dataclass
class Folder:
    path: Path
    listing: bool = False


class Site(msgspec.Struct, kw_only=True):
    name: str
    folders: list[Folder] = []
    by_name: dict[str, Folder] = {}
    token: Secret | None = None


class Tree(msgspec.Struct):
    branches: list[Tree] = []


HOLD_SECRETS = [Secret, Secret | None, list[Secret], Several[Secret], dict[str, Secret], Site, list[Site]]


# --- the fields of a class --------------------------------------------------------------------------------------------


def test_fields_of_a_dataclass() -> None:
    @dataclass
    class Config:
        shared: ClassVar[int] = 1
        url: str
        size: Annotated[int, msgspec.Meta(ge=1)] = 5
        names: list[str] = field(default_factory=lambda: ["a"])
        made: int = field(default=3, init=False)

    assert (
        Field("url", "url", str, required=True),
        Field("size", "size", Annotated[int, msgspec.Meta(ge=1)], required=False, default=5),
        Field("names", "names", list[str], required=False, default=["a"]),
    ) == fields_of(Config)


def test_fields_of_a_struct_have_the_names_of_its_encoding() -> None:
    class Config(msgspec.Struct):
        max_age: int
        names: list[str] = msgspec.field(default_factory=list, name="names-of")

    assert (
        Field("max_age", "max_age", int, required=True),
        Field("names-of", "names", list[str], required=False, default=[]),
    ) == fields_of(Config)


# --- reading as a type ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, kind, read",
    [
        ("a", str, "a"),
        (1, float, 1.0),
        (["a"], tuple[str, ...], ("a",)),
        (("a",), list[str], ["a"]),
        ("red", Colour, Colour.RED),
        ("P1D", datetime.timedelta, datetime.timedelta(days=1)),
        (datetime.date(2026, 1, 2), datetime.date, datetime.date(2026, 1, 2)),
        ("1.50", Decimal, Decimal("1.50")),
        ("static", Path, FOLDER / "static"),
        ("/static", Path, Path("/static")),
        (Path("static"), Path, FOLDER / "static"),
        ("static", os.PathLike[str], FOLDER / "static"),
        (["a", "../b"], list[Path], [FOLDER / "a", FOLDER / "../b"]),
        ("x", Secret, Secret("x")),
        (Secret("x"), Secret, Secret("x")),
        ("x", Secret | None, Secret("x")),
        (None, Secret | None, None),
        ("a", Several[str], ("a",)),
        (["a", "b"], Several[str], ("a", "b")),
        ("x", Several[Secret], (Secret("x"),)),
        (4, Even, Even(4)),
        ({"path": "a"}, Folder, Folder(FOLDER / "a")),
    ],
)
def test_values_are_read_as_the_declared_type(value: Any, kind: Any, read: Any) -> None:
    assert read == convert(value, kind, FOLDER)


def test_a_path_stays_relative_where_there_is_no_folder() -> None:
    assert Path("static") == convert("static", Path, None)


@pytest.mark.parametrize(
    "value, kind, what",
    [
        ("12", int, "cannot be read: expected a whole number, got a text, found '12'"),
        (True, int, "cannot be read: expected a whole number, got true or false, found True"),
        (0, Annotated[int, msgspec.Meta(ge=1)], "cannot be read: expected a whole number >= 1, found 0"),
        (["a", 1], list[str], "cannot be read: expected a text, got a whole number (at [1]), found ['a', 1]"),
        ("a", list[str], "cannot be read: expected a list, got a text, found 'a'"),
        ("rde", Colour, "cannot be read: invalid enum value 'rde', found 'rde'"),
        (5, Path, "cannot be read: expected a text, got a whole number, found 5"),
        (3, Even, "is 3, which is odd"),
        ([2, 3], list[Even], "is 3, which is odd (at [1])"),
        (
            "postgresql://scott:tiger@db",
            int,
            f"cannot be read: expected a whole number, got a text, found 'postgresql://scott:{MASK}@db'",
        ),
    ],
)
def test_a_value_of_another_type_says_what_was_expected_and_found(value: Any, kind: Any, what: str) -> None:
    with pytest.raises(SettingError) as caught:
        convert(value, kind, None)
    assert what == caught.value.what


@pytest.mark.parametrize("kind", [Secret, Several[Secret], list[Secret], Secret | None], ids=str)
def test_a_secret_that_cannot_be_read_is_not_shown(kind: Any) -> None:
    with pytest.raises(SettingError) as caught:
        convert([98765], kind, None)
    assert "98765" not in str(caught.value)


def test_what_a_type_says_of_a_bad_value_is_kept() -> None:
    with pytest.raises(SettingError) as caught:
        convert(3, Even, None)
    assert ("add one.", "3", ("2", "4")) == (caught.value.remedy, caught.value.found, caught.value.allowed)


@pytest.mark.parametrize("kind", [re.Pattern, Secret | list[Secret]])
def test_a_type_that_no_configuration_can_be_read_as_is_the_fault_of_its_declaration(kind: Any) -> None:
    with pytest.raises(SettingError, match="which configuration cannot be read as") as caught:
        convert("x", kind, None)
    assert "correct the declaration" in caught.value.remedy


# --- undeclared keys inside -------------------------------------------------------------------------------------------


def test_keys_that_a_nested_class_does_not_declare_are_found_wherever_they_are() -> None:
    value = {
        "nam": "x",
        "folders": [{"path": "a"}, {"path": "b", "lsiting": True}],
        "by_name": {"any name": {"paht": "c"}},
    }
    site = ("name", "folders", "by_name", "token")
    found = [("nam", site), ("lsiting", ("path", "listing")), ("paht", ("path", "listing"))]
    assert found == list(undeclared(value, Site))
    assert found == list(undeclared([value], list[Site]))
    assert found == list(undeclared(value, Site | None))


def test_a_plain_table_declares_every_key() -> None:
    assert [] == list(undeclared({"any": {"thing": 1}}, dict[str, dict[str, int]]))
    assert [] == list(undeclared({"any": 1}, Any))


# --- texts of the environment -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, kind, read",
    [
        ("8080", str, "8080"),
        ('"a"', str, '"a"'),
        ('["a"]', str, '["a"]'),
        ("true", str | None, "true"),
        ("8080", Secret, "8080"),
        ("8080", Path, "8080"),
        ("a", Literal["a", "b"], "a"),
        ("red", Colour, "red"),
        ("8080", int | str, "8080"),
        ("8080", int, 8080),
        ("8080", int | None, 8080),
        ("8080", Annotated[int, msgspec.Meta(ge=1)], 8080),
        ("true", bool, True),
        ("yes", bool, "yes"),
        ("P1D", datetime.timedelta, "P1D"),
        ("2026-01-02", datetime.date, datetime.date(2026, 1, 2)),
        ('["a", "b"]', list[str], ["a", "b"]),
        ("{a = 1}", dict[str, int], {"a": 1}),
        ("{a = 1}", Any, {"a": 1}),
        ("mongo", Several[str], "mongo"),
        ("17", Several[str], "17"),
        ('["a", "b"]', Several[str], ["a", "b"]),
        ("[a secret that begins so", Several[Secret], "[a secret that begins so"),
        ('["a", "b"]', str | list[str], ["a", "b"]),
    ],
)
def test_text_stays_text_where_text_is_wanted_and_else_is_a_literal(text: str, kind: Any, read: Any) -> None:
    assert read == from_text(text, kind)


@given(toml_writing.texts)
def test_any_text_at_all_stays_itself_where_text_is_wanted(text: str) -> None:
    assert text == convert(from_text(text, str), str, None)


@given(st.uuids() | st.decimals(allow_nan=False, allow_infinity=False))
def test_what_types_read_from_text_needs_no_quotes(value: uuid.UUID | Decimal) -> None:
    assert value == convert(from_text(str(value), type(value)), type(value), None)


# --- showing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HOLD_SECRETS, ids=str)
def test_a_type_is_secret_when_a_secret_is_anywhere_in_it(kind: Any) -> None:
    assert is_secret(kind)


@pytest.mark.parametrize("kind", [str, Folder, None, Literal["Secret"], list[str]], ids=str)
def test_other_types_are_not_secret(kind: Any) -> None:
    assert not is_secret(kind)


def test_a_type_that_holds_itself_is_looked_through_once() -> None:
    assert not is_secret(Tree)


def test_values_are_shown_with_secrets_masked_and_no_longer_than_a_line() -> None:
    assert f"'redis://:{MASK}@db'" == shown("redis://:tiger@db")
    assert MASK == shown(["a"], Several[Secret])
    assert 120 == len(shown("x" * 1000))


@pytest.mark.parametrize(
    "kind, words",
    [
        (str, "a text"),
        (int, "a whole number"),
        (bool, "true or false"),
        (str | None, "a text"),
        (Annotated[int, msgspec.Meta(ge=1)], "a whole number"),
        (list[Path], "a list, each item a path"),
        (tuple[os.PathLike[str], ...], "a list, each item a path"),
        (tuple[str, ...], "a list, each item a text"),
        (Several[Secret], "a text, or a list, each item a text"),
        (Literal["a", "b"], "one of 'a', 'b'"),
        (Colour, "one of 'red', 'blue'"),
        (dict[str, int], "a table"),
        (Folder, "a table"),
        (int | list[int], "a whole number or a list, each item a whole number"),
        (list, "a list"),
        (uuid.UUID, "UUID"),
        (Even, "a whole number"),
        (HostName, "a text"),
    ],
)
def test_types_are_described_in_words(kind: Any, words: str) -> None:
    assert words == describe(kind)


def test_choices_are_those_of_literals_and_enums() -> None:
    assert ("a", "red", "blue") == choices(Literal["a"] | Colour | None)
    assert () == choices(int)
