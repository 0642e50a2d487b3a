from __future__ import annotations

import pytest

from newel.state import State, StateKey


def test_a_value_is_kept_under_a_key() -> None:
    state, key = State(), StateKey[int]("count")
    state[key] = 3
    assert (state[key], key in state, state.get(key)) == (3, True, 3)
    del state[key]
    assert (key in state, state.get(key), state.get(key, 0)) == (False, None, 0)


def test_keys_of_one_name_are_two_keys() -> None:
    state = State()
    mine, theirs = StateKey[int]("count"), StateKey[int]("count")
    state[mine] = 3
    assert theirs not in state
    with pytest.raises(KeyError, match=r"StateKey\('count'\)"):
        state[theirs]
