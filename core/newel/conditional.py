"""Validators and preconditions: ETag, Last-Modified, and what If-None-Match and its kin ask (RFC 9110, 8.8 and 13)."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from newel.patterns import pattern

NOT_MODIFIED: Final = 304
PRECONDITION_FAILED: Final = 412

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_FIXED_DATE: Final = pattern(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)
_ETAG: Final = pattern(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def http_date(moment: datetime | float) -> str:
    """Return a moment as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7). A datetime without a zone is UTC.

    NOTE: `email.utils.format_datetime` says the same; importing it costs more than all of this package.
    """
    seconds = moment_of(moment).timestamp() if isinstance(moment, datetime) else moment
    t = time.gmtime(seconds)
    day, month = _DAYS[t.tm_wday], _MONTHS[t.tm_mon - 1]
    return f"{day}, {t.tm_mday:02d} {month} {t.tm_year:04d} {t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d} GMT"


def parse_date(text: str) -> datetime | None:
    """Read an HTTP date in any of its three forms; None for anything that is no date."""
    fixed = _FIXED_DATE.fullmatch(text)
    if fixed is None:
        return _old_date(text)
    day, month, year, hour, minute, second = fixed.groups()
    try:
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None


def _old_date(text: str) -> datetime | None:
    """Read one of the forms of old that a recipient still has to know (RFC 850, asctime)."""
    utils = importlib.import_module("email.utils")  # PERF: 10 ms to import, and nearly no client makes it necessary
    try:
        parsed: datetime = utils.parsedate_to_datetime(text)
        return moment_of(parsed)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def moment_of(moment: datetime) -> datetime:
    """Return the moment in UTC; one without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def quoted_etag(etag: str, *, weak: bool = False) -> str:
    """Return the text of an entity tag as it is sent: `abc` becomes `"abc"`, or `W/"abc"`; a quoted one stays."""
    quoted = etag if _ETAG.fullmatch(etag) else f'"{etag}"'
    if _ETAG.fullmatch(quoted) is None:
        msg = f"an entity tag was set to {etag!r}; it may hold printable characters except the double quote and space"
        raise ValueError(msg)
    return f"W/{quoted}" if weak and quoted[0] != "W" else quoted


def failed_precondition(
    environ: Mapping[str, Any],
    etag: str | None,
    modified: datetime | None,
) -> int | None:
    """Return 304 or 412 where the request's preconditions say so, else None, in the order of RFC 9110, 13.2.2.

    `etag` is quoted. Ask before anything is changed: a 412 says that nothing was.
    """
    get = environ.get
    if (wanted := get("HTTP_IF_MATCH")) is not None:
        if not _matches_strongly(wanted, etag):
            return PRECONDITION_FAILED
    elif (since := get("HTTP_IF_UNMODIFIED_SINCE")) is not None and _is_later(modified, since):
        return PRECONDITION_FAILED
    reading = environ["REQUEST_METHOD"] in {"GET", "HEAD"}
    if (known := get("HTTP_IF_NONE_MATCH")) is not None:
        if _matches_weakly(known, etag):
            return NOT_MODIFIED if reading else PRECONDITION_FAILED
    elif reading and (since := get("HTTP_IF_MODIFIED_SINCE")) is not None and _is_unchanged(modified, since):
        return NOT_MODIFIED
    return None


def may_resume(environ: Mapping[str, Any], etag: str | None, modified: datetime | None) -> bool:
    """Tell whether If-Range, if it is there, still names this representation, so that Range counts (13.1.5)."""
    wanted = environ.get("HTTP_IF_RANGE")
    if wanted is None:
        return True
    if '"' in wanted:
        return etag is not None and not etag.startswith("W/") and wanted.strip() == etag
    return modified is not None and wanted.strip() == http_date(modified)


def _matches_strongly(wanted: str, etag: str | None) -> bool:
    if wanted.strip() == "*":
        return True
    return etag is not None and not etag.startswith("W/") and etag in _ETAG.findall(wanted)


def _matches_weakly(known: str, etag: str | None) -> bool:
    if known == etag:  # PERF: a browser sends back the one tag it was given
        return True
    if known.strip() == "*":
        return True
    if etag is None:
        return False
    opaque = etag.removeprefix("W/")
    return any(tag.removeprefix("W/") == opaque for tag in _ETAG.findall(known))


def _is_later(modified: datetime | None, since: str) -> bool:
    moment = parse_date(since)
    return modified is not None and moment is not None and moment_of(modified).replace(microsecond=0) > moment


def _is_unchanged(modified: datetime | None, since: str) -> bool:
    if modified is None:
        return False
    if since == http_date(modified):
        return True
    moment = parse_date(since)
    return moment is not None and moment_of(modified).replace(microsecond=0) <= moment
