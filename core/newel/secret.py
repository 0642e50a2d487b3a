"""Texts that must not be seen: the type `Secret`, and a mask for passwords inside other texts (checklist E72)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn, Self, final

MASK: Final = "********"
"""Shown in the place of what must not be seen. Its length tells nothing."""

# PERF: patterns are compiled when first used: most starts show no value at all.
_IN_URL: Final = r"(://[^:@/\s]*:)\S*(@)"
_IN_PAIR: Final = (
    r"(?i)((?:password|passwd|pwd|passphrase|secret|token|(?:api|access|account|private)[_-]?key)\s*=\s*)"
    r"(?:'[^']*'|\"[^\"]*\"|[^\s&;,]+)"
)
_TOLD_BY_NAME: Final = (
    r"(?i)pass|pwd|secret|token|key|auth(?!ors?(?:_|\b))|cookie|session|csrf|credential|card|cvv|cvc|iban|ssn|\bpin\b"
)


@final
class Secret:
    """A text that shows itself to nobody but the one who calls `reveal()`.

    Its repr, its text and every format of it are a mask; it is neither pickled nor encoded as data.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Read a secret from configuration."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
        return cls(value)

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        # SECURITY: not constant in time. It compares configurations; what a client sent is compared by the key ring.
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: pass on what it is for, or the name of the setting that holds it")


def sounds_secret(name: str) -> bool:
    """Tell whether what has such a name (of a field, a header) is not to be shown."""
    return re.search(_TOLD_BY_NAME, name) is not None


def mask(value: Any) -> Any:
    """Return a value with the passwords inside its texts masked: in URLs and DSNs, in lists and tables of them.

    SECURITY: where it cannot tell which part of a text is the password, it masks more rather than less.
    """
    if isinstance(value, str):
        return re.sub(_IN_PAIR, rf"\g<1>{MASK}", re.sub(_IN_URL, rf"\g<1>{MASK}\g<2>", value))
    if isinstance(value, Mapping):
        return {key: MASK if re.search(_IN_PAIR, f"{key}=x") else mask(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask(item) for item in value]
    return value
