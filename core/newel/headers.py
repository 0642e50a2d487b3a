"""Header fields: a case-insensitive view over the very list that a WSGI server is given.

Everything that is set through `Headers` is checked, so that no value of a user's can begin a header or a response of
its own (RFC 9110, section 5.5). The kernel's own code may append constants to the raw list; nothing else should.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar, cast, final, overload

from newel.errors import NewelError
from newel.patterns import pattern

T = TypeVar("T")
HeaderPairs = Mapping[str, str] | Iterable[tuple[str, str]]

TOKEN: Final = pattern(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A token (RFC 9110, section 5.6.2): a field name, a method, a cookie's name."""

_FORBIDDEN: Final = pattern(r"[^\t\x20-\x7e\x80-\xff]")


@final
class HeaderInjection(NewelError, ValueError):
    """A header's name or value would break the head of the response, or cannot be sent at all.

    `name` and `value` are the offending pair, `reason` says what is wrong with it.
    """

    def __init__(self, name: str, value: str, reason: str) -> None:
        self.name: Final = name
        self.value: Final = value
        self.reason: Final = reason
        super().__init__(name, value, reason)

    def __str__(self) -> str:
        return f"header {self.name!r}: {self.value!r} was refused: {self.reason}"


def check_name(name: str, value: str = "") -> str:
    """Return a field name that is a token; raise `HeaderInjection` for any other."""
    # PERF: letters, digits and hyphens are nearly every name, and told by calls in C.
    if not (name.isascii() and name.replace("-", "").isalnum()) and TOKEN.fullmatch(name) is None:
        raise HeaderInjection(name, value, "a name is letters, digits and !#$%&'*+-.^_`|~ (RFC 9110, 5.6.2)")
    return name


def check_value(name: str, value: str | int) -> str:
    """Return a field value that can be sent; raise `HeaderInjection` for control characters and for non-Latin-1 text.

    SECURITY: refusing CR, LF and NUL keeps a value from splitting the response (checklist E34).
    """
    text = value if isinstance(value, str) else _number(name, value)
    # PERF: printable ASCII, nearly every value, is told by two calls in C; a tab is the one exception worth a search.
    if not (text.isascii() and text.isprintable()) and (found := _FORBIDDEN.search(text)) is not None:
        what = "outside Latin-1; encode it (RFC 8187)" if found[0] > "\xff" else "a control character"
        raise HeaderInjection(name, text, f"{found[0]!r} is {what}")
    return text


def _number(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    msg = f"header {name!r}: the value is {value!r}, a {type(value).__name__}; a value is a str (or an int)"
    raise TypeError(msg)


def checked_pairs(headers: HeaderPairs) -> list[tuple[str, str]]:
    """Return a new list of pairs of which every name and value has been checked."""
    pairs = cast("Iterable[tuple[str, str]]", headers.items() if isinstance(headers, Mapping) else headers)
    return [(check_name(name, value), check_value(name, value)) for name, value in pairs]


@final
class Headers:
    """Header fields in order, several of one name allowed; names compare without regard to case.

    `Headers(pairs)` checks and copies; `Headers.over(pairs)` is a view that writes through to a list.
    """

    __slots__ = ("raw",)

    def __init__(self, pairs: HeaderPairs = ()) -> None:
        self.raw = checked_pairs(pairs)

    @classmethod
    def over(cls, raw: list[tuple[str, str]]) -> Headers:
        """Return a view over a list that was checked before; changes go to that list itself."""
        view = cls.__new__(cls)
        view.raw = raw
        return view

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: T) -> str | T: ...
    def get(self, name: str, default: Any = None) -> Any:
        """Return the first value of a name, or the default."""
        wanted = name.lower()
        for key, value in self.raw:
            if key.lower() == wanted:
                return value
        return default

    def getlist(self, name: str) -> list[str]:
        """Return every value of a name, in order."""
        wanted = name.lower()
        return [value for key, value in self.raw if key.lower() == wanted]

    def add(self, name: str, value: str | int) -> None:
        """Append a field and leave those of the same name in place."""
        self.raw.append((check_name(name, str(value)), check_value(name, value)))

    def set(self, name: str, value: str | int) -> None:
        """Put one field in the place of all of that name."""
        pair = (check_name(name, str(value)), check_value(name, value))
        raw, wanted = self.raw, name.lower()
        at = next((index for index, (key, _) in enumerate(raw) if key.lower() == wanted), None)
        if at is None:
            raw.append(pair)
        else:
            raw[at:] = [pair, *((key, old) for key, old in raw[at + 1 :] if key.lower() != wanted)]

    def setdefault(self, name: str, value: str | int) -> str:
        """Set a field unless the name is there; return the value that stands."""
        present = self.get(name)
        if present is None:
            self.add(name, value)
            return str(value)
        return present

    def remove(self, name: str) -> None:
        """Remove every field of a name; nothing happens when there is none."""
        wanted = name.lower()
        self.raw[:] = [pair for pair in self.raw if pair[0].lower() != wanted]

    @overload
    def pop(self, name: str) -> str | None: ...
    @overload
    def pop(self, name: str, default: T) -> str | T: ...
    def pop(self, name: str, default: Any = None) -> Any:
        """Remove every field of a name and return the first value, or the default."""
        value = self.get(name, default)
        self.remove(name)
        return value

    def extend(self, headers: HeaderPairs) -> None:
        """Append fields. All are checked before the first is added."""
        self.raw.extend(checked_pairs(headers))

    def keys(self) -> Iterator[str]:
        """Iterate over the names, as they were written."""
        return (name for name, _ in self.raw)

    def values(self) -> Iterator[str]:
        """Iterate over the values."""
        return (value for _, value in self.raw)

    def items(self) -> Iterator[tuple[str, str]]:
        """Iterate over the pairs, as iterating over the headers does."""
        return iter(self.raw)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str | int) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.remove(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return [(k.lower(), v) for k, v in self.raw] == [(k.lower(), v) for k, v in other.raw]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self.raw!r})"


@final
class EnvironHeaders(Mapping[str, str]):
    """The request's header fields, read from the WSGI environ at each look; a server has joined those of one name."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value = self._environ.get(environ_key(name))
        if not isinstance(value, str) or (value == "" and _is_cgi(name)):
            raise KeyError(name)
        return value

    def getlist(self, name: str) -> list[str]:
        """Return the members of a comma-separated field, without the spaces around them."""
        return [member for part in self.get(name, "").split(",") if (member := part.strip(" \t"))]

    def __iter__(self) -> Iterator[str]:
        for key, value in self._environ.items():
            if key.startswith("HTTP_") and key not in _DOUBLES and isinstance(value, str):
                yield key[5:].replace("_", "-").title()
            elif key in _CGI and value:
                yield key.replace("_", "-").title()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"EnvironHeaders({sorted(self)!r})"


_CGI: Final = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
_DOUBLES: Final = frozenset({"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"})


def environ_key(name: str) -> str:
    """Return the environ's key of a header field (PEP 3333): `Accept` is `HTTP_ACCEPT`."""
    key = name.upper().replace("-", "_")
    return key if key in _CGI else f"HTTP_{key}"


def _is_cgi(name: str) -> bool:
    return environ_key(name) in _CGI
