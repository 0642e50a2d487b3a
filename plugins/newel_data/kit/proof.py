"""What was shown where: the rows of the contract by database, as a table for the documentation.

A row is PROVEN on a database where every case of it was run there and passed, PROVEN ON STAND-IN where that database is
a stand-in for the real one, and UNPROVEN where nobody could be asked. What is counted out is told case by case: one
that a database cannot run, because it lacks what the case is about, and one that the stand-in itself failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, final

import msgspec

from newel_data.kit import Case, all_cases
from newel_data.kit.faults import Faults
from newel_data.kit.harness import Kit, OpenBackend
from newel_data.port import Capability

Outcome = Literal["passed", "failed", "left out", "not shown", "not run"]
"""`left out`: the database lacks what the case is about; `not shown`: the stand-in failed by an error of its own."""

Outcomes = Mapping[Case, Outcome]

Report = Callable[[str], None]


@final
class Server(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A database that may be asked: `open_backend` is None where it cannot.

    `is_own_fault` tells an error of the stand-in itself from one of the backend: what ends so was not shown, and is
    counted out. `faults` breaks the connections of a backend that has a "server".
    """

    name: str
    open_backend: OpenBackend | None = None
    faults: Faults | None = None
    capabilities: frozenset[Capability] = frozenset()
    stand_in: bool = False
    is_own_fault: Callable[[Exception], bool] = lambda error: False


def prove(server: Server, report: Report = lambda text: None) -> dict[Case, Outcome]:
    """Run every case that the server can run; `report` is told of each that fails."""
    if server.open_backend is None:
        return dict.fromkeys(all_cases(), "not run")
    kit = Kit(server.open_backend, faults=server.faults)
    try:
        return {each: _outcome(server, kit, each, report) for each in all_cases()}
    finally:
        kit.close()


def _outcome(server: Server, kit: Kit, each: Case, report: Report) -> Outcome:
    if not each.needs <= server.capabilities:
        return "left out"
    try:
        each(kit)
    except Exception as error:  # noqa: BLE001  -- whatever is wrong, the case is not shown
        if server.stand_in and server.is_own_fault(error):
            return "not shown"
        report(f"{server.name}: {each}: {type(error).__name__}: {error}")
        return "failed"
    return "passed"


def table(results: Mapping[Server, Outcomes]) -> str:
    """Return the rows of the contract by server, in Markdown."""
    rows = dict.fromkeys(each.row for each in all_cases())
    head = ["row of the contract", "cases", *(server.name for server in results)]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        members = [each for each in all_cases() if each.row == row]
        lines.append([row, str(len(members)), *(_cell(server, found, members) for server, found in results.items())])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _cell(server: Server, outcomes: Outcomes, members: Sequence[Case]) -> str:
    found = [outcomes.get(each, "not run") for each in members]
    if "failed" in found:
        return "FAILED"
    if "not run" in found:
        return "UNPROVEN"
    shown = found.count("passed")
    if not shown:
        return "UNPROVEN" if "not shown" in found else NOT_APPLICABLE
    status = "PROVEN ON STAND-IN" if server.stand_in else "PROVEN"
    return status if shown == len(found) else f"{status} ({shown} of {len(found)})"


NOT_APPLICABLE: Final = "does not apply"


def exceptions(results: Mapping[Server, Outcomes]) -> str:
    """Return the cases that are counted out, by server, in Markdown: each with its reason."""
    lines = [
        f"| {server.name} | {each} | {_reason(server, each, outcome)} |"
        for server, outcomes in results.items()
        for each, outcome in outcomes.items()
        if outcome in {"left out", "not shown"}
    ]
    return "\n".join(["| database | case | |", "| --- | --- | --- |", *lines, ""])


def _reason(server: Server, each: Case, outcome: Outcome) -> str:
    if outcome == "not shown":
        return "UNPROVEN: the stand-in ends it by an error of its own"
    return f"{NOT_APPLICABLE}: it has no {', '.join(sorted(each.needs - server.capabilities))}"
