"""JSON documents: the straight way and the walk agree, whatever the type and whatever the document."""

from __future__ import annotations

import contextlib
import enum
import json
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import GenericAlias
from typing import Annotated, Any, Literal, NamedTuple, Union
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newel.contracts.validator import FieldError, InvalidInput, MalformedInput
from newel_essentials.documents import MAX_ERRORS, node_of
from newel_essentials.validation import MsgspecValidator


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    x: int
    y: str = ""


class Cat(msgspec.Struct, tag="cat"):
    lives: int = 9


class Dog(msgspec.Struct, tag="dog"):
    name: str


@dataclass
class Comment:
    text: Annotated[str, msgspec.Meta(max_length=5)]
    replies: list[Comment] = field(default_factory=list)


@dataclass
class Priced:
    price: Decimal
    note: str = ""


@dataclass
class Invoice:
    items: list[Priced]

    def __post_init__(self) -> None:
        if not self.items:
            raise ValueError("An invoice has items.")


def read(kind: Any, body: bytes) -> Any:
    return MsgspecValidator().compile(kind, UTC).data(body)


def errors(kind: Any, body: bytes) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        read(kind, body)
    return [(error.field, error.code) for error in caught.value.errors]


# --- types ------------------------------------------------------------------------------------------------------------


def test_a_recursive_class_is_read_and_its_mistakes_are_found_at_any_depth() -> None:
    assert Comment("a", [Comment("b", [Comment("c")])]) == read(
        Comment, b'{"text":"a","replies":[{"text":"b","replies":[{"text":"c"}]}]}'
    )
    assert errors(
        Comment, b'{"text":"a","replies":[{"text":"b","replies":[{"text":"c","x":1},{"text":"toolong"}]}]}'
    ) == [
        ("replies.0.replies.0.x", "unknown"),
        ("replies.0.replies.1.text", "too_long"),
    ]


def test_a_recursive_document_without_end_is_malformed() -> None:
    with pytest.raises(MalformedInput, match="deep"):
        read(Comment, b'{"text":"a","replies":[' * 5000 + b"]}" * 5000)


@pytest.mark.parametrize(
    "body, found",
    [
        (b'{"type":"dog"}', [("name", "missing")]),
        (b'{"type":"dog","name":"a","x":1}', [("x", "unknown")]),
        (b'{"name":"a"}', [("type", "missing")]),
        (b'{"type":"cow"}', [("type", "choice")]),
        (b'{"type":1e999}', [("type", "choice")]),
        (b'{"type":true}', [("type", "choice")]),
        (b"[5]", [("0", "type")]),
        (b"5", [("", "type")]),
    ],
)
def test_members_of_a_union_are_told_apart(body: bytes, found: list[tuple[str, str]]) -> None:
    kind = Cat | Dog | list[str] | None
    assert read(kind, b'{"type":"dog","name":"a"}') == Dog("a")
    assert read(kind, b'["a"]') == ["a"]
    assert read(kind, b"null") is None
    assert found == errors(kind, body)


def test_a_tag_that_is_not_needed_is_no_undeclared_key() -> None:
    assert read(Cat, b'{"type":"cat"}') == Cat()
    assert errors(Cat, b'{"type":"dog"}') == [("type", "choice")]


def test_tables_and_rows_are_read() -> None:
    kind = dict[int, tuple[str, Priced]]
    assert read(kind, b'{"1":["a",{"price":"1.5"}]}') == {1: ("a", Priced(Decimal("1.5")))}
    assert errors(kind, b'{"x":["a",{"price":1,"z":2}],"2":[5],"3":["a",{"price":1},1],"4":{}}') == [
        ("x", "type"),
        ("x.1.z", "unknown"),
        ("2", "too_short"),
        ("2.0", "type"),
        ("3", "too_long"),
        ("4", "type"),
    ]


def test_anything_takes_anything() -> None:
    assert read(dict[str, Any], b'{"a":[1,{"b":null}]}') == {"a": [1, {"b": None}]}


@pytest.mark.parametrize("kind", [object, complex, list[complex], dict[str, bytearray], int | type], ids=repr)
def test_a_type_that_json_has_no_words_for_is_refused(kind: Any) -> None:
    with pytest.raises(TypeError):
        node_of(kind)


# --- values that msgspec takes and that are refused all the same ------------------------------------------------------


def test_a_decimal_keeps_every_digit() -> None:
    assert read(Priced, b'{"price":0.10000000000000000001}').price == Decimal("0.10000000000000000001")
    assert read(Priced, b'{"price":"0.10000000000000000001"}').price == Decimal("0.10000000000000000001")


