"""Newel with data: the notices in SQLite through `Database`, and a `Page` by Jinja2."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import work
from benchmarks.texts import HOST, SECRET
from newel import App, Page, Router
from newel_data import Database, Field, Model, field

router: Final = Router()


class Notice(Model):
    title: Field[str] = field(max_length=120)
    body: Field[str] = field()
    author: Field[str] = field(max_length=80)
    posted: Field[datetime] = field(index=True)


@router.get("/notices")
def notices(db: Database) -> Page:
    newest = db.query(Notice).order_by(Notice.posted.desc()).limit(work.PAGE).all()
    return Page("notices/list.html", notices=newest)


def build() -> App:
    """Make the tables as `newel run` does, fill them, and serve the file as production does."""
    configuration: dict[str, Any] = {
        "app": {
            "hosts": [HOST],
            "secret": SECRET,
            "templates": [str(work.TEMPLATES / "newel")],
            "without": ["security"],
        },
        "use": {"database": "sql", "templates": "jinja2"},
        "data": {"models": [__name__]},
        "sql": {"url": f"sqlite:///{Path(tempfile.mkdtemp()) / 'notices.db'}"},
    }
    filling = App(configuration, profile="development")
    with filling.scope() as scope:
        scope[Database].add_all(Notice(**row) for row in work.notices())
    filling.close()
    return App(configuration, routes=[router])
