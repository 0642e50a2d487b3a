"""MongoDB passes the kit of the persistence contract, and answers generated questions as the memory backend does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
from hypothesis import given, settings

from newel_data import DataError
from newel_data.kit import Case, Kit, across, all_cases, cases, left_out
from newel_data.kit.across import Board, boards
from newel_data.kit.generated import Question, answers, questions
from newel_data.kit.random_models import ModelPlan, models
from newel_data.kit.random_models import outcome as outcome_of_model
from newel_data.kit.sequences import UnitOfOperations, outcome, programs
from newel_memory import MemoryBackend
from newel_mongo.backend import CAPABILITIES
from tests.databases import backend_at
from tests.proxies import breaking_kit
from tests.services import UNPROVEN, is_of_stand_in, mongodb_database

FLOATS = next(case for case in all_cases() if str(case) == "aggregation: overflow is refused")


@pytest.fixture(scope="module")
def mongo(mongodb: str) -> Iterator[Kit]:
    with mongodb_database(mongodb) as url, closing(Kit(partial(backend_at, url))) as kit:
        yield kit


@pytest.fixture(scope="module")
def breaking(mongodb: str) -> Iterator[Kit]:
    with mongodb_database(mongodb) as url, breaking_kit(url) as kit:
        yield kit


@pytest.mark.parametrize("case", [case for case in cases(CAPABILITIES) if case is not FLOATS], ids=str)
def test_mongodb(case: Case, mongo: Kit, breaking: Kit) -> None:
    case(breaking if "server" in case.needs else mongo)


def test_mongodb_refuses_overflow(mongo: Kit) -> None:
    """NOTE: the stand-in ends a `$sum` of doubles beyond their range by an error of its own; MongoDB's is infinite."""
    try:
        FLOATS(mongo)
    except DataError as error:
        if not is_of_stand_in(error):
            raise
        pytest.skip(UNPROVEN)


def test_mongodb_leaves_out_only_the_state_that_a_unit_without_a_transaction_does_not_keep() -> None:
    assert [str(case) for case in left_out(CAPABILITIES)] == ["isolation: a unit that only reads sees one state"]


@given(question=questions())
@settings(max_examples=20)
def test_mongodb_answers_generated_questions_as_memory_does(question: Question, mongo: Kit, memory: Kit) -> None:
    assert answers(memory, question) == answers(mongo, question)


@given(board=boards())
@settings(max_examples=12)
def test_mongodb_looks_across_references_as_memory_does(board: Board, mongo: Kit, memory: Kit) -> None:
    assert across.answers(memory, board) == across.answers(mongo, board)


@given(program=programs())
@settings(max_examples=20)
def test_mongodb_ends_generated_units_as_memory_does(program: list[UnitOfOperations], mongo: Kit, memory: Kit) -> None:
    assert outcome(memory, program) == outcome(mongo, program)


@given(plan=models())
@settings(max_examples=5)
def test_mongodb_stores_generated_models_as_memory_does(plan: ModelPlan, mongodb: str) -> None:
    with mongodb_database(mongodb) as url:
        stored = outcome_of_model(partial(backend_at, url), plan)
    assert outcome_of_model(MemoryBackend, plan) == stored
