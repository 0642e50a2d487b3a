"""Content negotiation: which of the media types on offer a client would like best (RFC 9110, 12.5.1).

Nothing here raises: a part of the header that is ill-formed is left out, and a header of which nothing is left counts
as not sent. The work is linear in the header's length.

NOTE: a comma or semicolon inside a quoted parameter is not honoured; such a range matches nothing that is on offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, final

import msgspec

from newel.patterns import pattern

_RANGE: Final = pattern(r"[!#$%&'*+\-.^_`|~0-9a-z]+/[!#$%&'*+\-.^_`|~0-9a-z]+")
_WEIGHT: Final = pattern(r"[01]?\.?[0-9]{0,9}")


@final
class MediaRange(msgspec.Struct, frozen=True):
    """One member of an Accept header: `text/*`, its parameters without the weight, and the weight."""

    name: str
    parameters: frozenset[str]
    weight: float

    def fit(self, name: str, parameters: frozenset[str]) -> int:
        """Return how exactly this range names an offer; 0 when it does not. The most exact range decides."""
        if self.name == name:
            return 3 + len(self.parameters) if self.parameters <= parameters else 0
        if self.parameters:
            return 0
        if self.name == "*/*":
            return 1
        return 2 if self.name[-2:] == "/*" and name.startswith(self.name[:-1]) else 0


@final
class Accept:
    """An Accept header, read."""

    __slots__ = ("header", "ranges")

    def __init__(self, header: str) -> None:
        self.header: Final = header
        self.ranges: Final = _ranges(header)

    def quality(self, offer: str) -> float:
        """Return how much an offer is liked, from 0 (not acceptable) to 1; 1 for all when nothing was said."""
        if not self.ranges:
            return 1.0
        name, parameters = _split(offer.lower())
        best, weight = 0, 0.0
        for media_range in self.ranges:
            fit = media_range.fit(name, parameters)
            if fit > best:
                best, weight = fit, media_range.weight
        return weight

    def best(self, offers: Sequence[str]) -> str | None:
        """Return the offer that is liked best; of equals the first one offered; None when none is acceptable."""
        chosen, most = None, 0.0
        for offer in offers:
            quality = self.quality(offer)
            if quality > most:
                chosen, most = offer, quality
        return chosen

    @property
    def prefers_html(self) -> bool:
        """Whether a person with a browser seems to ask: HTML is named, and liked better than JSON."""
        named = any(media_range.name in _HTML for media_range in self.ranges)
        return named and self.quality("text/html") > self.quality("application/json")

    def __repr__(self) -> str:
        return f"Accept({self.header!r})"


_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})


def best(accept_header: str, offers: Sequence[str]) -> str | None:
    """Return the offer that an Accept header likes best, or None; the first one where the header says nothing."""
    # PERF: scripts send nothing or */*, and programs of one's own exactly what they want.
    if accept_header in {"", "*/*"}:
        return offers[0] if offers else None
    if accept_header in offers:
        return accept_header
    return Accept(accept_header).best(offers)


def prefers_html(accept_header: str) -> bool:
    """Tell whether a browser seems to ask, so that an error is a page and not data."""
    if accept_header in {"", "*/*"} or "html" not in accept_header.lower():
        return False
    return Accept(accept_header).prefers_html


@lru_cache(maxsize=64)
def _ranges(header: str) -> tuple[MediaRange, ...]:
    """Read a header. PERF: the few that browsers send come again and again, and the header alone decides the result."""
    return tuple(_each_range(header))


def _each_range(header: str) -> Iterator[MediaRange]:
    for member in header.lower().split(","):
        name, _, rest = member.partition(";")
        name = name.strip(" \t")
        if name == "*":  # NOTE: old Java clients say so
            name = "*/*"
        if _RANGE.fullmatch(name) is None or (name[0] == "*" and name != "*/*"):
            continue
        weight, parameters = _weighed(rest) if rest else (1.0, frozenset[str]())
        if weight is not None:
            yield MediaRange(name, parameters, weight)


def _weighed(rest: str) -> tuple[float | None, frozenset[str]]:
    parameters: set[str] = set()
    weight: float | None = 1.0
    for part in rest.split(";"):
        name, _, value = part.partition("=")
        name, value = name.strip(" \t"), value.strip(" \t")
        if name == "q":
            weight = _weight(value)
        elif name:
            parameters.add(name + "=" + value.strip('"'))
    return weight, frozenset(parameters)


def _weight(text: str) -> float | None:
    if not text or text == "." or _WEIGHT.fullmatch(text) is None:
        return None
    return min(float(text), 1.0)


def _split(offer: str) -> tuple[str, frozenset[str]]:
    name, _, rest = offer.partition(";")
    return name.strip(), _weighed(rest)[1] if rest else frozenset()
