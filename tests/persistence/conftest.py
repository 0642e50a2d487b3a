from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.persistence.stores import STORES, Store


@pytest.fixture(scope="session", params=STORES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Every database that keeps what was committed."""
    with STORES[request.param](tmp_path_factory.mktemp(request.param)) as store:
        yield store