@pytest.mark.parametrize("text", [b'"NaN"', b'"-Infinity"', b'"sNaN"', b'"1_000"', b'"1e99999"', b"1e99999"])
def test_a_decimal_is_a_number_of_a_sensible_size(text: bytes) -> None:
    code = "format" if text.startswith(b'"') else "type"
    assert errors(Priced, b'{"price":' + text + b"}") == [("price", code)]
    assert errors(list[Decimal | None], b"[null," + text + b"]") == [("1", code)]
    assert errors(Decimal | int | list[int], text) == [("", "type")]


def test_an_undeclared_key_is_found_whatever_it_holds() -> None:
    assert errors(Priced, b'{"price":1,"other":1e999}') == [("other", "unknown")]
    with pytest.raises(MalformedInput):
        read(Priced, b'{"price":1,"other":"\xff"}')


def test_strict_structs_need_no_second_look() -> None:
    assert not node_of(Strict).loose
    assert errors(Strict, b'{"x":1,"z":1}') == [("z", "unknown")]


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_a_class_that_refuses_is_asked_where_its_parts_are_well() -> None:
    body = b'[{"items":[]},{"items":[{"price":"x"}]},{"items":[{"price":1}]}]'
    assert errors(list[Invoice], body) == [("0", "invalid"), ("1.items.0.price", "format")]


def test_a_key_that_stands_twice_and_is_wrong_once_is_a_mistake_of_the_whole() -> None:
    assert errors(Strict, b'{"x":"wrong","x":1}') == [("", "invalid")]


def test_a_document_full_of_mistakes_is_not_answered_by_a_longer_one() -> None:
    assert len(errors(list[int], b"[" + b'"x",' * 10_000 + b"1]")) == MAX_ERRORS


# --- anything at all --------------------------------------------------------------------------------------------------

NAMES = ["x", "y", "text", "replies", "price", "items", "type", "name"]

NOISE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "red", "cat", "5", "NaN", "1e999", "2026-01-31", "2026-01-31T09:30:00", "09:30", "=="]),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "1", "z"]), values, max_size=3)
    ),
    max_leaves=5,
)
"""JSON values that fit no type in particular."""


class Kind(NamedTuple):
    """A type, and JSON values that mostly fit it."""

    annotation: Any
    values: st.SearchStrategy[Any]


def mostly(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 15).flatmap(lambda dice: values if dice else NOISE)


SCALARS = [
    Kind(str, st.text(max_size=3)),
    Kind(int, st.integers()),
    Kind(float, st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9)),
    Kind(bool, st.booleans()),
    Kind(Decimal, st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str) | st.integers()),
    Kind(date, st.dates().map(str)),
    Kind(time, st.times().map(str)),
    Kind(datetime, st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)),
    Kind(timedelta, st.sampled_from(["PT5M", "P1D"])),
    Kind(UUID, st.uuids().map(str)),
    Kind(bytes, st.sampled_from(["", "YWJj"])),
    Kind(Any, NOISE),
    Kind(Color, st.sampled_from(["red", "blue"])),
    Kind(Literal["a", 1], st.sampled_from(["a", 1])),
    Kind(Annotated[int, msgspec.Meta(ge=1, lt=9)], st.integers(0, 9)),
    Kind(Annotated[int, msgspec.Meta(multiple_of=5)], st.integers(-1, 1).map(lambda number: number * 5)),
    Kind(Annotated[float, msgspec.Meta(gt=0)], st.sampled_from([0, 0.5, 1])),
    Kind(Annotated[str, msgspec.Meta(min_length=2, max_length=4)], st.text(min_size=1, max_size=5)),
    Kind(Annotated[str, msgspec.Meta(pattern="^a")], st.sampled_from(["a", "ab", "b"])),
    Kind(Annotated[datetime, msgspec.Meta(tz=True)], st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)),
    Kind(Annotated[datetime, msgspec.Meta(tz=False)], st.datetimes().map(datetime.isoformat)),
    Kind(int | str | None, st.integers() | st.text(max_size=3) | st.none()),
    Kind(int | datetime, st.integers() | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")),
]
CATS = st.fixed_dictionaries({"type": st.just("cat")}, optional={"lives": mostly(st.integers())})
DOGS = st.fixed_dictionaries({"type": st.just("dog"), "name": mostly(st.text())})
STRICT = st.fixed_dictionaries({"x": mostly(st.integers())}, optional={"y": mostly(st.text())})
PRICED = st.fixed_dictionaries({"price": mostly(st.sampled_from([1, 0.5, "1.5"]))}, optional={"note": st.text()})
COMMENTS = st.recursive(
    st.fixed_dictionaries({"text": mostly(st.text(max_size=5))}),
    lambda inner: st.fixed_dictionaries({"text": st.text(max_size=5), "replies": mostly(st.lists(inner, max_size=2))}),
    max_leaves=4,
)
CLASSES = [
    Kind(Cat, CATS | st.just({})),
    Kind(Strict, STRICT),
    Kind(Priced, PRICED),
    Kind(Comment, COMMENTS),
    Kind(Invoice, st.fixed_dictionaries({"items": mostly(st.lists(PRICED, max_size=2))})),
    Kind(Cat | Dog, CATS | DOGS),
    Kind(Strict | list[int] | int, STRICT | st.lists(mostly(st.integers())) | st.integers()),
    Kind(Dog | Decimal | None, DOGS | st.integers() | st.none()),
]


