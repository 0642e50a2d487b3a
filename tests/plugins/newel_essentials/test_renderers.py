"""JSON as it is sent: what msgspec knows, what objects say is public, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from newel.contracts.renderer import public_part
from newel_essentials.renderers import JsonRenderer

DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(DOCUMENTS)
def test_what_is_rendered_reads_back_as_the_same(value: Any) -> None:
    assert json.loads(JsonRenderer().render(value)) == value


def test_it_says_what_it_is() -> None:
    assert JsonRenderer().content_type == "application/json"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_has_no_number_for_is_null(value: float) -> None:
    assert JsonRenderer().render([value]) == b"[null]"


def test_markup_is_its_text() -> None:
    assert JsonRenderer().render(Markup("<p>")) == b'"<p>"'


class Person:
    """An object that says what of it is public."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.password = "hunter2"

    def __public__(self) -> dict[str, Any]:
        return {"name": self.name, "friends": []}


def test_an_object_is_its_public_part_wherever_it_stands() -> None:
    assert JsonRenderer().render({"who": [Person("é")]}) == '{"who":[{"name":"é","friends":[]}]}'.encode()


def test_what_pydantic_makes_is_dumped_as_json() -> None:
    class Model:
        def model_dump(self, *, mode: str) -> dict[str, str]:
            return {"mode": mode}

    assert JsonRenderer().render([Model()]) == b'[{"mode":"json"}]'


class Plain:
    """An object that says nothing."""

    password = "hunter2"


@pytest.mark.parametrize("value", [Plain(), object(), 3 + 4j, lambda: None, Plain, range(3)])
def test_anything_else_is_refused_and_never_guessed_at(value: object) -> None:
    with pytest.raises(TypeError):
        JsonRenderer().render([value])


def test_an_object_that_is_no_data_is_named_by_its_class() -> None:
    with pytest.raises(TypeError, match=r"test_renderers\.Plain is no data"):
        public_part(Plain())


def test_a_struct_that_is_rendered_hides_what_it_omits() -> None:
    class Account(msgspec.Struct, omit_defaults=True):
        name: str
        note: str = ""

    assert JsonRenderer().render(Account("x")) == b'{"name":"x"}'
