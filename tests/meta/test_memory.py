"""What routes hold, counted in the bytes that Python was asked for, so that the count is the same on every machine."""

from __future__ import annotations

import gc
import tracemalloc

from benchmarks.hello.newel import build
from benchmarks.report import MAX_MB_OF_ROUTES
from benchmarks.rows import ROUTES


def test_many_routes_hold_no_more_than_was_wanted() -> None:
    build(1)  # what is made once for all applications is there then
    gc.collect()
    tracemalloc.start()
    try:
        app = build(ROUTES)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(app.generation.routes) == ROUTES + 1
    assert held / 2**20 <= MAX_MB_OF_ROUTES
