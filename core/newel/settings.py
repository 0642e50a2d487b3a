"""The `[app]` section: what every application can say of itself, with defaults; and the choices of `[use]`.

The types here read themselves from configuration, so that each mistake is told with its own place.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Annotated, Any, Final, Self, TypeAlias, final

import msgspec
import msgspec.structs

from newel.body import Limits
from newel.config import Configuration, variable
from newel.errors import Place, Problem
from newel.secret import Secret
from newel.sources import Setting, spelled
from newel.values import SettingError, Several

LOOPBACK: Final = ("localhost", ".localhost", "127.0.0.1", "[::1]")
"""The hosts that the development profile answers for, besides those configured. None of them leaves the machine."""

MIN_SECRET_BYTES: Final = 32
MIN_DIFFERENT: Final = 6
"""How many different characters a secret has at least. 32 random hexadecimal digits have fewer once in 10^12."""

DOCUMENTED_SECRETS: Final = (
    "an-example-from-the-documentation-never-use-it",
    "change-me-change-me-change-me-change-me",
    "replace-this-with-the-output-of-python-secrets",
)
"""Secrets that anybody can read in our documentation or in what `newel new` writes: refused in production."""

HOW_TO_MAKE_ONE: Final = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'

# PERF: patterns are compiled when first used: development names no hosts.
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\])"
_PATTERN: Final = rf"\*|\.?{_HOST}"
_ORIGIN: Final = rf"[a-z][a-z0-9+.-]*://{_HOST}(?::[0-9]{{1,5}})?"
_DEFAULT_PORT: Final = r"http://.*:80|https://.*:443"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    return value


@final
class HostName(str):
    """A host an application answers for: a name, `.name` (it and every subdomain), `[IPv6 address]`, or `*`."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: Any) -> Self:
        """Read a host from configuration, in small letters."""
        host = _text(value).lower()
        if _is_plain(host) or re.fullmatch(_PATTERN, host):
            return cls(host)
        raise SettingError(f"says {value!r}, which is no host name", _mended_host(host))


def _is_plain(host: str) -> bool:
    """Tell whether a host is labels of letters and digits, as most are. PERF: so few starts compile the pattern."""
    return host.isascii() and all(label.isalnum() and len(label) < 64 for label in host.split("."))


def _mended_host(host: str) -> str:
    """Return what to do about something that is no host name."""
    bare = host.partition("://")[2].partition("/")[0] or host
    if bare.startswith("*."):
        return f"write {bare[1:]!r}: a leading dot stands for the name and every subdomain."
    name = bare if bare.endswith("]") else re.sub(r":\d*$", "", bare)
    if name != host and re.fullmatch(_PATTERN, name):
        return f"write {name!r}: hosts stand without scheme, port and path."
    if not host.isascii():
        return "write the name in its ASCII form (xn--...), as browsers send it."
    return "write a host name: example.org, .example.org (with every subdomain), 127.0.0.1, [::1]."


@final
class WebOrigin(str):
    """The origin of another site, as browsers send it (RFC 6454, section 6.2): `https://shop.example.org`."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: Any) -> Self:
        """Read an origin from configuration, in small letters."""
        origin = _text(value).lower()
        if not re.fullmatch(_ORIGIN, origin):
            remedy = "write scheme and host, with nothing after them but an unusual port: https://shop.example.org."
            raise SettingError(f"says {value!r}, which is no origin", remedy)
        if re.fullmatch(_DEFAULT_PORT, origin):
            remedy = f"write {origin.rpartition(':')[0]!r}: browsers leave the usual port out."
            raise SettingError(f"says {value!r}, which no browser sends", remedy)
        return cls(origin)


@final
class ZoneName(str):
    """A name of the IANA time zone database that this system knows. `newel.timezones.find` gives the zone."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: Any) -> Self:
        """Read the name of a time zone. PERF: UTC is known without the database."""
        name = _text(value)
        if name != "UTC":
            importlib.import_module("newel.timezones").find(name)
        return cls(name)


Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


