"""The request: a thin view over the WSGI environ that reads what it is asked for, when it is asked.

Attribute names are Werkzeug's. What is malformed raises `HTTPError(400)`, too large 413, of a wrong type 415, at the
first touch. Query, form, JSON and cookies are never merged (checklist E47).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from newel.body import (
    DEFAULT_LIMITS,
    Environ,
    LimitedStream,
    Limits,
    content_length,
    form_fields,
    json_bytes,
    mimetype_of,
    open_stream,
    query_fields,
    read_body,
)
from newel.cookies import parse_cookies
from newel.errors import HTTPError
from newel.headers import EnvironHeaders
from newel.multidict import MultiDict
from newel.negotiation import Accept
from newel.percent import quote
from newel.state import State

if TYPE_CHECKING:
    from werkzeug.wrappers import Request as WerkzeugRequest

    from newel.uploads import UploadedFile

_PATH_SAFE: Final = "!$&'()*+,/:;=@"
_QUERY_SAFE: Final = _PATH_SAFE + "?%"
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def decoded_path(environ: Environ, key: str = "PATH_INFO") -> str:
    """Return the path, decoded once, after the server undid the percent-encoding. Bad UTF-8 and NUL are 400 (E41)."""
    path: str = environ.get(key, "")
    if not path.isascii():
        try:
            path = path.encode("latin-1").decode()
        except UnicodeError as error:
            raise HTTPError(400, "The path is not UTF-8.") from error
    if "\0" in path:
        raise HTTPError(400, "The path holds a NUL.")
    return path


class Request:
    """One request. Reading it never changes the environ, but for the body, which is read once and remembered there."""

    __slots__ = ("_args", "_cookies", "_path", "_state", "_stream", "environ", "limits")

    def __init__(self, environ: Environ, limits: Limits = DEFAULT_LIMITS) -> None:
        self.environ: Final = environ
        self.limits: Final = limits
        self._args: MultiDict[str] | None = None
        self._cookies: dict[str, str] | None = None
        self._path: str | None = None
        self._state: State | None = None
        self._stream: LimitedStream | None = None

    # --- the request line ---------------------------------------------------------------------------------------------

    @property
    def method(self) -> str:
        """The method, as it was sent: methods are case-sensitive (RFC 9110, 9.1), and nothing overrides them (E48)."""
        method: str = self.environ["REQUEST_METHOD"]
        return method

    @property
    def path(self) -> str:
        """The path below `script_root`, decoded."""
        if self._path is None:
            self._path = decoded_path(self.environ)
        return self._path

    @property
    def script_root(self) -> str:
        """Where the application is mounted, decoded, without a slash at the end."""
        return decoded_path(self.environ, "SCRIPT_NAME").rstrip("/")

    @property
    def query_string(self) -> bytes:
        """What follows the question mark, as it was sent."""
        text: str = self.environ.get("QUERY_STRING", "")
        return text.encode("latin-1", "replace")

    @property
    def args(self) -> MultiDict[str]:
        """The query string's names and values."""
        if self._args is None:
            self._args = MultiDict(query_fields(self.environ.get("QUERY_STRING", "")))
        return self._args

    @property
    def scheme(self) -> str:
        """`http` or `https`, as the server (or the trusted proxy) says."""
        scheme: str = self.environ["wsgi.url_scheme"]
        return scheme

    @property
    def is_secure(self) -> bool:
        """Whether the request came by HTTPS."""
        return self.scheme == "https"

    @property
    def host(self) -> str:
        """The host, with a port that is not the scheme's own. The kernel has checked it against `[app] hosts`."""
        environ = self.environ
        host: str = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        return host.removesuffix(_DEFAULT_PORTS.get(self.scheme, ":"))

    @property
    def remote_addr(self) -> str | None:
        """The address of who sent this: the client, or a proxy that was not declared."""
        address: str | None = self.environ.get("REMOTE_ADDR")
        return address

    @property
    def root_url(self) -> str:
        """Scheme, host and `script_root`, with a slash at the end."""
        return f"{self.scheme}://{self.host}{quote(self.script_root, _PATH_SAFE)}/"

    @property
    def base_url(self) -> str:
        """The URL without its query string."""
        return self.root_url + quote(self.path.removeprefix("/"), _PATH_SAFE)

    @property
    def url(self) -> str:
        """The whole URL, percent-encoded."""
        query = quote(self.query_string, _QUERY_SAFE)
        return f"{self.base_url}?{query}" if query else self.base_url

    # --- headers ------------------------------------------------------------------------------------------------------

    @property
    def headers(self) -> EnvironHeaders:
        """The header fields."""
        return EnvironHeaders(self.environ)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name; garbage is left out, and never an error."""
        if self._cookies is None:
            self._cookies = parse_cookies(self.environ.get("HTTP_COOKIE", ""))
        return self._cookies

    @property
    def content_type(self) -> str:
        """The Content-Type header, or nothing."""
        kind: str = self.environ.get("CONTENT_TYPE", "")
        return kind

    @property
    def mimetype(self) -> str:
        """The Content-Type without its parameters, in small letters."""
        return mimetype_of(self.content_type)

    @property
    def content_length(self) -> int | None:
        """The Content-Length header, or None. Raises 400 for one that is no number or stands beside chunks."""
        return content_length(self.environ)

    @property
    def accept(self) -> Accept:
        """The Accept header: `request.accept.best(["text/html", "application/json"])`."""
        return Accept(self.environ.get("HTTP_ACCEPT", ""))

    @property
    def authorization(self) -> str | None:
        """The Authorization header, as it was sent."""
        text: str | None = self.environ.get("HTTP_AUTHORIZATION")
        return text

    @property
    def if_none_match(self) -> str | None:
        """The If-None-Match header, as it was sent; `Response.make_conditional` compares it."""
        text: str | None = self.environ.get("HTTP_IF_NONE_MATCH")
        return text

    @property
    def if_modified_since(self) -> str | None:
        """The If-Modified-Since header, as it was sent; `Response.make_conditional` compares it."""
        text: str | None = self.environ.get("HTTP_IF_MODIFIED_SINCE")
        return text

    # --- the body -----------------------------------------------------------------------------------------------------

    @property
    def data(self) -> bytes:
        """The whole body. Raises 413 where it is over `limits.max_body`, without reading it all."""
        return read_body(self.environ, self.limits)

    def get_data(self) -> bytes:
        """Return `data`."""
        return self.data

    @property
    def stream(self) -> LimitedStream:
        """The body as a file that ends where it does. Once taken, nothing else can read the body."""
        if self._stream is None:
            self._stream = open_stream(self.environ, self.limits)
        return self._stream

    @property
    def json(self) -> Any:
        """The JSON body, decoded; of duplicate keys the last one wins. Raises 415 for another type, 400 for no JSON."""
        try:
            return msgspec.json.decode(json_bytes(self.environ, self.limits))
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, f"The body is no valid JSON: {error}") from error

    @property
    def form(self) -> MultiDict[str]:
        """The text fields of a form. Raises 415 for a body that is no form."""
        return MultiDict(form_fields(self.environ, self.limits)[0])

    @property
    def files(self) -> MultiDict[UploadedFile]:
        """The files of a form, open until the request ends."""
        return MultiDict(form_fields(self.environ, self.limits)[1])

    # --- what belongs to others ---------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What plugins keep for the length of this request, each under a key of its own."""
        if self._state is None:
            self._state = State()
        return self._state

    @property
    def werkzeug(self) -> WerkzeugRequest:
        """A full Werkzeug request over the same environ, for code that wants one. Made anew at each look."""
        late: Any = importlib.import_module("newel.fullrequest")
        request: WerkzeugRequest = late.full_request(self.environ, self.limits)
        return request

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path!r}>"