def optional_of(kind: Kind) -> Kind:
    return Kind(Union[kind.annotation, None], mostly(kind.values) | st.none())  # noqa: UP007 (a value)


def list_of(kind: Kind) -> Kind:
    return Kind(GenericAlias(list, kind.annotation), st.lists(mostly(kind.values), max_size=3))


def short_list_of(kind: Kind) -> Kind:
    return Kind(Annotated[list_of(kind).annotation, msgspec.Meta(min_length=1, max_length=2)], list_of(kind).values)


def table_of(key: type, kind: Kind) -> Kind:
    keys = st.sampled_from(["1", "2", "30"] if key is int else ["a", "1"])
    return Kind(GenericAlias(dict, (key, kind.annotation)), st.dictionaries(keys, mostly(kind.values), max_size=2))


def row_of(kinds: tuple[Kind, Kind]) -> Kind:
    annotation = GenericAlias(tuple, tuple(kind.annotation for kind in kinds))
    return Kind(annotation, st.tuples(*(mostly(kind.values) for kind in kinds)).map(list))


def dataclass_of(required: dict[str, Kind], optional: dict[str, Kind]) -> Kind:
    left = {name: optional_of(kind) for name, kind in optional.items() if name not in required}
    fields = [(name, kind.annotation) for name, kind in required.items()]
    defaults = [(name, kind.annotation, field(default=None)) for name, kind in left.items()]
    return Kind(make_dataclass("Made", [*fields, *defaults]), values_of(required, left))


def struct_of(required: dict[str, Kind], *, strict: bool) -> Kind:
    fields = [(name, kind.annotation) for name, kind in required.items()]
    return Kind(msgspec.defstruct("Made", fields, forbid_unknown_fields=strict), values_of(required, {}))


def values_of(required: dict[str, Kind], optional: dict[str, Kind]) -> st.SearchStrategy[Any]:
    members = {name: mostly(kind.values) for name, kind in required.items()}
    others = {name: mostly(kind.values) for name, kind in optional.items()}
    exact = st.fixed_dictionaries(members, optional=others)
    return exact | exact | exact | st.builds(lambda value, noise: {**value, "z": noise}, exact, NOISE)


def containers_of(kinds: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    fields = st.dictionaries(st.sampled_from(NAMES), kinds, max_size=3)
    return st.one_of(
        kinds.map(optional_of),
        kinds.map(list_of),
        kinds.map(short_list_of),
        st.builds(table_of, st.sampled_from([str, int]), kinds),
        st.tuples(kinds, kinds).map(row_of),
        st.builds(dataclass_of, fields, fields),
        st.builds(struct_of, fields, strict=st.booleans()),
    )


KINDS = st.recursive(st.sampled_from(SCALARS) | st.sampled_from(CLASSES), containers_of, max_leaves=6)
CASES = KINDS.flatmap(lambda kind: st.tuples(st.just(kind.annotation), mostly(kind.values)))


def outcome(kind: Any, body: bytes) -> tuple[FieldError, ...]:
    """Return the mistakes that reading a document told; none when it was taken."""
    try:
        read(kind, body)
    except InvalidInput as invalid:
        return invalid.errors
    return ()


@settings(max_examples=300)
@given(CASES)
def test_a_document_is_taken_exactly_when_the_walk_finds_no_mistake(case: tuple[Any, Any]) -> None:
    kind, value = case
    body = json.dumps(value).encode()
    assert tuple(node_of(kind).mistakes(msgspec.Raw(body), ())) == outcome(kind, body)


@given(CASES)
def test_what_was_read_reads_the_same_when_it_is_written(case: tuple[Any, Any]) -> None:
    kind, value = case
    body = json.dumps(value).encode()
    if not outcome(kind, body):
        found = read(kind, body)
        assert read(kind, msgspec.json.encode(found)) == found


@given(st.sampled_from(CLASSES), st.binary() | NOISE.map(lambda value: json.dumps(value).encode()[:-1] + b"\xff"))
def test_no_bytes_raise_anything_but_what_is_promised(kind: Kind, body: bytes) -> None:
    with contextlib.suppress(InvalidInput, MalformedInput):
        read(kind.annotation, body)
