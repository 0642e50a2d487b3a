"""For tests: a client, fixtures for pytest (`newel.testing.fixtures`), a recorder of hooks, the kits of contracts."""

from newel.testing.client import Client
from newel.testing.recorder import Call, HookRecorder

__all__ = ["Call", "Client", "HookRecorder"]
