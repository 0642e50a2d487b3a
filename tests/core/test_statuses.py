"""Phrases of the statuses: those of the registry, whatever Python says."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from newel.statuses import PHRASES

RENAMED = {413, 414, 416, 422}
"""Those that RFC 9110 calls otherwise than older releases of Python do."""


def test_every_status_that_python_knows_has_a_phrase() -> None:
    assert {int(status) for status in HTTPStatus} <= set(PHRASES)


@pytest.mark.parametrize("status", [status for status in HTTPStatus if status not in RENAMED])
def test_the_phrase_is_pythons_but_for_the_renamed(status: HTTPStatus) -> None:
    assert status.phrase.casefold() == PHRASES[status].casefold()
