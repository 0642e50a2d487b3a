"""The contract of renderers: a value becomes the bytes of one media type."""

from __future__ import annotations

from typing import Any, Protocol


class Renderer(Protocol):
    """Turns data into bytes. Keyed by media type (`application/json`), in the order of preference that boot fixed."""

    content_type: str
    """The Content-Type header's value, with charset where the type is text."""

    def render(self, value: Any) -> bytes:
        """Return the value in this media type. Raises `TypeError` for a value that it cannot express."""
        ...
