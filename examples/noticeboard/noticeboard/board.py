"""What the pages and the API have in common: finding and keeping notices."""

from __future__ import annotations

from newel_data import Database, Query, Slice, StaleWrite, utcnow
from noticeboard.forms import ChangedNotice, NoticeForm
from noticeboard.models import Author, Comment, Notice

PAGE_SIZE = 12
LATELY = 5


def listed(db: Database, q: str, tag: str, author: str, after: str | None) -> Slice[Notice]:
    """Return one page of notices, latest first, with their authors."""
    query = matching(db, q, tag, author).order_by(Notice.posted.desc()).include(Notice.author)
    return query.page(after, PAGE_SIZE)


def matching(db: Database, q: str, tag: str, author: str) -> Query[Notice]:
    """Return the query of the notices whose title or body holds a text, which have a tag, and are somebody's."""
    query = db.query(Notice)
    if q:
        query = query.where(Notice.title.contains(q) | Notice.body.contains(q))
    if tag:
        query = query.where(Notice.tags.contains(tag))
    return query.where(Notice.author.name == author) if author else query


def one(db: Database, id: str) -> Notice:
    """Return a notice with its author. Raises `NotFound`, which is sent as 404."""
    notice = db.get(Notice, id)
    notice.author = db.get(Author, notice.author.id)
    return notice


def change(db: Database, notice: Notice, sent: NoticeForm | ChangedNotice, tags: list[str]) -> Notice:
    """Write what was sent over a notice. Raises `StaleWrite` (409) where who sent it had seen an older version."""
    if sent.version != notice.version:
        raise StaleWrite("Notice", notice.id)
    notice.title, notice.body, notice.price, notice.tags = sent.title, sent.body, sent.price, tags
    notice.author = author_named(db, sent.author)
    notice.edited = utcnow()
    return db.save(notice)  # which finds out whether somebody was faster between our reading and our writing


def author_named(db: Database, name: str) -> Author:
    """Return the author of a name, added if there is none; somebody else may be adding the same one just now."""
    known = db.query(Author).where(Author.name == name).first()
    return known or db.upsert(Author(name=name), by=(Author.name,))


def comments_of(db: Database, notice: Notice) -> list[Comment]:
    """Return what was said of a notice, in its order."""
    return db.query(Comment).where(Comment.notice.id == notice.id).order_by(Comment.posted).all()


def said_lately(db: Database) -> list[Comment]:
    """Return the latest comments, with the notices they are about."""
    return db.query(Comment).order_by(Comment.posted.desc()).include(Comment.notice).limit(LATELY).all()
