"""The same notices as JSON."""

from __future__ import annotations

from typing import Any

from newel import Data, HTTPError, Json, Response, Router, Urls
from newel_data import Database, utcnow
from noticeboard import board
from noticeboard.forms import ChangedNotice, NewNotice
from noticeboard.models import Comment, Notice

router = Router("/api", name="api")


@router.get("/notices")
def index(db: Database, q: str = "", tag: str = "", after: str | None = None) -> dict[str, Any]:
    notices = board.listed(db, q, tag, after)
    return {"notices": notices.items, "next": notices.next}


@router.post("/notices")
def post(db: Database, urls: Urls, sent: Json[NewNotice]) -> Data:
    new = sent.value
    author = board.author_named(db, new.author)
    notice = db.add(Notice(title=new.title, body=new.body, author=author, tags=new.tags, price=new.price))
    return Data(notice, status=201, headers={"Location": urls.url_for(show, id=notice.id)})


@router.get("/notices/<id>")
def show(db: Database, id: str) -> Notice:
    return board.one(db, id)


@router.get("/notices/<id>/comments")
def comments(db: Database, id: str) -> list[Comment]:
    notice = db.get(Notice, id)
    return db.query(Comment).where(Comment.notice.id == notice.id).order_by(Comment.posted).all()


@router.put("/notices/<id>")
def put(db: Database, id: str, sent: Json[ChangedNotice]) -> Notice:
    notice, changed = board.one(db, id), sent.value
    if changed.version != notice.version:
        raise HTTPError(409, "The notice has changed since you read it.", version=notice.version)
    notice.title, notice.body, notice.price, notice.tags = changed.title, changed.body, changed.price, changed.tags
    notice.author = board.author_named(db, changed.author)
    notice.edited = utcnow()
    return db.save(notice)


@router.delete("/notices/<id>")
def delete(db: Database, id: str) -> Response:
    db.delete(db.get(Notice, id))
    return Response(status=204)
