"""What the pages and the API have in common: finding and keeping notices."""

from __future__ import annotations

from newel_data import Database, Query, Slice
from noticeboard.models import Author, Notice

PAGE_SIZE = 12


def listed(db: Database, q: str, tag: str, after: str | None) -> Slice[Notice]:
    """Return one page of notices, latest first, with their authors."""
    return matching(db, q, tag).order_by(Notice.posted.desc()).include(Notice.author).page(after, PAGE_SIZE)


def matching(db: Database, q: str, tag: str) -> Query[Notice]:
    """Return the query of the notices whose title or body holds a text, and which have a tag."""
    query = db.query(Notice)
    if q:
        query = query.where(Notice.title.contains(q) | Notice.body.contains(q))
    return query.where(Notice.tags.contains(tag)) if tag else query


def author_named(db: Database, name: str) -> Author:
    """Return the author of a name, added if there is none."""
    return db.query(Author).where(Author.name == name).first() or db.add(Author(name=name))


def one(db: Database, id: str) -> Notice:
    """Return a notice with its author. Raises `NotFound`, which is sent as 404."""
    notice = db.get(Notice, id)
    notice.author = db.get(Author, notice.author.id)
    return notice
