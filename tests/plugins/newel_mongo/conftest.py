from __future__ import annotations

from collections.abc import Iterator

import pytest

from newel_mongo import MongoBackend
from tests.plugins.newel_mongo.board import opened
from tests.services import mongodb_database


@pytest.fixture
def url(mongodb: str) -> Iterator[str]:
    """A database of its own."""
    with mongodb_database(mongodb) as url:
        yield url


@pytest.fixture
def backend(url: str) -> Iterator[MongoBackend]:
    """A backend, with its collections."""
    backend = opened(url)
    backend.sync()
    yield backend
    backend.close()
