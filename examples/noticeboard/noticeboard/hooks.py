"""The noticeboard's own plugin: it fills an empty board at the first start, and signs every response."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from newel import Response, hookimpl
from newel_data import Database, utcnow
from noticeboard.models import Author, Notice

DATA = Path(__file__).parent / "data" / "notices.json"


@hookimpl
def newel_startup(db: Database) -> None:
    # NOTE: where two processes fill the board at once, the slower one fails here, and starts at its next request.
    if db.query(Notice).exists():
        return
    rows, now = json.loads(DATA.read_text(encoding="utf-8")), utcnow()
    authors = {name: Author(name=name) for name in dict.fromkeys(row["author"] for row in rows)}
    db.add_all([*authors.values(), *(_notice(row, authors[row["author"]], now) for row in rows)])


def _notice(row: dict[str, Any], author: Author, now: datetime) -> Notice:
    return Notice(
        title=row["title"],
        body=row["body"],
        author=author,
        tags=row["tags"],
        price=None if row["price"] is None else Decimal(row["price"]),
        posted=now - timedelta(minutes=row["minutes_ago"]),
    )


@hookimpl
def newel_after_request(response: Response) -> None:
    response.headers["X-Board"] = "notices"


@hookimpl
def newel_template_names() -> Mapping[str, Callable[..., Any]]:
    return {"ago": ago, "paragraphs": paragraphs}


def ago(moment: datetime) -> str:
    """Say how long ago something was, as people do."""
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    for size, unit in ((60 * 24 * 7, "week"), (60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which empty lines divide."""
    return [part.strip() for part in text.split("\n\n") if part.strip()]
