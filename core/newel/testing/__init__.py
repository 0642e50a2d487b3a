"""For tests: a client, pytest fixtures (`newel.testing.fixtures`), a recorder of hooks, and the kits of the contracts."""

from newel.testing.client import Client
from newel.testing.recorder import Call, HookRecorder

__all__ = ["Call", "Client", "HookRecorder"]
