"""A proxy before a server, as a URL names it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from newel_data.kit import Kit, Proxy
from tests.databases import HASTY, IN_TIME, backend_at


@contextlib.contextmanager
def proxy_before(url: str) -> Iterator[tuple[Proxy, str]]:
    """Put a proxy before a server that a URL names; give it, and the URL that leads through it."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition(":")
    with Proxy(host.rpartition("@")[2], int(port), within=IN_TIME) as proxy:
        direct = "directConnection=true" if parts.scheme == "mongodb" else ""  # or PyMongo asks where the set lives
        through = parts._replace(netloc=f"{host}:{proxy.port}", query="&".join(filter(None, (parts.query, direct))))
        yield proxy, through.geturl()


@contextlib.contextmanager
def breaking_kit(url: str) -> Iterator[Kit]:
    """Give a kit whose connections can be broken, and whose backend does not wait long."""
    with (
        proxy_before(url) as (proxy, through),
        contextlib.closing(Kit(partial(backend_at, through, timeout=HASTY), faults=proxy)) as kit,
    ):
        yield kit
