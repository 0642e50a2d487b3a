from __future__ import annotations

import pytest

from newel.multidict import MultiDict

ARGS = MultiDict({"page": ["2", "3"], "tag": ["a"], "n": ["x", "7"]})


def test_as_a_mapping_it_shows_first_values() -> None:
    assert dict(ARGS) == {"page": "2", "tag": "a", "n": "x"}
    assert ("tag" in ARGS, "no" in ARGS, len(ARGS)) == (True, False, 3)
    with pytest.raises(KeyError):
        ARGS["no"]


def test_one_value_is_taken() -> None:
    assert (ARGS.get("page"), ARGS.first("page"), ARGS.last("page")) == ("2", "2", "3")
    assert (ARGS.get("no"), ARGS.get("no", "d"), ARGS.last("no", "d")) == (None, "d", "d")


def test_a_value_is_read_by_a_type_or_is_the_default() -> None:
    assert ARGS.get("page", type=int) == 2
    assert ARGS.get("tag", 1, type=int) == 1
    assert ARGS.get("no", type=int) is None


def test_all_values_are_taken() -> None:
    assert ARGS.getlist("page") == ["2", "3"]
    assert ARGS.getlist("n", int) == [7]
    assert ARGS.getlist("no") == []


def test_what_is_handed_out_is_a_copy() -> None:
    ARGS.getlist("page").append("4")
    ARGS.to_dict()["page"].append("4")
    assert ARGS.to_dict() == {"page": ["2", "3"], "tag": ["a"], "n": ["x", "7"]}


def test_two_are_equal_when_all_their_values_are() -> None:
    assert MultiDict({"a": ["1", "2"]}) == MultiDict({"a": ["1", "2"]})
    assert MultiDict({"a": ["1"]}) != MultiDict({"a": ["1", "2"]})
    assert MultiDict() != {}
