"""Cases: the schema and the server: what is created, what is found to differ, what stays."""

# ruff: noqa: D103  -- the name of a case says what it shows

from __future__ import annotations

from newel_data.kit.harness import Kit, case
from newel_data.kit.models import Author, Notice


@case("schema", needs=["schema"])
def sync_creates_nothing_that_is_there(kit: Kit) -> None:
    kit.stored(Author(name="Ada"))
    for dry_run in (True, False):
        report = kit.backend.sync(dry_run=dry_run)
        assert (report.created, report.differences) == ((), ())
    with kit.unit(read_only=True) as db:
        assert db.query(Author).count() == 1


@case("schema", needs=["schema"])
def verify_finds_nothing_in_what_sync_created(kit: Kit) -> None:
    kit.stored(ada := Author(name="Ada"), Notice(title="x", author=ada))
    assert list(kit.backend.verify()) == []


@case("connections")
def a_check_leaves_the_backend_usable(kit: Kit) -> None:
    kit.backend.check()
    kit.stored(Author(name="Ada"))
    kit.backend.check()
    with kit.unit(read_only=True) as db:
        assert db.query(Author).count() == 1


@case("connections", needs=["durable"])
def what_was_committed_stays_when_the_backend_is_opened_again(kit: Kit) -> None:
    kit.stored(Author(name="Ada"))
    lost = kit.database()
    lost.add(Author(name="Bob"))
    lost.close()
    kit.reopen()
    with kit.unit(read_only=True) as db:
        assert [author.name for author in db.query(Author)] == ["Ada"]