@final
class AppConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The `[app]` section.

    routes           modules whose routers are served
    plugins          plugins besides those under `[use]`: installed ones by name, with a dot a module of one's own
    without          plugins that are always on, and here are not; `newel audit` lists them
    hosts            names the application answers for; required in production
    secret           what signing is done with: one, or a list of which the first signs and all verify
    timezone         the zone of dates and times that people type, an IANA name
    origins          other sites whose pages may send unsafe requests: https://shop.example.org
    redirect_hosts   other hosts that redirects may go to
    templates        folders of templates; without it, `templates` beside the file and in each package that has routes

    Limits of what a request may carry; see the reference, and `newel.body` for where each default is from:

    max_body         bytes of a whole body, uploads included
    max_field        bytes of one text field of a multipart form
    max_form_fields  text fields of a form
    max_form_parts   parts of a multipart form, files included
    max_files        files of a form
    max_part_header  bytes of one part's header
    max_field_name   characters of a field's name
    """

    routes: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    hosts: tuple[HostName, ...] = ()
    secret: Several[Secret] = ()
    timezone: ZoneName = ZoneName("UTC")
    origins: tuple[WebOrigin, ...] = ()
    redirect_hosts: tuple[HostName, ...] = ()
    templates: tuple[os.PathLike[str], ...] = ()
    max_body: Size = 10_000_000
    max_field: Size = 500_000
    max_form_fields: Size = 1000
    max_form_parts: Size = 1000
    max_files: Size = 100
    max_part_header: Size = 4096
    max_field_name: Size = 256


def check_app(configuration: Configuration, problems: list[Problem]) -> AppConfig | None:
    """Return the `[app]` section as the profile has it, or None after adding problems.

    Development answers for the loopback hosts as well. Any other profile needs hosts, and refuses a secret that can be
    guessed (checklist E7, E37); that one is set at all is asked for by whoever signs, see `KeyRing.required`.
    """
    before = len(problems)
    app = configuration.check("app", AppConfig, problems)
    if not configuration.development:
        problems += _production_problems(configuration)
    if app is None or len(problems) > before:
        return None
    if configuration.development:
        hosts = tuple(dict.fromkeys([*app.hosts, *map(HostName, LOOPBACK)]))
        return msgspec.structs.replace(app, hosts=hosts)
    return app


def limits_of(app: AppConfig) -> Limits:
    """Return what a request may carry."""
    return Limits(**{name: getattr(app, name) for name in Limits.__struct_fields__})


def zone_of(app: AppConfig) -> tzinfo:
    """Return the zone of dates and times that people type. PERF: UTC is known without the database."""
    if app.timezone == "UTC":
        return UTC
    zone: tzinfo = importlib.import_module("newel.timezones").find(app.timezone)
    return zone


def choices(configuration: Configuration, problems: list[Problem]) -> Mapping[str, Setting]:
    """Return what `[use]` chooses for each slot: settings whose values are tuples of names."""
    chosen: dict[str, Setting] = {}
    for slot, setting in configuration.section("use").items():
        names = configuration.value("use", slot, Several[str], problems)
        if names is not msgspec.UNSET:
            chosen[slot] = msgspec.structs.replace(setting, value=names, is_text=False)
    return chosen


def _production_problems(configuration: Configuration) -> list[Problem]:
    """Return what production refuses, whatever else is wrong with the section."""
    unread: list[Problem] = []  # what cannot be read was told by `check`
    hosts = configuration.value("app", "hosts", tuple[HostName, ...], unread)
    secrets = configuration.value("app", "secret", Several[Secret], unread)
    problems = [] if unread or hosts else [_no_hosts(configuration)]
    if secrets is not msgspec.UNSET:
        place = configuration.section("app")["secret"].place
        faults = enumerate(map(weakness, secrets))
        problems += [_weak(fault, number, place) for number, fault in faults if fault]
    return problems


def weakness(secret: Secret) -> str | None:
    """Return what is wrong with a secret that production could not trust, or None."""
    text = secret.reveal()
    if text.strip().casefold() in DOCUMENTED_SECRETS:
        return "stands in the documentation, where everybody can read it"
    if (length := len(text.encode())) < MIN_SECRET_BYTES:
        return f"has {length} bytes, and {MIN_SECRET_BYTES} are the least"
    if len(set(text)) < MIN_DIFFERENT:
        return "repeats a few characters"
    return None


def _weak(fault: str, number: int, place: Place) -> Problem:
    which = spelled("app", "secret") if number == 0 else f"{spelled('app', 'secret')}, item {number},"
    return Problem(
        what=f"{which} can be guessed: it {fault}.",
        places=(place,),
        remedy=f"make one that nobody has seen, and keep it out of the repository: {HOW_TO_MAKE_ONE}",
    )


def _no_hosts(configuration: Configuration) -> Problem:
    setting = configuration.section("app").get("hosts")
    place = setting.place if setting else configuration.header("app")
    return Problem(
        what=f"[app] hosts is empty, and the profile {configuration.profile!r} answers only for hosts that are named.",
        places=(place,) if place else (),
        remedy=f'write hosts = ["www.example.org"] under [app], or set {variable("app", "hosts")}; '
        "for work on this machine run in the development profile (newel run).",
    )
