"""What every contestant is asked to do: one source for the texts, sizes and rows."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

DOCUMENT: Final[dict[str, Any]] = {
    "id": 42,
    "name": "Ada Lovelace",
    "born": "1815-12-10",
    "active": True,
    "score": 9.5,
    "tags": ["mathematics", "engines", "notes"],
    "address": {"street": "St James's Square 12", "city": "London", "country": None},
}

MAX_TITLE: Final = 80
MAX_BODY: Final = 1000
MIN_RATING: Final = 1
MAX_RATING: Final = 5

TEMPLATES: Final = Path(__file__).parent / "templates"
NOTICES: Final = 300
PAGE: Final = 12
ROWS_OF_PAGES: Final = (PAGE, 1000)
FIRST_DAY: Final = datetime.datetime(2025, 1, 1, 12, 30, tzinfo=datetime.UTC)


def items(count: int = 60) -> list[dict[str, Any]]:
    """Return a list that is about 10 KB as JSON."""
    return [
        {
            "id": number,
            "name": f"Item number {number}, größer als sonst",
            "price": number * 1.25,
            "available": number % 3 == 0,
            "tags": ["new", f"group-{number % 7}"],
            "description": "A thing that somebody orders, in a few words.",
        }
        for number in range(count)
    ]


def items_as_json() -> bytes:
    """Return the list of `items` as a browser sends it."""
    return json.dumps(items(), separators=(",", ":"), ensure_ascii=False).encode()


def notices(count: int = NOTICES) -> Iterator[dict[str, Any]]:
    """Give the rows that every contestant's database holds; the newest twelve are shown."""
    for number in range(count):
        yield {
            "id": f"00000000-0000-7000-8000-{number:012d}",
            "title": f'Notice <{number}> & "so on"',
            "body": f"Für Leser Nr. {number}: it's short, as notices are, and ends here.",
            "author": ("Ada", "Grace", "Émilie", "Søren")[number % 4],
            "posted": FIRST_DAY + datetime.timedelta(hours=number),
        }
