from __future__ import annotations

import pytest

from newel.errors import BootError, Place, Problem
from newel.sources import Layer, Setting, merged, of_environment, of_mapping, respelled

HERE = Place("app.py", 3)


def problem(error: pytest.ExceptionInfo[BootError]) -> Problem:
    (only,) = error.value.problems
    return only


# --- mappings ---------------------------------------------------------------------------------------------------------


def test_a_mapping_is_all_at_the_callers_line() -> None:
    layer = of_mapping({"app": {"hosts": ["a"]}, "odd": 1}, HERE)
    assert Setting(["a"], Place("app.py", 3, text="[app] hosts")) == layer.sections["app"]["hosts"]
    assert {"odd": Place("app.py", 3, text="odd = ...")} == layer.loose


def test_a_place_with_a_text_of_its_own_keeps_it() -> None:
    place = Place("command line", text="--use database=mongo")
    assert place == of_mapping({"use": {"database": "mongo"}}, place).sections["use"]["database"].place


# --- the environment --------------------------------------------------------------------------------------------------


def test_a_variable_sets_a_key_of_a_section_and_is_its_place() -> None:
    layer = of_environment({"NEWEL_SQL__URL": "sqlite://"}, [])
    setting = layer.sections["sql"]["url"]
    assert Setting("sqlite://", Place("environment", text="NEWEL_SQL__URL"), is_text=True) == setting
    assert "NEWEL_SQL__URL" == setting.variable


def test_other_variables_are_left_alone() -> None:
    assert {} == of_environment({"NEWEL_PROFILE": "x", "NEWEL_SQL_URL": "x", "SQL__URL": "x", "PATH": "x"}, []).sections


def test_a_variable_takes_the_spelling_of_the_layers_below() -> None:
    below = of_mapping({"rate-limits": {"perMinute": 1}}, HERE)
    layer = of_environment({"NEWEL_RATE_LIMITS__PERMINUTE": "2", "NEWEL_RATE_LIMITS__OTHER": "3"}, [below])
    assert {"rate-limits": {"perMinute", "other"}} == {name: set(table) for name, table in layer.sections.items()}


def test_variables_are_read_in_the_order_of_their_names() -> None:
    forwards = {"NEWEL_B__X": "1", "NEWEL_A__X": "2"}
    backwards = dict(reversed(forwards.items()))
    assert ["a", "b"] == list(of_environment(forwards, []).sections) == list(of_environment(backwards, []).sections)


def test_a_name_that_nobody_has_is_in_small_letters() -> None:
    assert ("max-age", "maxage") == (respelled("MAX_AGE", ["max-age"]), respelled("MAXAGE", ["max-age"]))


# --- layers over each other -------------------------------------------------------------------------------------------


def layer(number: int, value: object) -> Layer:
    return of_mapping({"app": {"hosts": value}}, Place("app.py", number))


def test_a_later_value_takes_the_place_of_earlier_ones_and_remembers_them() -> None:
    whole = merged([layer(1, ["a"]), layer(2, ["b"]), layer(3, ["c"])]).sections["app"]["hosts"]
    assert ["c"] == whole.value
    assert [3, 2, 1] == [place.line for place in (whole.place, *whole.overrides)]


def test_inner_tables_are_not_mixed() -> None:
    whole = merged([layer(1, {"a": 1}), layer(2, {"b": 2})])
    assert {"b": 2} == whole.sections["app"]["hosts"].value


def test_a_section_begins_where_it_was_first_seen() -> None:
    assert 1 == merged([layer(1, 1), layer(2, 2)]).headers["app"].line
