"""A proxy between a backend and its server that breaks connections: `Faults` for every server that is reached by TCP.

```python
with Proxy("127.0.0.1", 5432) as proxy:
    kit = Kit(lambda models: MyBackend(f"mydb://127.0.0.1:{proxy.port}/test", models, timeout=1), faults=proxy)
```
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self, final

from newel_data.kit.faults import Fault

_TICK: Final = 0.02
"""Seconds between two looks at whether a fault is over."""
_PORTION: Final = 65_536

Pair = tuple[socket.socket, socket.socket]


@final
class Proxy:
    """Listens on a port of its own, and passes on to a server what is said to it.

    `within` are the seconds in which the backend gives up, as it is configured for the kit.
    """

    def __init__(self, host: str, port: int, *, within: float = 5.0) -> None:
        self._server: Final = (host, port)
        self._within: Final = within
        self._lock: Final = threading.Lock()
        self._pairs: Final[set[Pair]] = set()
        self._fault: Fault | None = None
        self._listener: Final = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_TICK)
        self._closed = False
        self._accepting: Final = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._accepting.start()

    @property
    def port(self) -> int:
        """The port to be given to the backend."""
        return int(self._listener.getsockname()[1])

    @property
    def within(self) -> float:
        """Seconds in which the backend gives up."""
        return self._within

    @contextmanager
    def during(self, fault: Fault) -> Iterator[None]:
        """Let a fault befall every connection within the block."""
        with self._lock:
            self._fault = fault
        if fault == "down":
            self._cut()
        try:
            yield
        finally:
            with self._lock:
                self._fault = None

    def close(self) -> None:
        """Break every connection, and listen no more."""
        self._closed = True
        self._accepting.join()
        self._listener.close()
        self._cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # --- inner parts

    def _accept(self) -> None:
        while not self._closed:
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server)
        except OSError:
            client.close()
            return
        pair = (client, server)
        for end in pair:
            end.setblocking(True)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._pairs.add(pair)
            down = self._fault == "down"
        if down:
            self._part(pair)
            return
        for source, target, fatal in ((client, server, "lost request"), (server, client, "lost answer")):
            threading.Thread(target=self._pump, args=(pair, source, target, fatal), name="proxy", daemon=True).start()

    def _pump(self, pair: Pair, source: socket.socket, target: socket.socket, fatal: Fault) -> None:
        """Pass on what one end says, until it ends or a fault ends it."""
        with contextlib.suppress(OSError):
            while data := source.recv(_PORTION):
                if self._fault == "silence":
                    data = self._held(source, data)
                if not data or self._fault in {fatal, "down"}:
                    break
                target.sendall(data)
        self._part(pair)

    def _held(self, source: socket.socket, data: bytes) -> bytes:
        """Wait for the end of the silence; return what was said until then, or nothing where the end gave up."""
        while self._fault == "silence" or select.select([source], [], [], 0)[0]:
            if select.select([source], [], [], _TICK)[0]:
                more = source.recv(_PORTION)
                if not more:
                    return b""
                data += more
        return data

    def _cut(self) -> None:
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            self._part(pair)

    def _part(self, pair: Pair) -> None:
        """Break a connection, on both sides."""
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):  # the other pump was here before
                end.shutdown(socket.SHUT_RDWR)
            end.close()
