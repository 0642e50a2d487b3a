from __future__ import annotations

import datetime
import secrets
import sys
import zoneinfo
from pathlib import Path
from typing import Any

import pytest

from newel.body import Limits
from newel.config import Configuration, read
from newel.errors import Place, Problem
from newel.secret import Secret
from newel.settings import (
    DOCUMENTED_SECRETS,
    LOOPBACK,
    AppConfig,
    check_app,
    choices,
    limits_of,
    weakness,
    zone_of,
)

GOOD = "f3a1c7d25be94806a1d0f7c6e2b98d4475e0c3ab"
OTHER = "0b7e2d94c1f84a6f9e35d8a70c62b1f4cc19a7d2"


def configured(profile: str = "production", environ: dict[str, str] | None = None, **app: Any) -> Configuration:
    return read({"app": app}, profile=profile, environ=environ or {}, place=Place("app.py", 3))


def checked(profile: str = "production", **app: Any) -> AppConfig:
    problems: list[Problem] = []
    made = check_app(configured(profile, **app), problems)
    assert [] == problems
    assert made is not None
    return made


def refused(profile: str = "production", **app: Any) -> list[Problem]:
    problems: list[Problem] = []
    assert check_app(configured(profile, **app), problems) is None
    return problems


# --- the section ------------------------------------------------------------------------------------------------------


def test_a_section_with_everything_in_it() -> None:
    app = checked(
        routes=["board.views"],
        plugins=["static"],
        without=["security"],
        hosts=["Board.example.org"],
        secret=[GOOD, OTHER],
        timezone="Europe/Berlin",
        origins=["https://shop.example.org:8443"],
        redirect_hosts=["pay.example.org"],
        max_body=1,
    )
    assert (
        AppConfig(
            routes=("board.views",),
            plugins=("static",),
            without=("security",),
            hosts=("board.example.org",),  # type: ignore[arg-type]
            secret=(Secret(GOOD), Secret(OTHER)),
            timezone="Europe/Berlin",  # type: ignore[arg-type]
            origins=("https://shop.example.org:8443",),  # type: ignore[arg-type]
            redirect_hosts=("pay.example.org",),  # type: ignore[arg-type]
            max_body=1,
        )
        == app
    )


def test_one_secret_needs_no_list() -> None:
    assert (Secret(GOOD),) == checked(hosts=["a.org"], secret=GOOD).secret


def test_a_secret_out_of_the_environment_is_text_or_a_list() -> None:
    for text, expected in ((GOOD, (GOOD,)), (f'["{GOOD}", "{OTHER}"]', (GOOD, OTHER)), (f"[{GOOD}", (f"[{GOOD}",))):
        app = check_app(configured(environ={"NEWEL_APP__SECRET": text}, hosts=["a.org"]), [])
        assert app is not None
        assert expected == tuple(secret.reveal() for secret in app.secret)


def test_the_limits_are_those_of_the_body_and_have_its_defaults() -> None:
    assert Limits() == limits_of(AppConfig())
    assert Limits(max_files=3) == limits_of(AppConfig(max_files=3))


@pytest.mark.parametrize("value", [-1, 1.5, "1", True])
def test_a_limit_is_a_whole_number_from_zero_up(value: object) -> None:
    (problem,) = refused("development", max_body=value)
    assert problem.what.startswith("[app] max_body cannot be read: expected a whole number")


# --- hosts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["example.org", ".example.org", "localhost", "127.0.0.1", "[::1]", "[2001:db8::1]", "a_b.example", "*"]
)
def test_hosts_are_names_suffixes_addresses_or_a_star(host: str) -> None:
    assert (host,) == checked(hosts=[host]).hosts


@pytest.mark.parametrize(
    "host, remedy",
    [
        ("https://example.org/", "write 'example.org'"),
        ("example.org:8000", "write 'example.org'"),
        ("[::1]:8000", "write '[::1]'"),
        ("*.example.org", "write '.example.org'"),
        ("müller.example", "write the name in its ASCII form"),
        ("example.org/path", "write a host name"),
        ("exa mple.org", "write a host name"),
        ("example.org\n", "write a host name"),
        ("-a.org", "write a host name"),
        ("a..org", "write a host name"),
        (f"{64 * 'a'}.org", "write a host name"),
        ("²3.org", "write the name in its ASCII form"),
        ("::1", "write a host name"),
        ("", "write a host name"),
    ],
)
def test_what_is_no_host_is_refused_with_what_was_meant(host: str, remedy: str) -> None:
    (problem,) = refused(hosts=["good.org", host])
    assert f"[app] hosts says {host!r}, which is no host name (at [1])." == problem.what
    assert problem.remedy.startswith(remedy)


def test_production_needs_hosts() -> None:
    (problem,) = refused()
    assert "[app] hosts is empty, and the profile 'production' answers only for hosts that are named." == problem.what
    assert "NEWEL_APP__HOSTS" in problem.remedy
    (again,) = refused(hosts=[])
    assert (Place("app.py", 3, text="[app] hosts"),) == again.places


