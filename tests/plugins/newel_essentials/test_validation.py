"""What msgspec's validator does beyond the kit: what dataclasses and structs can say, and what forms make of it."""

from __future__ import annotations

import enum
import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel.contracts.validator import InvalidInput
from newel_essentials.validation import MsgspecReader, MsgspecValidator

if TYPE_CHECKING:
    from decimal import Context

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class NewNotice:
    title: Annotated[str, msgspec.Meta(max_length=10)]
    body: str
    pages: Annotated[int, msgspec.Meta(ge=1)] = 1
    tags: list[str] = field(default_factory=lambda: ["new"])


@dataclass(frozen=True)
class Event:
    starts: int
    ends: int

    def __post_init__(self) -> None:
        if self.ends < self.starts:
            raise InvalidInput.at("ends", "This is before the start.")
        if self.ends == self.starts:
            raise ValueError("An event lasts.")
        if self.ends > 100:
            raise TypeError("secret detail of the programme")
        if self.ends == 100:
            raise KeyError("a bug")


@dataclass
class Account:
    name: str
    is_admin: bool = field(default=False, init=False)


@dataclass
class Box(Generic[T]):
    content: T
    spare: list[T] = field(default_factory=list)


class Renamed(msgspec.Struct, rename="camel"):
    first_name: str
    last_name: str = ""


class Tagged(msgspec.Struct, tag=True):
    x: int


def reader(kind: Any) -> MsgspecReader:
    return MsgspecValidator().compile(kind, UTC)


def errors(read: Callable[[Any], Any], sent: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidInput) as caught:
        _ = read(sent).value  # which a form raises when it is asked, and the other ways before
    return [(error.field, error.code, error.text) for error in caught.value.errors]


# --- which classes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [NewNotice, Renamed, Box[int], list[NewNotice], dict[str, int], list, Any], ids=repr)
def test_dataclasses_structs_and_collections_are_accepted(kind: Any) -> None:
    assert MsgspecValidator().accepts(kind)


class Positional(msgspec.Struct, array_like=True):
    x: int


@pytest.mark.parametrize("kind", [int, str, Color, Decimal, object, Positional, "NewNotice", NewNotice("a", "b"), None])
def test_other_things_are_left_to_other_validators(kind: Any) -> None:
    assert not MsgspecValidator().accepts(kind)


