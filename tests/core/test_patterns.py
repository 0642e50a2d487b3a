"""Patterns are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from newel.patterns import pattern


def test_a_pattern_answers_as_a_compiled_one() -> None:
    word = pattern(r"[a-z]+")
    assert word.fullmatch("abc") is not None
    assert word.fullmatch("ABC") is None
    assert ["a", "b"] == word.findall("a b")


def test_its_flags_count_and_bytes_are_read_too() -> None:
    assert pattern("a", re.IGNORECASE).search("A") is not None
    assert b"-b-" == pattern(rb"[ac]").sub(b"-", b"abc")


def test_nothing_is_compiled_before_it_is_used() -> None:
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.search("")


def test_what_was_used_once_is_found_without_a_search() -> None:
    word = pattern("a")
    assert word.search("a") is not None
    assert "search" in vars(word)