def test_any_profile_but_development_needs_hosts(tmp_path: Path) -> None:
    (tmp_path / "newel.toml").touch()
    (tmp_path / "newel.staging.toml").touch()
    problems: list[Problem] = []
    assert check_app(read(tmp_path, profile="staging", environ={}), problems) is None
    assert ["'staging'" in problem.what for problem in problems] == [True]


def test_hosts_that_cannot_be_read_are_not_said_to_be_missing_as_well() -> None:
    assert 1 == len(refused(hosts=5))


def test_development_answers_for_this_machine_besides() -> None:
    assert LOOPBACK == checked("development").hosts
    assert ("example.org", *LOOPBACK) == checked("development", hosts=["example.org"]).hosts


# --- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "a" * 31, "a" * 64, "ab" * 32, *DOCUMENTED_SECRETS])
def test_a_secret_that_can_be_guessed_is_refused_and_not_shown(secret: str) -> None:
    (problem,) = refused(hosts=["a.org"], secret=secret)
    assert problem.what.startswith("[app] secret can be guessed: it ")
    assert (Place("app.py", 3, text="[app] secret"),) == problem.places
    assert not secret or secret not in str(problem)


def test_every_secret_of_a_ring_is_looked_at() -> None:
    problems = refused(hosts=["a.org"], secret=[GOOD, "old", "older"])
    assert [1, 2] == [number for number in range(3) for problem in problems if f"item {number}," in problem.what]


def test_documented_secrets_are_refused_for_what_they_are() -> None:
    for text in DOCUMENTED_SECRETS:
        assert "documentation" in (weakness(Secret(f" {text.upper()}\n")) or "")


def test_random_secrets_are_never_said_to_be_weak() -> None:
    made = [make(32) for make in (secrets.token_urlsafe, secrets.token_hex) for _ in range(50)]
    assert [] == [text for text in made if weakness(Secret(text))]


def test_production_without_a_secret_starts_and_development_takes_a_weak_one() -> None:
    assert () == checked(hosts=["a.org"]).secret
    assert (Secret("weak"),) == checked("development", secret="weak").secret


def test_all_that_production_refuses_is_told_with_all_else() -> None:
    told = refused(secret="weak", timezone="Europe/Berlni", max_body="1")
    assert 4 == len(told)


# --- origins and zones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://a.org", "http://localhost:8000", "https://[::1]:1", "capacitor://localhost"]
)
def test_origins_are_as_browsers_send_them(origin: str) -> None:
    assert (origin,) == checked("development", origins=[origin.upper()]).origins


@pytest.mark.parametrize(
    "origin",
    [
        "a.org",
        "https://a.org/",
        "https://a.org/x",
        "null",
        "*",
        "https://*.a.org",
        "https://u@a.org",
        "https://a.org:x",
        "",
    ],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    (problem,) = refused("development", origins=[origin])
    assert "is no origin" in problem.what


@pytest.mark.parametrize("origin, meant", [("https://a.org:443", "https://a.org"), ("http://a.org:80", "http://a.org")])
def test_an_origin_with_its_usual_port_would_never_match(origin: str, meant: str) -> None:
    (problem,) = refused("development", origins=[origin])
    assert f"write {meant!r}" in problem.remedy


def test_zones_are_those_of_the_system() -> None:
    assert zoneinfo.ZoneInfo("Europe/Berlin") == zone_of(checked("development", timezone="Europe/Berlin"))
    (problem,) = refused("development", timezone="Europe/Berlni")
    assert "did you mean 'Europe/Berlin'?" in str(problem)


def test_utc_needs_no_database_of_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "newel.timezones", raising=False)
    assert datetime.UTC == zone_of(checked("development", timezone="UTC"))
    assert "newel.timezones" not in sys.modules


# --- [use] ------------------------------------------------------------------------------------------------------------


def test_choices_are_names_wherever_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "newel.toml").write_text('[use]\ndatabase = "sql"\ntemplates = ["jinja2"]\nsessions = "cookie"\n')
    environ = {"NEWEL_USE__DATABASE": "mongo", "NEWEL_USE__TEMPLATES": '["jinja2", "mako"]'}
    chosen = choices(read(tmp_path, environ=environ), [])
    assert {"database": ("mongo",), "templates": ("jinja2", "mako"), "sessions": ("cookie",)} == {
        slot: setting.value for slot, setting in chosen.items()
    }
    assert "NEWEL_USE__DATABASE" == chosen["database"].variable
    assert [2] == [place.line for place in chosen["database"].overrides]


def test_a_choice_that_is_no_name_is_a_problem() -> None:
    problems: list[Problem] = []
    chosen = choices(read({"use": {"database": 5, "templates": "mako"}}, environ={}), problems)
    assert ["templates"] == list(chosen)
    told = [problem.what for problem in problems]
    assert ["[use] database cannot be read: expected a text, got a whole number, found 5."] == told
