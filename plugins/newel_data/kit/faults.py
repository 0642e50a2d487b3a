"""What may befall the connection between an application and its server, for the cases that need a "server".

A provider's tests hand the kit something that brings it about: `Proxy` does for every server that is reached by TCP.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal, Protocol

Fault = Literal[
    "lost request",  # a connection breaks when something is asked: it does not arrive
    "lost answer",  # a connection breaks when something is answered: it was done
    "silence",  # connections stay open, and nothing comes through; what was given up meanwhile never arrives
    "down",  # every connection breaks, and no other can be made
]


class Faults(Protocol):
    """Brings faults about, on the connections of the backend under test and on no others."""

    @property
    def within(self) -> float:
        """Seconds in which the backend gives up a server that is silent, as it was opened for the kit."""
        ...

    def during(self, fault: Fault) -> AbstractContextManager[None]:
        """Let a fault befall every connection within the block; afterwards all is well again."""
        ...
