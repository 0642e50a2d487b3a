"""A route may have a Content-Security-Policy of its own."""

from __future__ import annotations

from newel import App, Html, Router
from newel.testing import Client

POLICY = "default-src 'self'; frame-ancestors https://partner.example"


def test_a_route_with_a_policy_of_its_own_sends_that_and_keeps_the_other_headers() -> None:
    router = Router()

    @router.get("/widget", csp=POLICY)
    def widget() -> Html:
        return Html("<p>embedded</p>")

    @router.get("/page")
    def page() -> Html:
        return Html("<p>page</p>")

    client = Client(App(routes=[router], profile="development"))
    headers = client.get("/widget").headers
    assert headers.getlist("Content-Security-Policy") == [POLICY]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in client.get("/page").headers["Content-Security-Policy"]
