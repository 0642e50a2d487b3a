"""The contract of renderers: a value becomes the bytes of one media type."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


class Renderer(Protocol):
    """Turns data into bytes. Keyed by media type (`application/json`), in plugin order; the first is the default."""

    @property
    def content_type(self) -> str:
        """The Content-Type header's value, with charset where the type is text."""
        ...

    def render(self, value: Any, /) -> bytes:
        """Return the value in this media type. Raises `TypeError` for a value that it cannot express."""
        ...


@runtime_checkable
class Public(Protocol):
    """An object that says which part of it anybody may see; renderers render that part and nothing else."""

    def __public__(self) -> Any:
        """Return the public part as data. Raises `TypeError` where nothing of it was declared public."""
        ...


def public_part(value: Any) -> Any:
    """Return what of an object may be rendered, for renderers that meet one they do not know. Raises `TypeError`."""
    if isinstance(value, Public):
        return value.__public__()
    msg = f"{type(value).__module__}.{type(value).__qualname__} is no data"
    raise TypeError(msg)
