"""Content-Security-Policies (CSP 3): the default, how a nonce is added, and where another policy is weaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

POLICY: Final = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

_NONE: Final = "'none'"
_STRICT: Final = frozenset({_NONE, "'strict-dynamic'", "'report-sample'", "'report-sha256'"})
_FETCH: Final = "default-src"
_ALONE: Final = ("base-uri", "frame-ancestors", "form-action")
"""Directives that `default-src` does not stand for (CSP 3, section 6.1)."""


def with_nonce(policy: str, nonce: str) -> str:
    """Return a policy that allows scripts and styles with the nonce, beside what it allows already (CSP 3, 2.3.1)."""
    directives = dict(split(policy))
    fallback = directives.get(_FETCH, "'self'")
    for name in ("script-src", "style-src"):
        sources = directives.get(name, fallback)
        directives[name] = f"{'' if sources == _NONE else sources + ' '}'nonce-{nonce}'"
    return "; ".join(f"{name} {value}".strip() for name, value in directives.items())


def split(policy: str) -> Iterable[tuple[str, str]]:
    """Yield the directives of a policy with their sources; the first of a name counts."""
    seen: set[str] = set()
    for directive in policy.split(";"):
        name, _, value = directive.strip().partition(" ")
        if name and name.lower() not in seen:
            seen.add(name.lower())
            yield name.lower(), value.strip()


def weaknesses(policy: str) -> Iterator[str]:
    """Yield in words what a policy allows that the default one does not."""
    ours, theirs = dict(split(POLICY)), dict(split(policy))
    for name in (_FETCH, *_ALONE):
        if name not in theirs:
            yield f"{name} is missing, so that anything goes"
    if "object-src" not in theirs and theirs.get(_FETCH, _NONE) != _NONE:
        theirs["object-src"] = theirs[_FETCH]
    for name, sources in theirs.items():
        if name in ours or name.endswith(("-src", "-src-elem", "-src-attr")):
            more = _more(sources.split(), ours.get(name, ours[_FETCH]).split())
            if more:
                yield f"{name} allows {' '.join(more)}"


def _more(sources: list[str], ours: list[str]) -> list[str]:
    """Return the sources that the default does not have; a hash allows one known text, and is as good."""
    known = {*ours, *_STRICT}
    return [each for each in sources if each.lower() not in known and not each.lower().startswith("'sha")]
