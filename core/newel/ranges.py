"""Range requests, by Werkzeug's parser (RFC 9110, 14.2). Imported when the first one comes."""

from __future__ import annotations

from werkzeug.http import parse_range_header


def single_range(header: str, size: int) -> tuple[int, int] | None:
    """Return begin and end (not included) of the one range asked for; an empty one where no such bytes are (416).

    None where the whole is to be sent: a malformed header, another unit, or several ranges, which a server may ignore
    (14.2) and which are how a small request becomes a large answer (17.15).
    """
    ranges = parse_range_header(header)
    if ranges is None or ranges.units != "bytes" or len(ranges.ranges) != 1:
        return None
    found = ranges.range_for_length(size)
    return (size, size) if found is None else found
