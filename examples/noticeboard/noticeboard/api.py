"""The same notices as JSON."""

from __future__ import annotations

from typing import Any

from newel import Data, Json, Response, Router, Urls
from newel_data import Database
from noticeboard import board, figures
from noticeboard.figures import Figures
from noticeboard.forms import ChangedNotice, NewNotice
from noticeboard.models import Comment, Notice

router = Router("/api", name="api")


@router.get("/notices")
def index(db: Database, q: str = "", tag: str = "", author: str = "", after: str | None = None) -> dict[str, Any]:
    notices = board.listed(db, q, tag, author, after)
    return {"notices": notices.items, "next": notices.next}


@router.get("/figures")
def in_figures(db: Database) -> Figures:
    return figures.of_board(db)


@router.post("/notices", retries=2)
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
    return board.comments_of(db, db.get(Notice, id))


@router.put("/notices/<id>", retries=2)
def put(db: Database, id: str, sent: Json[ChangedNotice]) -> Notice:
    return board.change(db, board.one(db, id), sent.value, sent.value.tags)


@router.delete("/notices/<id>")
def delete(db: Database, id: str) -> Response:
    db.delete(db.get(Notice, id))
    return Response(status=204)
