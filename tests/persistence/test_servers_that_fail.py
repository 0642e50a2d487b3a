"""A server that is killed or suspended, whatever the application was asking for: an error in time, and recovery.

The kit shows the same of connections that break (`newel_data.kit.losses`); here it is the server itself.
"""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial

import pytest

from newel_data import DatabaseUnavailable
from newel_data.kit.losses import WHOLE, befallen, state, works
from newel_data.kit.models import Account
from tests.databases import HASTY, IN_TIME, backend_at
from tests.persistence.stores import SERVERS, Store

pytestmark = [pytest.mark.faults, pytest.mark.parametrize("store", SERVERS, indirect=True)]

hasty = partial(backend_at, timeout=HASTY)


def test_a_killed_server_keeps_what_was_committed_and_nothing_else(store: Store) -> None:
    with store.kit() as (kit, _):
        before, after = befallen(kit, "down")
        assert after == before
        works(kit)


def test_a_suspended_server_is_unavailable_in_time_and_nothing_is_stored_in_part(store: Store) -> None:
    with store.kit() as (kit, _):
        before, after = befallen(kit, "silence")
        assert after in (before, before | WHOLE)
        works(kit)


def test_a_suspended_server_is_unavailable_to_who_connects_anew(store: Store) -> None:
    with (
        store.kit() as (kit, url),
        store.during("silence"),
        closing(hasty(url, kit.models)) as backend,
    ):
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            backend.check()
        assert time.monotonic() - started < IN_TIME


def test_an_application_that_starts_while_the_server_is_down_works_once_it_is_up(store: Store) -> None:
    with store.kit() as (kit, url), closing(hasty(url, kit.models)) as backend:
        with store.during("down"), pytest.raises(DatabaseUnavailable):
            backend.check()
        backend.check()
        kit.stored(Account(code="first"))
        assert state(kit) == {"first": 0}
