"""What a handler may return, and the contract that makes a response of it.

A result is a plain value: a test of a handler compares it. `Responder`s, keyed by the class of result, turn it into a
`Response`; the essentials bring those of the classes below, a plugin may bring more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from markupsafe import Markup

from newel.scope import Scope

Headers = Mapping[str, str]


class Responder(Protocol):
    """Makes a response of one class of result. Keyed by that class; a subclass goes by its nearest base."""

    def __call__(self, result: Any, scope: Scope, /) -> Any:
        """Return the `Response`. Raises `HTTPError(406)` where nothing that is accepted can be made."""
        ...


class Html(Markup):
    """Text that is HTML already. A plain `str` is sent as `text/plain`, so that an f-string is no hole."""

    __slots__ = ()


class _Value:
    """A result that equals another of its class with the same content, and shows it."""

    __slots__: tuple[str, ...] = ()

    def _content(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return self._content() == other._content() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({shown})"


class Page(_Value):
    """A template and its values: `Page("notices/show.html", notice=notice)`.

    A page is HTML and nothing else, unless it carries `json`: what a template sees is not what the public may see. A
    page that holds an invalid form has status 422 where no other was given.
    """

    __slots__ = ("headers", "json", "status", "template", "values")

    def __init__(
        self,
        template: str,
        /,
        *,
        status: int | None = None,
        headers: Headers | None = None,
        json: Any = None,
        **values: Any,
    ) -> None:
        self.template: Final = template
        self.values: Final = values
        self.status: Final = status
        self.headers: Final = headers or {}
        self.json: Final = json


class Data(_Value):
    """Data with a status, headers or a media type of its own: `Data(notice, status=201)`.

    `type` fixes the media type, and bytes need it; without it, the request's Accept header chooses a renderer.
    """

    __slots__ = ("headers", "status", "type", "value")

    def __init__(self, value: Any, *, status: int = 200, headers: Headers | None = None, type: str = "") -> None:
        self.value: Final = value
        self.status: Final = status
        self.headers: Final = headers or {}
        self.type: Final = type


class Redirect(_Value):
    """Sends the browser elsewhere: `Redirect(show, id=notice.id)`, 303 unless `status` says otherwise.

    `to` is a handler, a route's name, or a path or URL (a text with a slash). Another host is refused unless `[app]
    redirect_hosts` lists it (checklist E39).
    """

    __slots__ = ("headers", "status", "to", "values")

    def __init__(
        self,
        to: Callable[..., Any] | str,
        /,
        *,
        status: int = 303,
        headers: Headers | None = None,
        **values: Any,
    ) -> None:
        self.to: Final = to
        self.values: Final = values
        self.status: Final = status
        self.headers: Final = headers or {}
