"""The pages."""

from __future__ import annotations

from newel import Form, Page, Redirect, Router
from newel_data import Database, StaleWrite
from noticeboard import board, figures
from noticeboard.forms import CommentForm, NoticeForm, split_tags
from noticeboard.models import Comment, Notice

router = Router()


@router.get("/")
def index(db: Database, q: str = "", tag: str = "", author: str = "", after: str | None = None) -> Page:
    notices = board.listed(db, q, tag, author, after)
    found = board.matching(db, q, tag, author).count() if q or tag or author else None
    return Page("notices/index.html", notices=notices, q=q, tag=tag, author=author, after=after, found=found)


@router.get("/figures")
def in_figures(db: Database) -> Page:
    return Page("figures.html", figures=figures.of_board(db), comments=board.said_lately(db))


@router.get("/notices/new")
def new() -> Page:
    return Page("notices/new.html", form=Form.blank())


@router.post("/notices", retries=2)
def post(db: Database, form: Form[NoticeForm]) -> Page | Redirect:
    if not form:  # the page again, with what was typed, as 422
        return Page("notices/new.html", form=form)
    sent = form.value
    author = board.author_named(db, sent.author)
    notice = db.add(
        Notice(title=sent.title, body=sent.body, author=author, tags=split_tags(sent.tags), price=sent.price)
    )
    return Redirect(show, id=notice.id)


@router.get("/notices/<id>")
def show(db: Database, id: str) -> Page:
    return _shown(db, id, Form.blank())


@router.post("/notices/<id>/comments", retries=2)
def comment(db: Database, id: str, form: Form[CommentForm]) -> Page | Redirect:
    if not form:
        return _shown(db, id, form)
    db.add(Comment(notice=db.get(Notice, id), name=form.value.name, text=form.value.text))
    return Redirect(show, id=id)


@router.get("/notices/<id>/edit")
def edit(db: Database, id: str) -> Page:
    notice = board.one(db, id)
    form: Form[NoticeForm] = Form.blank(
        title=notice.title,
        author=notice.author.name,
        body=notice.body,
        tags=", ".join(notice.tags),
        price="" if notice.price is None else str(notice.price),
        version=str(notice.version),
    )
    return Page("notices/edit.html", form=form, notice=notice, stale=False)


@router.post("/notices/<id>/edit", retries=2)
def update(db: Database, id: str, form: Form[NoticeForm]) -> Page | Redirect:
    notice = board.one(db, id)
    if not form:
        return Page("notices/edit.html", form=form, notice=notice, stale=False)
    try:
        board.change(db, notice, form.value, split_tags(form.value.tags))
    except StaleWrite:  # what it says now beside what was typed; saved once more, it is the sender's own decision
        return Page("notices/edit.html", form=form, notice=board.one(db, id), stale=True, status=409)
    return Redirect(show, id=notice.id)


@router.post("/notices/<id>/delete")
def delete(db: Database, id: str) -> Redirect:
    db.delete(db.get(Notice, id))
    return Redirect(index)


def _shown(db: Database, id: str, form: Form[CommentForm]) -> Page:
    notice = board.one(db, id)
    return Page("notices/show.html", notice=notice, comments=board.comments_of(db, notice), form=form)
