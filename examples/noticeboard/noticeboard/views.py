"""The pages."""

from __future__ import annotations

from newel import Form, Page, Redirect, Router
from newel_data import Database, StaleWrite, utcnow
from noticeboard import board
from noticeboard.forms import CommentForm, NoticeForm, split_tags
from noticeboard.models import Comment, Notice

router = Router()


@router.get("/")
def index(db: Database, q: str = "", tag: str = "", after: str | None = None) -> Page:
    notices = board.listed(db, q, tag, after)
    found = board.matching(db, q, tag).count() if q or tag else None
    return Page("notices/index.html", notices=notices, q=q, tag=tag, after=after, found=found)


@router.get("/notices/new")
def new() -> Page:
    return Page("notices/new.html", form=Form.blank())


@router.post("/notices")
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
    return Page("notices/edit.html", form=form, notice=notice)


@router.post("/notices/<id>/edit")
def update(db: Database, id: str, form: Form[NoticeForm]) -> Page | Redirect:
    notice = board.one(db, id)
    if form and form.value.version != notice.version:
        form.error("", "invalid", "Somebody else has changed this notice since you opened it. Look at it once more.")
    if not form:
        return Page("notices/edit.html", form=form, notice=notice)
    sent = form.value
    notice.title, notice.body, notice.price = sent.title, sent.body, sent.price
    notice.author = board.author_named(db, sent.author)
    notice.tags = split_tags(sent.tags)
    notice.edited = utcnow()
    try:
        db.save(notice)
    except StaleWrite:  # somebody was faster between our reading and our writing
        form.error("", "invalid", "Somebody else has just changed this notice. Look at it once more.")
        return Page("notices/edit.html", form=form, notice=notice, status=409)
    return Redirect(show, id=notice.id)


@router.post("/notices/<id>/delete")
def delete(db: Database, id: str) -> Redirect:
    db.delete(db.get(Notice, id))
    return Redirect(index)


def _shown(db: Database, id: str, form: Form[CommentForm]) -> Page:
    notice = board.one(db, id)
    comments = db.query(Comment).where(Comment.notice.id == notice.id).order_by(Comment.posted).all()
    return Page("notices/show.html", notice=notice, comments=comments, form=form)
