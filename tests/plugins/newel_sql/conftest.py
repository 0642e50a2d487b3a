from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newel_sql import SqlBackend
from tests.plugins.newel_sql.board import opened


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[SqlBackend]:
    """A SQLite database in a file, with its tables."""
    backend = opened(tmp_path)
    backend.sync()
    yield backend
    backend.close()