def test_nothing_is_loaded_for_what_no_route_reads() -> None:
    program = (
        "import sys; from newel_essentials.validation import MsgspecValidator as V; V().compile(object, None)\n"
        "print(*sorted(sys.modules.keys() & {'newel_essentials.forms', 'newel_essentials.documents'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("kind", [list[NewNotice], dict[str, int], Any], ids=repr)
def test_only_dataclasses_and_structs_are_forms(kind: Any) -> None:
    with pytest.raises(TypeError, match="form"):
        _ = reader(kind).form


class Title(str):
    """A subclass of a scalar: nothing says how a text becomes one."""

    __slots__ = ()


@pytest.mark.parametrize(
    "annotation",
    [Any, object, bytes, dict, list[list[int]], NewNotice, Positional, Title, int | str, list[Any]],
    ids=repr,
)
def test_a_type_that_no_text_stands_for_is_no_field_of_a_form(annotation: Any) -> None:
    kind = make_dataclass("Made", [("it", annotation)])
    for way in ("form", "query"):
        with pytest.raises(TypeError, match=r"Made\.it cannot be read from a form"):
            getattr(reader(kind), way)


# --- what a class declares --------------------------------------------------------------------------------------------


def test_a_form_becomes_a_dataclass() -> None:
    sent = {"title": [" Hello "], "body": ["a\r\nb"], "pages": ["2"], "tags": ["x", "y"]}
    assert NewNotice("Hello", "a\nb", 2, ["x", "y"]) == reader(NewNotice).form(sent).value


def test_a_frozen_dataclass_is_made_too() -> None:
    assert Event(1, 2) == reader(Event).form({"starts": ["1"], "ends": ["2"]}).value


def test_a_default_factory_makes_a_new_default_for_each_value() -> None:
    read = reader(NewNotice).query
    first, second = (read({"title": ["a"], "body": ["b"]}) for _ in range(2))
    assert first.tags == second.tags == ["new"]
    assert first.tags is not second.tags


def test_a_field_outside_of_init_cannot_be_sent() -> None:
    sent = {"name": ["a"], "is_admin": ["on"]}
    assert reader(Account).form(sent).value.is_admin is False
    assert reader(Account).query(sent).is_admin is False
    assert errors(reader(Account).data, b'{"name":"a","is_admin":true}') == [
        ("is_admin", "unknown", "This was not asked for.")
    ]


def test_a_generic_class_is_read_with_its_arguments() -> None:
    assert Box(5, [1, 2]) == reader(Box[int]).form({"content": ["5"], "spare": ["1", "2"]}).value
    assert Box(5, [1]) == reader(Box[int]).data(b'{"content":5,"spare":[1]}')
    assert errors(reader(Box[int]).data, b'{"content":"x","spare":["y"],"z":1}') == [
        ("content", "type", "This must be a whole number."),
        ("spare.0", "type", "This must be a whole number."),
        ("z", "unknown", "This was not asked for."),
    ]


def test_a_generic_class_without_arguments_cannot_be_read() -> None:
    for way in ("form", "query", "data"):
        with pytest.raises(TypeError, match=r"Box\.content"):
            getattr(reader(Box), way)


def test_a_renamed_field_is_sent_under_its_new_name() -> None:
    assert Renamed("Ada", "L") == reader(Renamed).form({"firstName": ["Ada"], "lastName": ["L"]}).value
    assert errors(reader(Renamed).form, {"first_name": ["Ada"]}) == [("firstName", "missing", "This is required.")]
    assert errors(reader(Renamed).data, b'{"first_name":"Ada"}') == [
        ("firstName", "missing", "This is required."),
        ("first_name", "unknown", "This was not asked for."),
    ]


def test_a_tagged_struct_needs_no_tag_in_a_form() -> None:
    assert Tagged(1) == reader(Tagged).form({"x": ["1"]}).value


@dataclass
class Unresolvable:
    context: Context


@pytest.mark.parametrize("way", ["form", "query", "data"])
def test_a_class_whose_annotations_are_not_there_at_run_time_is_refused(way: str) -> None:
    with pytest.raises(TypeError, match=r"Unresolvable: 'Context'.*TYPE_CHECKING"):
        getattr(reader(Unresolvable), way)


@dataclass
class Computed:
    size: int
    area: int = field(init=False)


@pytest.mark.parametrize("way", ["form", "query", "data"])
def test_a_field_outside_of_init_needs_a_default(way: str) -> None:
    with pytest.raises(TypeError, match=r"Computed\.area"):
        getattr(reader(Computed), way)


@dataclass
class Priced:
    name: str
    price: Annotated[Decimal, msgspec.Meta(ge=0)]


@pytest.mark.parametrize("way", ["form", "query", "data"])
def test_a_bound_that_msgspec_does_not_know_is_refused_with_its_field(way: str) -> None:
    with pytest.raises(TypeError, match=r"Priced\.price.*ge.*Decimal"):
        getattr(reader(Priced), way)


@dataclass
class Zoned:
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    local: Annotated[datetime, msgspec.Meta(tz=False)]


def test_a_timezone_is_there_or_not_as_the_class_says() -> None:
    value = reader(Zoned).form({"at": ["2026-01-31T09:30"], "local": ["2026-01-31T09:30"]}).value
    assert Zoned(datetime(2026, 1, 31, 9, 30, tzinfo=UTC), datetime(2026, 1, 31, 9, 30)) == value  # noqa: DTZ001
    value = reader(Zoned).data(b'{"at":"2026-01-31T09:30:00Z","local":"2026-01-31T09:30:00"}')
    assert Zoned(datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc), datetime(2026, 1, 31, 9, 30)) == value  # noqa: DTZ001, UP017
    assert [name for name, *_ in errors(reader(Zoned).data, b'{"at":"2026-01-31T09:30:00","local":"x"}')] == [
        "at",
        "local",
    ]


