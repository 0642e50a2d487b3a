"""Newel does what the benchmarks ask for: their numbers are of right answers."""

from __future__ import annotations

import pytest

from benchmarks.calls import ask
from benchmarks.contest import NEWEL
from benchmarks.rows import ROWS, Row
from benchmarks.worker import build


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_newel_answers_as_the_row_says(row: Row) -> None:
    answer = ask(build(NEWEL, row.site), row.call)
    assert answer.status == row.status, answer.body
    assert answer.body


@pytest.mark.parametrize("row", [row for row in ROWS if row.base], ids=lambda row: row.name)
def test_what_a_row_is_based_on_answers_too(row: Row) -> None:
    assert row.base
    assert ask(build(NEWEL, row.base.site), row.base.call).status == row.status


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_targets_name_contestants_of_their_row(row: Row) -> None:
    known = {*row.peers, *([row.base.name] if row.base else [])}
    assert {target.peer for target in row.targets} <= known
