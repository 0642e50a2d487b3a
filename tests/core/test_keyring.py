from __future__ import annotations

import ast
import base64
import hmac
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newel import keyring
from newel.errors import NewelError, Place
from newel.keyring import BadSignature, BadToken, Expired, KeyRing
from newel.secret import Secret

OLD = "an old secret that is long enough to be one"
NEW = "a new secret, which is also long enough now"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(clock: Clock) -> KeyRing:
    return KeyRing([NEW], clock=clock)


# --- what is signed comes back ----------------------------------------------------------------------------------------


@given(st.binary(), st.text())
def test_what_was_signed_is_verified_for_any_value_and_purpose(value: bytes, purpose: str) -> None:
    ring = KeyRing([NEW])
    assert value == ring.verify(ring.sign(value, purpose), purpose, 60)


def test_text_is_signed_as_utf8(ring: KeyRing) -> None:
    assert "grün".encode() == ring.verify(ring.sign("grün", "session"), "session", None)


@given(st.binary())
def test_a_token_needs_no_quoting_in_urls_and_cookies(value: bytes) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{51,}", KeyRing([NEW]).sign(value, "session"))


def test_a_token_may_come_as_bytes(ring: KeyRing) -> None:
    assert b"x" == ring.verify(ring.sign("x", "session").encode(), "session", None)


def test_the_format_is_the_one_that_is_documented(ring: KeyRing, clock: Clock) -> None:
    root = hmac.digest(b"newel key ring 1", NEW.encode(), "sha256")
    key = hmac.digest(root, b"session\x01", "sha256")
    body = base64.urlsafe_b64encode(int(clock.now * 1000).to_bytes(6, "big") + b"value").rstrip(b"=")
    signature = base64.urlsafe_b64encode(hmac.digest(key, body, "sha256")).rstrip(b"=")
    assert (body + signature).decode() == ring.sign("value", "session")


# --- what was tampered with does not ----------------------------------------------------------------------------------


def test_every_changed_character_is_refused(ring: KeyRing) -> None:
    token = ring.sign("x" * 20, "session")
    for place, letter in enumerate(token):
        for other in {"A", "B", "_", "=", "\n", "é"} - {letter}:
            with pytest.raises(BadSignature):
                ring.verify(token[:place] + other + token[place + 1 :], "session", None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: "x",
        lambda token: token[:-1],
        lambda token: token[1:],
        lambda token: f"{token}=",
        lambda token: f" {token}",
        lambda token: f"{token}\n",
        lambda token: token[-43:],
        lambda token: token[:-43],
        lambda token: token * 2,
        lambda token: token.lower(),
        lambda token: f"é{token}",
    ],
    ids=range(12),
)
def test_no_second_spelling_of_a_token_is_good(spoil: Callable[[str], str], ring: KeyRing) -> None:
    with pytest.raises(BadSignature):
        ring.verify(spoil(ring.sign("value", "session")), "session", None)


@given(st.text() | st.binary())
def test_whatever_somebody_sends_is_refused_by_the_one_error(token: str | bytes) -> None:
    with pytest.raises(BadSignature):
        KeyRing([NEW]).verify(token, "session", None)


def test_the_comparison_is_the_one_of_constant_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Any] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    ring = KeyRing([NEW, OLD], clock=clock)
    token = ring.sign("value", "session")
    with pytest.raises(BadSignature):
        ring.verify(f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}", "session", None)
    assert 2 == len(compared)


def test_errors_say_nothing_of_why(ring: KeyRing, clock: Clock) -> None:
    token = ring.sign("value", "session")
    clock.now += 100
    told = set()
    for sent, purpose in ((token, "session"), (token, "other"), ("x", "session")):
        with pytest.raises(BadToken) as caught:
            ring.verify(sent, purpose, 60)
        told.add((str(caught.value), caught.value.http_status))
    assert {("this token is not valid, or no longer", 400)} == told


def test_both_errors_are_ours() -> None:
    assert issubclass(BadSignature, BadToken)
    assert issubclass(Expired, BadToken)
    assert issubclass(BadToken, NewelError)


# --- purposes ---------------------------------------------------------------------------------------------------------


def test_what_was_signed_for_one_purpose_is_refused_for_another(ring: KeyRing) -> None:
    with pytest.raises(BadSignature):
        ring.verify(ring.sign("value", "session"), "password reset", None)


def test_purposes_beyond_those_that_are_remembered_work_as_well(ring: KeyRing) -> None:
    tokens = {purpose: ring.sign(purpose, purpose) for purpose in map(str, range(600))}
    assert list(tokens) == [ring.verify(token, purpose, None).decode() for purpose, token in tokens.items()]
    assert len(ring._keys) <= 256


# --- rotation ---------------------------------------------------------------------------------------------------------


def test_the_first_secret_signs_and_all_verify() -> None:
    old, both, new = KeyRing([OLD]), KeyRing([NEW, OLD]), KeyRing([NEW])
    assert b"x" == both.verify(old.sign("x", "session"), "session", None)
    assert b"x" == new.verify(both.sign("x", "session"), "session", None)


def test_a_secret_that_was_taken_out_verifies_no_longer() -> None:
    with pytest.raises(BadSignature):
        KeyRing([NEW]).verify(KeyRing([OLD]).sign("x", "session"), "session", None)


def test_the_same_secret_verifies_in_another_process() -> None:
    assert b"x" == KeyRing([Secret(NEW)]).verify(KeyRing([NEW]).sign("x", "session"), "session", 60)


@pytest.mark.parametrize("secrets", [[], [""], [NEW, ""]], ids=range(3))
def test_a_ring_needs_secrets(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        KeyRing(secrets)


# --- age --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later, good", [(0, True), (59.9, True), (60, True), (60.1, False), (1e6, False)])
def test_a_token_is_good_until_its_age_is_reached(later: float, good: bool, ring: KeyRing, clock: Clock) -> None:
    token = ring.sign("value", "session")
    clock.now += later
    if good:
        assert b"value" == ring.verify(token, "session", 60)
    else:
        with pytest.raises(Expired):
            ring.verify(token, "session", 60)


def test_without_an_age_a_token_is_good_for_ever(ring: KeyRing, clock: Clock) -> None:
    token = ring.sign("value", "session")
    clock.now += 1e10
    assert b"value" == ring.verify(token, "session", None)


def test_a_clock_that_is_a_little_ahead_is_forgiven_and_one_that_is_far_ahead_is_not(clock: Clock) -> None:
    ring = KeyRing([NEW], clock=clock)
    token = ring.sign("value", "session")
    clock.now -= keyring.MAX_SKEW - 1
    assert b"value" == ring.verify(token, "session", 60)
    clock.now -= 2
    with pytest.raises(Expired):
        ring.verify(token, "session", 60)


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_whoever_signs_where_no_secret_is_set_is_told_so() -> None:
    place = Place("views.py", 5)
    problem = KeyRing.required((), "the session store 'cookie'", place)
    assert problem is not None
    assert "the session store 'cookie' signs what it sends, and no [app] secret is set to sign it with." == problem.what
    assert ((place,), True) == (problem.places, "NEWEL_APP__SECRET" in problem.remedy)
    assert KeyRing.required((Secret(NEW),), "anybody") is None


def test_a_ring_does_not_show_its_secrets(ring: KeyRing) -> None:
    assert "<KeyRing of 1>" == repr(ring)
    with pytest.raises(TypeError):
        vars(ring)


def test_nothing_is_unpickled_here() -> None:
    tree = ast.parse(Path(keyring.__file__).read_bytes())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not names & {"pickle", "marshal", "shelve"}
