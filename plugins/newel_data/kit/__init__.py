"""The kit: what every backend must do, as cases that a test runs.

```python
import pytest
from newel_data.kit import Kit, Proxy, cases

@pytest.fixture(scope="module")
def kit():
    with Proxy("127.0.0.1", 9999) as proxy:
        kit = Kit(lambda models: MyBackend(f"mydb://127.0.0.1:{proxy.port}/test", models, timeout=1), faults=proxy)
        yield kit
        kit.close()

@pytest.mark.parametrize("case", cases(MyBackend.capabilities), ids=str)
def test_contract(case, kit):
    case(kit)
```

`Kit` takes a function that opens the backend, for a closed set of models, on a database of its own; the kit creates the
tables by `sync` and empties them before each case. `cases` gives those that a backend with these capabilities can run,
`left_out` the others, to be told and not forgotten. The `Proxy` breaks connections, for the cases of a backend that has
the capability "server"; others need none. Where a server is not reached by TCP, give the kit `Faults` of your own.
`newel_data.kit.generated`, `across`, `random_models` and `sequences` compare a backend with another on generated data.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Final

from newel_data.kit import (
    aggregation,
    contention,
    deletes,
    edges,
    failures,
    losses,
    queries,
    races,
    references,
    refusals,
    rules,
    schema,
    texts,
    units,
    values,
    writing,
)
from newel_data.kit.faults import Fault, Faults
from newel_data.kit.harness import Case, Kit
from newel_data.kit.proxy import Proxy
from newel_data.port import Capability

__all__ = ["Case", "Fault", "Faults", "Kit", "Proxy", "all_cases", "cases", "left_out"]

MODULES: Final[tuple[ModuleType, ...]] = (
    units,
    failures,
    losses,
    races,
    contention,
    values,
    texts,
    rules,
    writing,
    references,
    deletes,
    queries,
    aggregation,
    refusals,
    edges,
    schema,
)


def all_cases() -> list[Case]:
    """Return every case, in the order of the contract's page."""
    return [thing for module in MODULES for thing in vars(module).values() if isinstance(thing, Case)]


def cases(capabilities: Iterable[Capability]) -> list[Case]:
    """Return the cases that a backend with these capabilities must pass."""
    offered = frozenset(capabilities)
    return [each for each in all_cases() if each.can_run(offered)]


def left_out(capabilities: Iterable[Capability]) -> list[Case]:
    """Return the cases that a backend with these capabilities cannot run."""
    offered = frozenset(capabilities)
    return [each for each in all_cases() if not each.can_run(offered)]
