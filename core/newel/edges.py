"""What is no route has a plan too: unmatched URLs, wrong methods, slash redirects, OPTIONS, and mounts.

Edge plans run `before` and `after` hooks, so that headers and logging cover every response; they resolve no parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from newel.body import Limits, open_stream, too_large
from newel.errors import HTTPError
from newel.matcher import SAFE_IN_PATH
from newel.percent import quote
from newel.response import Response
from newel.scope import Resolve, Scope

_SAFE_IN_QUERY: Final = "!$&'()*+,/:;=@?%"
"""What stands in a query as itself, and `%`, which is there already (RFC 3986, section 3.4)."""


def not_found(scope: Scope) -> Any:
    """Answer a path that no route has (404). PERF: an error that is returned needs no traceback."""
    return HTTPError(404)


def method_not_allowed(scope: Scope) -> Any:
    """Answer a method that a path's routes do not have (405, with the `Allow` that RFC 9110, 15.5.6 asks for)."""
    return HTTPError(405, headers={"Allow": ", ".join(scope.args["allowed"])})


def options(scope: Scope) -> Any:
    """Answer OPTIONS for a path whose routes have none of their own (RFC 9110, 9.3.7)."""
    return Response(b"", 204, [("Allow", ", ".join(scope.args["allowed"]))])


def unmatched(scope: Scope) -> Any:
    """Answer a path of which a converter of a plugin's or of one's own raised an error, as that error asks for."""
    raise scope.args["error"]


def slash_redirect(scope: Scope) -> Any:
    """Send the browser to the path with its slash, method and body kept (308)."""
    environ = scope.environ
    location = quote(environ.get("SCRIPT_NAME", "").encode("latin-1"), SAFE_IN_PATH) + scope.args["location_path"]
    if query := environ.get("QUERY_STRING"):
        location = f"{location}?{quote(query.encode('latin-1', 'replace'), _SAFE_IN_QUERY)}"
    return Response(b"", 308, [("Location", location)])


def mounted(app: Callable[..., Iterable[bytes]], limits: Limits) -> Resolve:
    """Return what calls a foreign WSGI application below a prefix.

    It gets SCRIPT_NAME and PATH_INFO as PEP 3333 wants them, a body that ends at the limit, and its `close()`.
    """

    def call(scope: Scope) -> Response:
        stream = open_stream(scope.environ, limits)
        environ = {key: value for key, value in scope.environ.items() if not key.startswith("newel.")}
        prefix: str = scope.args["prefix"].encode().decode("latin-1")
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
        environ["PATH_INFO"] = environ.get("PATH_INFO", "")[len(prefix) :]
        environ["wsgi.input"] = stream
        response = Foreign.from_wsgi(app, environ)
        if stream.exceeded:  # whatever the application made of the error
            response.close()
            raise too_large(limits)
        return response

    return call


class Foreign(Response):
    """The answer of a mounted application: hooks may add headers where there are none, and leave its body alone."""

    __slots__ = ()
