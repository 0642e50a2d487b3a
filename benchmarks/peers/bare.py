"""No framework: JSON by the standard library."""

from __future__ import annotations

from typing import Any

from benchmarks.hello import bare


def build(site: str) -> Any:
    return bare.build()
