"""The memory backend passes the kit of the persistence contract, and SQLite answers generated questions as it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
from hypothesis import given, settings

from newel_data.kit import Case, Kit, across, all_cases, cases, left_out
from newel_data.kit.across import Board, boards
from newel_data.kit.generated import Question, answers, questions
from newel_data.kit.random_models import ModelPlan, models
from newel_data.kit.random_models import outcome as outcome_of_model
from newel_data.kit.sequences import UnitOfOperations, outcome, programs
from newel_memory import MemoryBackend
from newel_memory.backend import CAPABILITIES as MEMORY
from newel_sql.dialects.sqlite import SqliteDialect
from tests.databases import backend_at

open_sqlite = partial(backend_at, "sqlite://")


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Kit]:
    with closing(Kit(open_sqlite)) as kit:
        yield kit


@pytest.fixture(scope="module")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    with closing(Kit(partial(backend_at, f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/kit.db"))) as kit:
        yield kit


@pytest.mark.parametrize("case", cases(MEMORY), ids=str)
def test_memory(case: Case, memory: Kit) -> None:
    case(memory)


@pytest.mark.parametrize("case", cases(SqliteDialect.capabilities), ids=str)
def test_sqlite(case: Case, sqlite_file: Kit) -> None:
    case(sqlite_file)


def test_sqlite_leaves_out_only_what_it_is_not() -> None:
    lacking = {capability for case in left_out(SqliteDialect.capabilities) for capability in case.needs}
    assert lacking - SqliteDialect.capabilities == {"concurrent_writers", "document_limit", "server"}


@given(question=questions())
@settings(max_examples=60)
def test_sqlite_answers_generated_questions_as_memory_does(question: Question, sqlite: Kit, memory: Kit) -> None:
    assert answers(memory, question) == answers(sqlite, question)


@given(board=boards())
@settings(max_examples=40)
def test_sqlite_looks_across_references_as_memory_does(board: Board, sqlite: Kit, memory: Kit) -> None:
    assert across.answers(memory, board) == across.answers(sqlite, board)


@given(program=programs())
@settings(max_examples=60)
def test_sqlite_ends_generated_units_as_memory_does(program: list[UnitOfOperations], sqlite: Kit, memory: Kit) -> None:
    assert outcome(memory, program) == outcome(sqlite, program)


@given(plan=models())
@settings(max_examples=15)
def test_sqlite_stores_generated_models_as_memory_does(plan: ModelPlan) -> None:
    assert outcome_of_model(MemoryBackend, plan) == outcome_of_model(open_sqlite, plan)


def test_every_case_is_run_or_left_out() -> None:
    assert sorted(map(str, all_cases())) == sorted(map(str, [*cases(MEMORY), *left_out(MEMORY)]))
    assert len(set(map(str, all_cases()))) == len(all_cases())
