"""SQL databases: `[use] database = "sql"`, and `[sql] url` says where. SQLite needs nothing beside this plugin.

It provides `newel_data.port.Backend` to the data plugin, which it brings in; handlers ask for `newel_data.Database`.
"""

from newel_sql.backend import SqlBackend
from newel_sql.config import DatabaseUrl, SqlConfig
from newel_sql.plugin import SqlPlugin

__all__ = ["DatabaseUrl", "SqlBackend", "SqlConfig", "SqlPlugin"]
