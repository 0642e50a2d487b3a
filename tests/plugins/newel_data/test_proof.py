from __future__ import annotations

from newel_data.kit import Case, all_cases
from newel_data.kit.proof import Outcome, Server, exceptions, prove, table
from newel_data.models import Models
from newel_memory import MemoryBackend
from newel_memory.backend import CAPABILITIES

MEMORY = Server(name="memory", open_backend=MemoryBackend, capabilities=CAPABILITIES)
FIRST = all_cases()[0]


def cells(server: Server, outcome: Outcome, **others: Outcome) -> list[str]:
    """Return the table's cells of the first row, where every case had the outcome but the first one of the kit."""
    outcomes: dict[Case, Outcome] = dict.fromkeys(all_cases(), outcome)
    outcomes[FIRST] = others.get("first", outcome)
    line = next(line for line in table({server: outcomes}).splitlines() if line.startswith(f"| {FIRST.row} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_what_passes_is_proven() -> None:
    assert cells(MEMORY, "passed")[2] == "PROVEN"
    assert cells(Server(name="x", stand_in=True), "passed")[2] == "PROVEN ON STAND-IN"


def test_one_case_that_fails_is_told() -> None:
    assert cells(MEMORY, "passed", first="failed")[2] == "FAILED"


def test_what_was_not_run_is_unproven() -> None:
    assert cells(MEMORY, "passed", first="not run")[2] == "UNPROVEN"
    assert set(prove(Server(name="x")).values()) == {"not run"}


def test_cases_that_do_not_apply_are_counted_out() -> None:
    _, count, cell = cells(MEMORY, "passed", first="left out")
    assert cell == f"PROVEN ({int(count) - 1} of {count})"
    assert cells(MEMORY, "left out")[2] == "does not apply"


def test_what_the_stand_in_itself_failed_is_unproven() -> None:
    stand_in = Server(name="x", stand_in=True)
    _, count, cell = cells(stand_in, "passed", first="not shown")
    assert cell == f"PROVEN ON STAND-IN ({int(count) - 1} of {count})"
    assert cells(stand_in, "not shown")[2] == "UNPROVEN"


def test_each_case_that_was_not_shown_is_named_with_its_reason() -> None:
    snapshot = next(each for each in all_cases() if "snapshot_reads" in each.needs)
    lines = exceptions({Server(name="x", stand_in=True): {snapshot: "left out", FIRST: "not shown"}}).splitlines()
    assert lines[2:] == [
        f"| x | {snapshot} | does not apply: it has no concurrent_units, snapshot_reads |",
        f"| x | {FIRST} | UNPROVEN: the stand-in ends it by an error of its own |",
    ]


def test_every_case_is_run_where_it_can_be() -> None:
    found = prove(MEMORY)
    assert {each for each, outcome in found.items() if outcome == "left out"} == {
        each for each in all_cases() if not each.needs <= CAPABILITIES
    }
    assert set(found.values()) == {"passed", "left out"}


def test_a_case_that_fails_is_reported_and_the_others_run() -> None:
    class Forgetful(Exception):
        pass

    def opened(models: Models) -> MemoryBackend:
        backend = MemoryBackend(models)

        def check() -> None:
            raise Forgetful("where was I")

        backend.check = check  # type: ignore[method-assign]
        return backend

    told: list[str] = []
    found = prove(Server(name="memory", open_backend=opened, capabilities=CAPABILITIES), told.append)
    assert [each.row for each, outcome in found.items() if outcome == "failed"] == ["connections"]
    assert told == ["memory: connections: a check leaves the backend usable: Forgetful: where was I"]