# --- __post_init__ ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "starts, ends, said",
    [
        (5, 1, ("ends", "invalid", "This is before the start.")),
        (5, 5, ("", "invalid", "An event lasts.")),
        (5, 101, ("", "invalid", "This is not valid.")),
    ],
)
def test_a_class_may_refuse_a_value_whose_fields_are_well(starts: int, ends: int, said: tuple[str, str, str]) -> None:
    sent = {"starts": [str(starts)], "ends": [str(ends)]}
    document = msgspec.json.encode({"starts": starts, "ends": ends})
    assert [said] == errors(reader(Event).form, sent)
    assert [said] == errors(reader(Event).query, sent)
    assert [said] == errors(reader(Event).data, document)
    nested = (f"1.{said[0]}".rstrip("."), *said[1:])
    assert [nested] == errors(reader(list[Event]).data, b'[{"starts":1,"ends":2},' + document + b"]")


def test_a_class_is_not_asked_while_a_field_is_wrong() -> None:
    assert [name for name, *_ in errors(reader(Event).form, {"starts": ["5"], "ends": ["x"]})] == ["ends"]
    assert [name for name, *_ in errors(reader(Event).data, b'{"starts":5,"ends":"x"}')] == ["ends"]


def test_a_bug_in_a_class_stays_a_bug() -> None:
    with pytest.raises(KeyError):
        reader(Event).form({"starts": ["5"], "ends": ["100"]})
    with pytest.raises(KeyError):
        reader(Event).data(b'{"starts":5,"ends":100}')


# --- undeclared names -------------------------------------------------------------------------------------------------


def test_undeclared_names_of_a_form_are_logged_without_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    reader(NewNotice).form({"title": ["a"], "body": ["b"], "is_admin": ["hunter2"]})
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("newel.forms", "INFO")
    assert record.getMessage() == "form of NewNotice: ignored 1 undeclared: 'is_admin'"


def test_undeclared_names_cannot_forge_or_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sent = {"title": ["a"], "body": ["b"], "\r\nINFO all is well": ["1"]} | {f"{n:05}" * 100: ["1"] for n in range(999)}
    reader(NewNotice).form(sent)
    (record,) = caplog.records
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 500


def test_a_query_string_has_other_peoples_names_and_they_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    reader(NewNotice).query({"title": ["a"], "body": ["b"], "utm_source": ["x"]})
    assert caplog.records == []


# --- anything at all --------------------------------------------------------------------------------------------------


@dataclass
class Everything:
    title: Annotated[str, msgspec.Meta(min_length=2, max_length=5)]
    pages: Annotated[int, msgspec.Meta(ge=1, lt=9)] | None
    price: Decimal
    color: Color
    at: datetime
    public: bool
    ids: Annotated[list[int], msgspec.Meta(max_length=2)]
    note: str = "-"


SENT = st.dictionaries(
    st.sampled_from(["title", "pages", "price", "color", "at", "public", "ids", "note", "other"]),
    st.lists(
        st.text()
        | st.sampled_from(["abc", "5", "12.5", "red", "2026-01-31T09:30", "on", "", " "])
        | st.just(object()),  # an uploaded file
        max_size=3,
    ),
)


@given(SENT, st.sampled_from(["form", "query"]))
def test_whatever_is_sent_the_answer_is_a_value_or_errors_of_its_fields(sent: dict[str, list[Any]], way: str) -> None:
    try:
        value = reader(Everything).form(sent).value if way == "form" else reader(Everything).query(sent)
    except InvalidInput as invalid:
        told = invalid.errors
    else:
        assert value == msgspec.convert(msgspec.to_builtins(value), Everything)
        return
    fields = [error.field.partition(".")[0] for error in told]
    assert fields == sorted(fields, key=list(Everything.__dataclass_fields__).index)
    assert "invalid" not in {error.code for error in told}
