"""The `[sql]` section: where the database is, and how many connections are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self, final

import msgspec
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from newel.values import SettingError

DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
}
"""The servers that there is a dialect for, and what SQLAlchemy calls each with the driver that is used."""

_FORMS: Final = '"sqlite:///file.db", "postgresql://user:password@host/name" or "mariadb://..."'
_EXAMPLES: Final = f"write {_FORMS}."


@final
class DatabaseUrl:
    """A URL as SQLAlchemy writes them, of a server that is known here. It never shows its password."""

    __slots__ = ("url",)

    described: ClassVar[str] = f"the URL of a database, {_FORMS}"

    def __init__(self, url: URL) -> None:
        self.url: Final = url

    @classmethod
    def from_setting(cls, value: Any) -> Self:
        """Read a URL from configuration. Raises `SettingError`."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # a port that is no number is a ValueError
            # SECURITY: what was made of it may show the password at another place than it stands.
            raise SettingError("is no URL of a database", _EXAMPLES) from None
        server = url.get_backend_name()
        if url.drivername not in {*DRIVERS, *DRIVERS.values()}:
            what = f"names {url.drivername!r}, which is not a server (or driver) that newel_sql speaks to"
            raise SettingError(what, _EXAMPLES, found=server, allowed=DRIVERS)
        if server != "sqlite" and not url.database:
            raise SettingError("names no database", _EXAMPLES)
        return cls(url.set(drivername=DRIVERS[server]))

    @property
    def server(self) -> str:
        """Which dialect it is of: a key of `DRIVERS`."""
        return self.url.get_backend_name()

    @property
    def scratch(self) -> bool:
        """Whether it is a SQLite database without a file: one that nobody keeps."""
        return self.server == "sqlite" and self.url.database in {None, "", ":memory:"}

    def below(self, folder: Path | None) -> DatabaseUrl:
        """Return the URL with the path of a SQLite file made absolute: it is relative to the configuration's folder."""
        name = self.url.database
        if self.server != "sqlite" or self.scratch or name is None or name.startswith("file:"):
            return self
        return self.at((folder or Path()).absolute() / name)

    def at(self, file: Path) -> DatabaseUrl:
        """Return the URL of a SQLite database in that file."""
        return DatabaseUrl(self.url.set(database=str(file)))

    def __repr__(self) -> str:
        return f"DatabaseUrl({str(self)!r})"

    def __str__(self) -> str:
        return self.url.set(drivername=self.server).render_as_string(hide_password=True)


Seconds = Annotated[float, msgspec.Meta(gt=0)]


@final
class SqlConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The `[sql]` section.

    url           where the database is: "sqlite:///file.db" (relative to the configuration's folder), "sqlite://" (gone
                  when the application ends), "postgresql://user:password@host/name", "mariadb://..."
    timeout       seconds to wait for a lock, for the answer to a statement, and for a free connection
    pool_size     connections that are kept open
    pool_overflow connections that may be open beside those while they are needed
    pool_recycle  seconds after which a connection is replaced (servers close those that were idle for long)
    echo          log every statement, without its values, to the logger "newel.sql"
    """

    url: DatabaseUrl
    timeout: Seconds = 5.0
    pool_size: Annotated[int, msgspec.Meta(ge=1)] = 5
    pool_overflow: Annotated[int, msgspec.Meta(ge=0)] = 10
    pool_recycle: Seconds = 1800.0
    echo: bool = False
