from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from uuid import UUID

import pytest

from newel_data.identity import KEY_LENGTH, Identifiers, new_id, utcnow
from tests.forks import in_fork


def test_identifier_is_a_uuid_of_version_7() -> None:
    made = new_id()
    uuid = UUID(made)
    assert (uuid.version, str(uuid), len(made)) == (7, made, KEY_LENGTH)
    assert uuid.variant == "specified in RFC 4122"


def test_identifier_begins_with_the_time_in_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(Identifiers().make()).int >> 80
    assert before <= made <= time.time_ns() // 1_000_000 + 1


def test_identifiers_sort_as_they_were_made() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))


def test_identifiers_stay_ordered_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    identifiers = Identifiers()
    first = identifiers.make()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    later = [identifiers.make() for _ in range(100)]
    assert [first, *later] == sorted({first, *later})


def test_threads_never_get_the_same_identifier() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: new_id(), range(4000)))
    assert len(set(made)) == len(made)


def test_forked_processes_go_on_apart() -> None:
    identifiers = Identifiers()
    identifiers.make()
    assert _in_a_fork(identifiers) != _in_a_fork(identifiers)


def _in_a_fork(identifiers: Identifiers) -> bytes:
    reading, writing = os.pipe()
    in_fork(lambda: os.write(writing, identifiers.make().encode()))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read()


def test_now_is_aware_and_whole_milliseconds() -> None:
    now = utcnow()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
