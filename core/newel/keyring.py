"""The key ring: signs texts that a client keeps for us, and verifies what comes back.

A token is text of `A-Z a-z 0-9 - _` only, so it stands in a URL, a cookie, a header or a form as it is:

    base64url(time) base64url(value) base64url(HMAC-SHA256(key of the purpose, all of the text before))
    8 characters    as many as it needs  43 characters

`time` is when it was signed, in milliseconds since 1970, 6 bytes. The value is signed and not encrypted: whoever holds
a token can read it.

- **Purpose.** Each purpose has a key of its own, derived from the secret (HKDF, RFC 5869), so that what was signed for
  one is worth nothing for another (checklist E5). A purpose is a constant of the program, never made of input.
- **Rotation.** The first secret signs, all verify: put a new one in front, and take the old one out when the oldest
  token that matters has expired (E6).
- **Age.** Whoever verifies says how old a token may be (E9).
- The signature is over the text as it is sent, not over what it decodes to, and it is compared as text in constant time
  before anything is decoded: no second spelling of a token is good (E4).

A value is bytes, never an object that is unpickled (E8).

PERF: `hmac` loads OpenSSL, which takes milliseconds. Most applications know this type and sign nothing, so it is loaded
when a ring is made.
"""

from __future__ import annotations

import importlib
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable
from typing import Final, final

from newel.errors import NewelError, Place, Problem
from newel.secret import Secret
from newel.settings import HOW_TO_MAKE_ONE

MAX_SKEW: Final = 60.0
"""Seconds that the clock of the machine that signed may be ahead of the one that verifies."""

_HASH: Final = "sha256"
_SALT: Final = b"newel key ring 1"
_SIGNATURE: Final = 43
_TIME_BYTES: Final = 6
_MAX_CACHED: Final = 256

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")


class BadToken(NewelError):
    """A token that is not good. Its text says no more than that: why is nobody's business who sent it.

    Uncaught, it is a 400 (RFC 9110, section 15.5.1).
    """

    http_status: Final = 400

    def __init__(self) -> None:
        super().__init__("this token is not valid, or no longer")


class BadSignature(BadToken):
    """No key of the ring signed this for this purpose."""


class Expired(BadToken):
    """The signature is right, and the token is older than it may be (or from a clock that is ahead)."""


@final
class KeyRing:
    """Signs with the first secret, verifies with all of them. A contract of application scope: ask for it by type."""

    __slots__ = ("_clock", "_hmac", "_keys", "_roots", "_same")

    def __init__(self, secrets: Iterable[Secret | str], *, clock: Callable[[], float] = time.time) -> None:
        texts = [secret.reveal() if isinstance(secret, Secret) else secret for secret in secrets]
        if not all(texts) or not texts:
            raise ValueError("KeyRing: at least one secret is needed, and none may be empty")
        hmac = importlib.import_module("hmac")
        self._hmac: Final[Callable[[bytes, bytes, str], bytes]] = hmac.digest
        self._same: Final[Callable[[bytes, bytes], bool]] = hmac.compare_digest
        self._roots: Final = tuple(self._hmac(_SALT, text.encode(), _HASH) for text in texts)
        self._keys: Final[dict[str, tuple[bytes, ...]]] = {}
        self._clock: Final = clock

    @staticmethod
    def required(secrets: Iterable[Secret], by: str, *places: Place) -> Problem | None:
        """Return the problem of somebody who signs where no secret is set, or None. Boot asks before it serves."""
        if any(secrets):
            return None
        return Problem(
            what=f"{by} signs what it sends, and no [app] secret is set to sign it with.",
            places=places,
            remedy="set NEWEL_APP__SECRET, or secret under [app] in a file that stays out of the repository, "
            f"to the output of: {HOW_TO_MAKE_ONE}",
        )

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._roots)}>"

    def sign(self, value: bytes | str, purpose: str) -> str:
        """Return a token that holds the value and the time, good for this purpose only."""
        data = value.encode() if isinstance(value, str) else value
        now = int(self._clock() * 1000).to_bytes(_TIME_BYTES, "big")
        body = b2a_base64(now + data, newline=False).translate(_TO_URL).rstrip(b"=")
        key = (self._keys.get(purpose) or self._derived(purpose))[0]
        return (body + self._signature(key, body)).decode("ascii")

    def verify(self, token: str | bytes, purpose: str, max_age: float | None) -> bytes:
        """Return the value of a token signed for this purpose no more than `max_age` seconds ago (None: ever).

        Raises `BadSignature` or `Expired`, both `BadToken`.
        """
        try:
            text = token.encode("ascii") if isinstance(token, str) else token
        except UnicodeEncodeError:
            raise BadSignature from None
        body, signature = text[:-_SIGNATURE], text[-_SIGNATURE:]
        for key in self._keys.get(purpose) or self._derived(purpose):
            if self._same(signature, self._signature(key, body)):
                return self._opened(body, max_age)
        raise BadSignature

    def _opened(self, body: bytes, max_age: float | None) -> bytes:
        """Return the value in the body of a token whose signature is right. Raises `Expired`."""
        data = a2b_base64(body.translate(_FROM_URL) + b"==")  # more padding than is needed does no harm
        if max_age is not None:
            age = self._clock() - int.from_bytes(data[:_TIME_BYTES], "big") / 1000
            if not -MAX_SKEW <= age <= max_age:
                raise Expired
        return data[_TIME_BYTES:]

    def _derived(self, purpose: str) -> tuple[bytes, ...]:
        """Return the keys of a purpose, derived once (HKDF's second step; the first made the roots)."""
        keys = tuple(self._hmac(root, purpose.encode() + b"\x01", _HASH) for root in self._roots)
        if len(self._keys) < _MAX_CACHED:  # whoever makes purposes of input pays in time, not in memory
            self._keys[purpose] = keys
        return keys

    def _signature(self, key: bytes, body: bytes) -> bytes:
        # PERF: `hmac.digest` and a copied `hmac.new(key)` take the same time; this one keeps no state to be shared.
        return b2a_base64(self._hmac(key, body, _HASH), newline=False).translate(_TO_URL)[:_SIGNATURE]
