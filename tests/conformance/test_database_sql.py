"""SQL servers pass the kit of the persistence contract, and answer as the memory backend does.

SQLite does so in test_database.py; here are those that are processes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
from hypothesis import given, settings

from newel_data.kit import Case, Kit, across, cases, left_out
from newel_data.kit.across import Board, boards
from newel_data.kit.generated import Question, answers, questions
from newel_data.kit.random_models import ModelPlan, models
from newel_data.kit.random_models import outcome as outcome_of_model
from newel_data.kit.sequences import UnitOfOperations, outcome, programs
from newel_memory import MemoryBackend
from newel_sql.dialects.mariadb import MariadbDialect
from newel_sql.dialects.postgresql import PostgresqlDialect
from tests.databases import SERVERS, backend_at, new_database
from tests.proxies import breaking_kit

CAPABILITIES = PostgresqlDialect.capabilities

generated = settings(max_examples=30)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with SERVERS[request.param]() as url:
        yield url


@pytest.fixture(scope="module")
def kit(server: str) -> Iterator[Kit]:
    with closing(Kit(partial(backend_at, new_database(server)))) as kit:
        yield kit


@pytest.fixture(scope="module")
def breaking(server: str) -> Iterator[Kit]:
    with breaking_kit(new_database(server)) as kit:
        yield kit


@pytest.mark.parametrize("case", cases(CAPABILITIES), ids=str)
def test_the_kit(case: Case, kit: Kit, breaking: Kit) -> None:
    case(breaking if "server" in case.needs else kit)


def test_servers_leave_out_only_what_they_have_no_use_for() -> None:
    assert CAPABILITIES == MariadbDialect.capabilities
    assert {capability for case in left_out(CAPABILITIES) for capability in case.needs} == {"document_limit"}


@given(question=questions())
@generated
def test_generated_questions_are_answered_as_in_memory(question: Question, kit: Kit, memory: Kit) -> None:
    assert answers(memory, question) == answers(kit, question)


@given(board=boards())
@generated
def test_generated_boards_are_answered_as_in_memory(board: Board, kit: Kit, memory: Kit) -> None:
    assert across.answers(memory, board) == across.answers(kit, board)


@given(program=programs())
@generated
def test_generated_units_end_as_in_memory(program: list[UnitOfOperations], kit: Kit, memory: Kit) -> None:
    assert outcome(memory, program) == outcome(kit, program)


@given(plan=models())
@settings(max_examples=8)
def test_generated_models_are_stored_as_in_memory(plan: ModelPlan, server: str) -> None:
    assert outcome_of_model(MemoryBackend, plan) == outcome_of_model(
        lambda models: backend_at(new_database(server), models), plan
    )
