"""Time zones by name. Imported late, by name: `zoneinfo` and its data cost more than the rest of configuration."""

from __future__ import annotations

import zoneinfo

from newel.values import SettingError


def find(name: str) -> zoneinfo.ZoneInfo:
    """Return the time zone of an IANA name. Raises `SettingError`."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no key at all ("../etc"); a folder ("Europe")
        raise _unknown(name) from None


def _unknown(name: str) -> SettingError:
    names = zoneinfo.available_timezones()
    remedy = "write a name of the IANA time zone database: Europe/Berlin, UTC."
    if not names:
        remedy = "this system has no time zone data: pip install tzdata"
    return SettingError(f"is {name!r}, which is no time zone", remedy, found=name, allowed=names)
