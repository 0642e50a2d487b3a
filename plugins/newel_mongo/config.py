"""The `[mongo]` section: where the server is, how long it may take, and whether it has transactions."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, Self, final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from newel.secret import MASK
from newel.values import SettingError

DEFAULT_LIMIT: Final = 8 * 1024 * 1024

_FORMS: Final = '"mongodb://host/name" or "mongodb://user:password@host1,host2/name?replicaSet=rs0"'
_EXAMPLES: Final = f"write {_FORMS}."
_SCHEMES: Final = ("mongodb", "mongodb+srv")
_SECRET_OPTION: Final = re.compile(
    r"\b(authMechanismProperties|proxyPassword|tlsCertificateKeyFilePassword)=[^&]*", re.IGNORECASE
)


@final
class MongoUrl:
    """A connection string with the name of a database. It never shows a password."""

    __slots__ = ("database", "options", "text")

    described: ClassVar[str] = f"the URL of a database, {_FORMS}"

    def __init__(self, text: str, database: str, options: frozenset[str]) -> None:
        self.text: Final = text
        self.database: Final = database
        self.options: Final = options

    @classmethod
    def from_setting(cls, value: Any) -> Self:
        """Read a URL from configuration. Raises `SettingError`."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
        parts = urlsplit(value)
        if parts.scheme not in _SCHEMES:
            raise SettingError(f"names {parts.scheme!r}, no MongoDB server", _EXAMPLES, allowed=_SCHEMES)
        _check(value, parts.scheme)
        database = parts.path.strip("/")
        if not database:
            raise SettingError("names no database", _EXAMPLES)
        return cls(value, database, frozenset(name.lower() for name, _ in parse_qsl(parts.query)))

    def __repr__(self) -> str:
        return f"MongoUrl({str(self)!r})"

    def __str__(self) -> str:
        parts = urlsplit(self.text)
        user, at, hosts = parts.netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        netloc = f"{name}{colon}{MASK if colon else ''}{at}{hosts}"
        return parts._replace(netloc=netloc, query=_SECRET_OPTION.sub(rf"\1={MASK}", parts.query)).geturl()

    @property
    def is_secret(self) -> bool:
        """Whether it holds what nobody else may read."""
        return str(self) != self.text


def _check(text: str, scheme: str) -> None:
    """Let PyMongo read the URL, but for one whose servers only DNS knows: nothing is asked of the network at boot."""
    if scheme == "mongodb":
        try:
            parse_uri(text)
        except (PyMongoError, ValueError):
            # SECURITY: the driver's own words may hold the password.
            raise SettingError("is no URL of MongoDB", _EXAMPLES) from None


Seconds = Annotated[float, msgspec.Meta(gt=0)]


@final
class MongoConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The `[mongo]` section.

    url                   where the database is: "mongodb://host/name", options of PyMongo behind a question mark
    timeout               seconds to wait for a server, for its answer, and for a free connection
    pool_size             connections that may be open at once
    document_limit        the most bytes of one row; MongoDB itself ends at 16 MB
    single_document_only  do without transactions, so that a standalone server will do: a unit then writes one document
                          and no second one
    """

    url: MongoUrl
    timeout: Seconds = 5.0
    pool_size: Annotated[int, msgspec.Meta(ge=1)] = 100
    document_limit: Annotated[int, msgspec.Meta(ge=1)] = DEFAULT_LIMIT
    single_document_only: bool = False
