"""Every database passes the kit of the persistence contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newel_data.kit import Case, Kit, all_cases, cases, left_out
from newel_data.models import Models
from newel_data.port import Backend
from newel_memory import MemoryBackend
from newel_memory.backend import CAPABILITIES


def open_memory(models: Models) -> Backend:
    return MemoryBackend(models)


@pytest.fixture(scope="module")
def memory() -> Iterator[Kit]:
    kit = Kit(open_memory)
    yield kit
    kit.close()


@pytest.mark.parametrize("case", cases(CAPABILITIES), ids=str)
def test_memory(case: Case, memory: Kit) -> None:
    case(memory)


def test_every_case_is_run_or_left_out() -> None:
    assert sorted(map(str, all_cases())) == sorted(map(str, [*cases(CAPABILITIES), *left_out(CAPABILITIES)]))
    assert len(set(map(str, all_cases()))) == len(all_cases())
