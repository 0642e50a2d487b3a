"""A test client that sends what a browser on the same site sends.

It is Werkzeug's: cookies are kept, redirects can be followed, files can be sent. What a browser adds by itself is added
here (`Sec-Fetch-Site: same-origin`, a host of the application), so that a test of a form needs nothing special, and a
test of an attack says what the attacker's browser would: `client.post(..., headers={"Sec-Fetch-Site": "cross-site"})`.
"""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.test import Client as WerkzeugClient
from werkzeug.test import EnvironBuilder, TestResponse

from newel.wsgi import App


class Client(WerkzeugClient):
    """Sends requests to an application in this process: `Client(app).get("/")`."""

    def __init__(self, app: App, *, host: str | None = None, https: bool = False, use_cookies: bool = True) -> None:
        super().__init__(app, TestResponse, use_cookies=use_cookies)
        self.app = app
        self.base_url = f"{'https' if https else 'http'}://{host or _host_of(app)}/"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request; `json=` is sent as JSON. See Werkzeug's `EnvironBuilder` for the arguments.

        The response is read and closed at once, unless `buffered=False`.
        """
        if args and not isinstance(args[0], str):
            return super().open(*args, **kwargs)
        headers = Headers(kwargs.pop("headers", None))
        if "Sec-Fetch-Site" not in headers and "Origin" not in headers:
            headers["Sec-Fetch-Site"] = "same-origin"
        kwargs.setdefault("base_url", self.base_url)
        follow = {"buffered": kwargs.pop("buffered", True), "follow_redirects": kwargs.pop("follow_redirects", False)}
        builder = EnvironBuilder(*args, **{**kwargs, "headers": headers})
        try:
            response = super().open(builder, **follow)
        finally:
            builder.close()
        if follow["buffered"]:
            response.request.environ["wsgi.input"].close()  # a large form is a file
        return response


def _host_of(app: App) -> str:
    """Return a host that the application answers for."""
    hosts = [host.lstrip(".") for host in app.generation.settings.hosts if host != "*"]
    return "localhost" if "localhost" in hosts or not hosts else hosts[0]
