"""The hooks that the persistence contract brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from newel import hookspec
from newel_data.profiles import Profile


@hookspec
def newel_models() -> Iterable[type[Any]] | None:
    """Return models to be stored, as a plugin of your own brings them. All results; called once, while booting.

    A plugin's models are stored under names that begin with its short name: `class Session(Model)` of the plugin
    `sessions` is stored as `sessions_session`. The application's own are listed in `[data] models` and have no prefix.
    """


@hookspec
def newel_database_profile() -> Profile | None:
    """Return what the database of a plugin can do. All results; called once, while booting.

    Whatever the models ask for and a database lacks is then a boot error, at the place of the model. A plugin whose
    database keeps the whole contract need not say so.
    """
