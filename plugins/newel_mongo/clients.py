"""The client program of MongoDB: mongosh."""

from __future__ import annotations

from typing import Final

from newel_data.port import Client
from newel_mongo.config import MongoUrl

_VARIABLE: Final = "NEWEL_SHELL_URL"
_CONNECT: Final = f"db = connect(process.env.{_VARIABLE})"
_INSTALL: Final = "install mongosh: https://www.mongodb.com/docs/mongodb-shell/install/ (macOS: brew install mongosh)."


def client_of(url: MongoUrl) -> Client:
    """Return the client of a server. mongosh has no variable for a password: it is told to read the URL from one."""
    if not url.is_secret:
        return Client(programs=("mongosh",), arguments=(url.text,), install=_INSTALL)
    return Client(
        programs=("mongosh",),
        arguments=("--nodb", "--shell", "--eval", _CONNECT),
        environment={_VARIABLE: url.text},
        install=_INSTALL,
    )
