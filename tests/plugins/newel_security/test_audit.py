"""`newel audit` tells where the headers are weaker than the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from newel import App, Router, auditing
from newel_security.policy import POLICY, weaknesses


def weaker(app: App) -> list[str]:
    return [finding.what for finding in auditing.audit(app.generation) if finding.kind == "weaker"]


@pytest.mark.parametrize("policy", [
    POLICY,
    POLICY.replace("form-action 'self'", "form-action 'none'; img-src 'none'; upgrade-insecure-requests"),
    POLICY + "; script-src 'self' 'strict-dynamic' 'sha256-abc='; script-src 'unsafe-inline'",
])  # fmt: skip
def test_a_policy_that_allows_no_more_is_not_weaker(policy: str) -> None:
    assert list(weaknesses(policy)) == []


@pytest.mark.parametrize("policy, told", [
    (POLICY + "; script-src 'self' 'unsafe-inline'", ["script-src allows 'unsafe-inline'"]),
    (POLICY + "; img-src * data:", ["img-src allows * data:"]),
    (POLICY.replace("object-src 'none'; ", ""), ["object-src allows 'self'"]),
    (POLICY.replace("; frame-ancestors 'none'", ""), ["frame-ancestors is missing, so that anything goes"]),
    (POLICY.replace("base-uri 'none'", "base-uri 'self'"), ["base-uri allows 'self'"]),
    ("", [f"{name} is missing, so that anything goes"
          for name in ("default-src", "base-uri", "frame-ancestors", "form-action")]),
])  # fmt: skip
def test_what_a_policy_allows_beyond_the_default_is_told(policy: str, told: list[str]) -> None:
    assert list(weaknesses(policy)) == told


def test_a_weaker_policy_and_a_shorter_hsts_are_told_where_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "newel.toml"
    file.write_text(f'[app]\nhosts = ["localhost"]\n[security]\ncsp = "{POLICY}; img-src *"\nhsts = 0\n')
    found = [finding for finding in auditing.audit(App(file).generation) if finding.kind == "weaker"]
    assert [(finding.owner, finding.what, finding.place.line) for finding in found if finding.place] == [
        ("security", "the Content-Security-Policy: img-src allows *", 4),
        ("security", "browsers use HTTPS only for 0 seconds after a visit", 5),
    ]


def test_a_policy_of_a_route_is_told_where_it_is_weaker() -> None:
    router = Router()

    @router.get("/map", csp=POLICY + "; img-src tiles.example.org")
    def show() -> str:
        return ""

    @router.get("/strict", csp=POLICY + "; img-src 'none'")
    def strict() -> str:
        return ""

    app = App({"app": {"hosts": ["localhost"]}}, routes=[router])
    assert weaker(app) == ["the Content-Security-Policy of /map: img-src allows tiles.example.org"]
