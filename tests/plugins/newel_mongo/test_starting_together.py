"""Several processes that start at once create the same collections."""

from __future__ import annotations

from newel_data.kit.together import all_well, at_once
from newel_mongo import MongoBackend
from tests.plugins.newel_mongo.board import opened


def test_each_finds_everything_there_in_the_end(url: str) -> None:
    backends: dict[int, MongoBackend] = {number: opened(url) for number in range(6)}
    all_well(at_once({number: backend.sync for number, backend in backends.items()}).values())
    assert [backend.verify() for backend in backends.values()] == [[]] * 6
    for backend in backends.values():
        backend.close()
