"""Regular expressions that are compiled when they are first used.

PERF: to compile one takes 60 to 300 microseconds, a module about requests has several, and most starts use none.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Final, cast, final


def pattern(text: AnyStr, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[AnyStr]:
    """Return a pattern that is compiled when one of its methods is first asked for."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(text, flags))


@final
class _Uncompiled:
    """Stands for a pattern, and takes its methods over one by one."""

    def __init__(self, text: Any, flags: re.RegexFlag) -> None:
        self._text: Final = text
        self._flags: Final = flags

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, method)  # PERF: found at once from now on
        return method
