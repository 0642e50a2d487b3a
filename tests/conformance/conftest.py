"""What every database is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from newel_data.kit import Kit
from newel_memory import MemoryBackend


@pytest.fixture(scope="module")
def memory() -> Iterator[Kit]:
    with closing(Kit(MemoryBackend)) as kit:
        yield kit
